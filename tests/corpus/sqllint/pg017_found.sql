-- expect: PG017
-- prusik:up
ALTER TABLE lines ADD COLUMN position bigserial;
-- prusik:down none reason="the example ends here"
