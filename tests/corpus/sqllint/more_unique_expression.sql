-- expect: nothing
-- prusik:up tx=no
CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (lower(email));
-- prusik:down none reason="the example ends here"
