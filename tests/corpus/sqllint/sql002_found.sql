-- expect: SQL002
-- prusik:up db=sqlite
ALTER TABLE users ADD COLUMN email TEXT UNIQUE;
-- prusik:down none reason="the example ends here"
