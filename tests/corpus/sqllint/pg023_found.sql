-- expect: PG023
-- prusik:up
ALTER TABLE events SET UNLOGGED;
-- prusik:down none reason="the example ends here"
