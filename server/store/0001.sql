-- Instants are milliseconds since 1970, identifiers 32 hexadecimal digits.

CREATE TABLE host (
	id       TEXT PRIMARY KEY, -- the digits of its ownership token
	name     TEXT NOT NULL UNIQUE,
	created  INTEGER NOT NULL,
	verified INTEGER -- when it last proved whose it is
) STRICT;

CREATE TABLE test (
	id        TEXT PRIMARY KEY,
	host      TEXT NOT NULL REFERENCES host (id) ON DELETE CASCADE,
	name      TEXT NOT NULL,
	notes     TEXT NOT NULL,
	scenario  TEXT NOT NULL, -- YAML
	secrets   TEXT NOT NULL, -- what its variables stand for, as a JSON object
	tags      TEXT NOT NULL, -- a JSON list
	callback  TEXT NOT NULL, -- the address that hears of every end; '' is none
	mail      TEXT NOT NULL, -- who hears of it by mail; '' is nobody
	scheduled INTEGER,       -- when it is to run once
	token     TEXT NOT NULL UNIQUE, -- lets whoever has it run the test
	created   INTEGER NOT NULL,
	archived  INTEGER
) STRICT;
CREATE INDEX test_host ON test (host);
CREATE INDEX test_scheduled ON test (scheduled) WHERE scheduled IS NOT NULL;

CREATE TABLE run (
	id      TEXT PRIMARY KEY,
	test    TEXT NOT NULL REFERENCES test (id) ON DELETE CASCADE,
	state   TEXT NOT NULL CHECK (state IN ('queued', 'running', 'ended')),
	source  TEXT NOT NULL,  -- what asked for it
	asked   INTEGER NOT NULL,
	started INTEGER,
	ended   INTEGER,
	problem TEXT NOT NULL,  -- why it could not begin, or not go on; '' is nothing
	summary TEXT NOT NULL   -- what an index of runs has of it, as JSON; '' until it is judged
) STRICT;
CREATE INDEX run_test ON run (test, asked);
CREATE INDEX run_state ON run (state, asked) WHERE state <> 'ended';

CREATE TABLE key (
	hash    BLOB PRIMARY KEY, -- SHA-256: who reads the store learns no key
	name    TEXT NOT NULL UNIQUE,
	created INTEGER NOT NULL
) STRICT;

-- What is to be told to an address, once for each run that has ended.
CREATE TABLE delivery (
	id      TEXT PRIMARY KEY, -- goes along, so that whoever hears it twice knows
	run     TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
	address TEXT NOT NULL,
	since   INTEGER NOT NULL,
	tries   INTEGER NOT NULL,
	due     INTEGER,          -- when it is tried next; NULL is never
	done    INTEGER,          -- when it was taken
	problem TEXT NOT NULL     -- of the last try
) STRICT;
CREATE INDEX delivery_due ON delivery (due) WHERE due IS NOT NULL;
CREATE INDEX delivery_run ON delivery (run);
