-- The table that the page writes. It has no key, no time and no index: a run is known
-- from the outside only by counting rows per Host before and after it.
CREATE TABLE IF NOT EXISTS dados (
    AlunoID   int,
    Nome      varchar(50),
    Sobrenome varchar(50),
    Endereco  varchar(150),
    Cidade    varchar(50),
    Host      varchar(50)
);
