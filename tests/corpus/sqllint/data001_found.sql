-- expect: DATA001
-- prusik:up tx=no
CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);
-- prusik:down none reason="the example ends here"
