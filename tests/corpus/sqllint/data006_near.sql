-- expect: PG020
-- prusik:up
ALTER TABLE orders ALTER COLUMN reference TYPE text;
-- prusik:down none reason="the example ends here"
