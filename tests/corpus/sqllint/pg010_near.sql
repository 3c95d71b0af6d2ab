-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN coupon_id bigint;
-- prusik:down none reason="the example ends here"
