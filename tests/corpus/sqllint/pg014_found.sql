-- expect: PG014
-- prusik:up
ALTER TABLE orders ALTER COLUMN user_id SET NOT NULL, DROP CONSTRAINT user_id_there;
-- prusik:down none reason="the example ends here"
