-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN note text;
SELECT id FROM orders LIMIT 1;
SELECT id FROM orders WHERE id = 1;
SELECT setval('orders_id_seq', 9);
-- prusik:down none reason="the example ends here"
