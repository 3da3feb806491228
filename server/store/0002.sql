-- When tests run by themselves, again and again.
CREATE TABLE schedule (
	id      TEXT PRIMARY KEY,
	test    TEXT NOT NULL REFERENCES test (id) ON DELETE CASCADE,
	cron    TEXT NOT NULL,    -- five fields; '' is an interval
	every   INTEGER NOT NULL, -- that interval, in milliseconds; 0 is none
	zone    TEXT NOT NULL,    -- a name of IANA's
	missed  TEXT NOT NULL CHECK (missed IN ('run', 'skip')), -- what becomes of a time that passed while no server ran
	created INTEGER NOT NULL, -- intervals count from then
	next    INTEGER,          -- when it is due; NULL while it is paused
	last    INTEGER,          -- when it last queued a run
	note    TEXT NOT NULL     -- why its latest time queued none; '' is nothing
) STRICT;
CREATE INDEX schedule_test ON schedule (test);
CREATE INDEX schedule_next ON schedule (next) WHERE next IS NOT NULL;
