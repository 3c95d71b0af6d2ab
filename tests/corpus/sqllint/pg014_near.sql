-- expect: nothing
-- prusik:up
ALTER TABLE orders DROP CONSTRAINT user_id_there;
-- prusik:down none reason="the example ends here"
