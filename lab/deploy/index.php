<?php
// The page under test. Every hit, whatever its method and query, opens a connection of
// its own, writes one row into `dados` and says what became of it. The row's Host is the
// container's name, so counting rows by Host tells which replica answered.
//
// The HTTP status is 200 in every case, as in the system this page rebuilds: only the
// body and the table tell success. For the same reason mysqli must not throw: since
// PHP 8.1 it does by default, and a fatal error would stand where "Connect failed" does.
mysqli_report(MYSQLI_REPORT_OFF);
header('Content-Type: text/html; charset=utf-8');
// Who answers, for a load tester that asks each answer: host_from: {header: X-Served-By}.
header('X-Served-By: ' . gethostname());

/** An environment variable, or its default when it is unset or empty. */
function setting(string $name, string $default): string
{
    return getenv($name) ?: $default;
}

/** The name that a request has by header or query, so that its row tells who wrote it; else a random word. */
function name_or(string $word): string
{
    $claim = $_SERVER['HTTP_X_STRESS_CLAIM'] ?? $_GET['claim'] ?? '';
    return is_string($claim) && preg_match('/^[0-9a-z-]{1,50}$/D', $claim) ? $claim : $word;
}

/** What one hit does, in the words that a client can check for. */
function write_row(): string
{
    $link = @new mysqli(
        setting('DB_HOST', 'mysql'),
        setting('DB_USER', 'root'),
        setting('DB_PASSWORD', 'Senha123'),
        setting('DB_NAME', 'meubanco'),
        (int) setting('DB_PORT', '3306')
    );
    if ($link->connect_errno) {
        return 'Connect failed: ' . $link->connect_error;
    }
    $id = rand(1, 999);
    $word = substr(strtoupper(bin2hex(random_bytes(4))), 1);
    $name = name_or($word);
    $host = $link->real_escape_string(gethostname());
    $written = $link->query(
        'INSERT INTO dados (AlunoID, Nome, Sobrenome, Endereco, Cidade, Host)'
        . " VALUES ($id, '$name', '$word', '$word', '$word', '$host')"
    );
    return $written ? 'New record created successfully' : 'Error: ' . $link->error;
}
?>
<!DOCTYPE html>
<html lang="en">
<head><title>Exemplo PHP</title></head>
<body>
Versao Atual do PHP: <?= PHP_VERSION ?><br>
<?= htmlspecialchars(write_row(), ENT_NOQUOTES) ?>

</body>
</html>
