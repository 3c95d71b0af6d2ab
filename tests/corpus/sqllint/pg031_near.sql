-- expect: nothing
-- prusik:up
ALTER DOMAIN email ADD CONSTRAINT email_short CHECK (length(VALUE) < 200) NOT VALID;
-- prusik:down none reason="the example ends here"
