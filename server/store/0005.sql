-- Deliveries belong to a test: a ping is of no run. Each try of one is kept.
CREATE TABLE told (
	id      TEXT PRIMARY KEY, -- goes along, so that whoever hears it twice knows
	test    TEXT NOT NULL REFERENCES test (id) ON DELETE CASCADE,
	run     TEXT REFERENCES run (id) ON DELETE CASCADE, -- whose end is told; NULL is a ping
	kind    TEXT NOT NULL,    -- '' and 'json' as of test.form, 'mail'
	address TEXT NOT NULL,
	since   INTEGER NOT NULL,
	tries   INTEGER NOT NULL,
	tried   INTEGER,          -- when it was last tried
	due     INTEGER,          -- when it is tried next; NULL is never
	done    INTEGER,          -- when it was taken
	problem TEXT NOT NULL,    -- of the last try
	status  INTEGER NOT NULL, -- that HTTP answered the last time; 0 is none
	answer  TEXT NOT NULL     -- how that answer began
) STRICT;
INSERT INTO told SELECT delivery.id, run.test, run, kind, address, since, tries, tried, due, done, delivery.problem, status, answer
	FROM delivery JOIN run ON run.id = delivery.run ORDER BY delivery.rowid;
DROP TABLE delivery;
ALTER TABLE told RENAME TO delivery;
CREATE INDEX delivery_due ON delivery (due) WHERE due IS NOT NULL;
CREATE INDEX delivery_run ON delivery (run);
CREATE INDEX delivery_test ON delivery (test);
CREATE TABLE attempt (
	delivery TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
	at       INTEGER NOT NULL,
	status   INTEGER NOT NULL,
	answer   TEXT NOT NULL,
	problem  TEXT NOT NULL -- '' is none: it was taken
) STRICT;
CREATE INDEX attempt_delivery ON attempt (delivery);
INSERT INTO attempt SELECT id, tried, status, answer, problem FROM delivery WHERE tried IS NOT NULL ORDER BY rowid;
