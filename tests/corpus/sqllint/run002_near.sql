-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN note text;
-- prusik:up
INSERT INTO order_stats SELECT user_id, count(*) FROM payments GROUP BY user_id;
-- prusik:down none reason="the example ends here"
