-- How the end of a run is told, and what came of it.
ALTER TABLE test ADD COLUMN form TEXT NOT NULL DEFAULT '';   -- what its callback gets: '' is loader.io's form, 'json'
ALTER TABLE test ADD COLUMN secret TEXT NOT NULL DEFAULT ''; -- signs what its callback gets; '' is no signature
ALTER TABLE test ADD COLUMN tell TEXT NOT NULL DEFAULT '';   -- '' is every end, 'change' one with another verdict
ALTER TABLE test ADD COLUMN badge TEXT;                      -- lets whoever has it see the last verdict; NULL is nobody
CREATE UNIQUE INDEX test_badge ON test (badge);
ALTER TABLE delivery ADD COLUMN kind TEXT NOT NULL DEFAULT '';      -- '' and 'json' as of test.form, 'mail'
ALTER TABLE delivery ADD COLUMN tried INTEGER;                      -- when it was last tried
ALTER TABLE delivery ADD COLUMN status INTEGER NOT NULL DEFAULT 0;  -- that HTTP answered the last time; 0 is none
ALTER TABLE delivery ADD COLUMN answer TEXT NOT NULL DEFAULT '';    -- how that answer began
