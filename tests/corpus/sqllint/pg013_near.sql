-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD CONSTRAINT user_id_there CHECK (user_id IS NOT NULL) NOT VALID;
-- prusik:up
ALTER TABLE orders VALIDATE CONSTRAINT user_id_there;
-- prusik:up
ALTER TABLE orders ALTER COLUMN user_id SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT user_id_there;
-- prusik:down none reason="the example ends here"
