-- expect: PG006
-- prusik:up
ALTER TABLE users ADD COLUMN handle text UNIQUE;
-- prusik:down none reason="the example ends here"
