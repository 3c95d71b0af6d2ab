-- expect: PG020
-- prusik:up
ALTER TABLE orders ALTER COLUMN id TYPE bigint;
-- prusik:down none reason="the example ends here"
