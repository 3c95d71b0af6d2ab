-- expect: PG010
-- prusik:up
ALTER TABLE orders ADD COLUMN coupon_id bigint REFERENCES coupons (id);
-- prusik:down none reason="the example ends here"
