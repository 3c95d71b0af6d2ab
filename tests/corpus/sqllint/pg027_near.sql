-- expect: nothing
-- prusik:up
CREATE TABLE logs (at timestamptz) PARTITION BY RANGE (at);
CREATE INDEX logs_at ON logs (at);
-- prusik:down none reason="the example ends here"
