-- expect: DATA001 PG004
-- prusik:up
ALTER TABLE users ADD CONSTRAINT users_email UNIQUE (email);
-- prusik:down none reason="the example ends here"
