-- expect: nothing
-- prusik:check name="no email twice" expect=empty
SELECT email FROM users GROUP BY email HAVING count(*) > 1;
-- prusik:up tx=no
CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);
-- prusik:down none reason="the example ends here"
