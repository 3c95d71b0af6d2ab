-- expect: DATA006 PG020
-- prusik:up
ALTER TABLE orders ALTER COLUMN reference TYPE varchar(12);
-- prusik:down none reason="the example ends here"
