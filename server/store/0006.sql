-- Who may come in, and who did what.
CREATE TABLE account (
	name     TEXT PRIMARY KEY, -- in small letters
	password TEXT NOT NULL,    -- its hash, as PHC strings have it
	created  INTEGER NOT NULL
) STRICT;
CREATE TABLE session (
	hash    BLOB PRIMARY KEY, -- SHA-256 of its token: who reads the store comes in nowhere
	account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
	created INTEGER NOT NULL,
	used    INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account, used);
CREATE TABLE audit (
	id      INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	did     TEXT NOT NULL,
	who     TEXT NOT NULL, -- an account or "API key NAME"; '' is whoever uses a server without accounts
	address TEXT NOT NULL, -- that it came from; '' is the command line
	about   TEXT NOT NULL  -- what it was done to; no secret
) STRICT;
CREATE INDEX audit_did ON audit (did, id);
CREATE TABLE setting (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT;
ALTER TABLE key ADD COLUMN used INTEGER; -- when it was last used, to the minute; NULL is never
