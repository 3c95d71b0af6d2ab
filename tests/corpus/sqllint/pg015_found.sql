-- expect: PG015
-- prusik:up
ALTER TABLE users ADD COLUMN locale text NOT NULL;
-- prusik:down none reason="the example ends here"
