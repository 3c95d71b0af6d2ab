-- expect: PG031
-- prusik:up
ALTER DOMAIN email ADD CONSTRAINT email_short CHECK (length(VALUE) < 200);
-- prusik:down none reason="the example ends here"
