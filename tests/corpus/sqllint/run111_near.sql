-- expect: nothing
-- prusik:up
ALTER TABLE users DROP CONSTRAINT email_not_empty;
-- prusik:down none reason="the example ends here"
