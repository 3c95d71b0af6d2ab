-- expect: nothing
-- prusik:up
ALTER TABLE lines ADD COLUMN position bigint;
-- prusik:down none reason="the example ends here"
