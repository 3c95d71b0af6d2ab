-- expect: DATA001
-- prusik:check expect=empty
SELECT email FROM users GROUP BY email HAVING count(*) > 1;
-- prusik:up tx=no
CREATE UNIQUE INDEX CONCURRENTLY users_phone ON users (phone);
-- prusik:down none reason="the example ends here"
