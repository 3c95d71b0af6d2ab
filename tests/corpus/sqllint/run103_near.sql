-- expect: nothing
-- prusik:up
CREATE SCHEMA step;
DROP SCHEMA step;
-- prusik:down none reason="the example ends here"
