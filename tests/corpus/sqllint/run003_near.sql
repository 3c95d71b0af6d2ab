-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN region text;
-- prusik:backfill job=region table=orders key=id
UPDATE orders SET region = 'eu' WHERE region IS NULL;
-- prusik:down none reason="the example ends here"
