-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD CONSTRAINT user_there CHECK (user_id IS NOT NULL) NOT VALID;
-- prusik:down none reason="the example ends here"
