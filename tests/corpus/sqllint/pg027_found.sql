-- expect: PG027
-- prusik:up
CREATE TABLE logs (at timestamptz) PARTITION BY RANGE (at);
-- prusik:up tx=no
CREATE INDEX CONCURRENTLY logs_at ON logs (at);
-- prusik:down none reason="the example ends here"
