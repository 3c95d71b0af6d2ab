-- expect: nothing
-- prusik:up db=sqlite
ALTER TABLE users ADD COLUMN email TEXT;
CREATE UNIQUE INDEX users_email ON users (email);
-- prusik:down none reason="the example ends here"
