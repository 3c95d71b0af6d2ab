-- expect: PG013
-- prusik:up
ALTER TABLE orders ALTER COLUMN user_id SET NOT NULL;
-- prusik:down none reason="the example ends here"
