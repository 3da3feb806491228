-- What leads to a result without the rest of the site; '' is nothing. Addresses that were told before stay good.
ALTER TABLE run ADD COLUMN share TEXT NOT NULL DEFAULT '';
UPDATE run SET share = id WHERE source <> 'page';
CREATE UNIQUE INDEX run_share ON run (share) WHERE share <> '';
