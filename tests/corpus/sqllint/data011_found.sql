-- expect: DATA011 PG020
-- prusik:up
ALTER TABLE users ALTER COLUMN name TYPE text COLLATE "C";
-- prusik:down none reason="the example ends here"
