-- expect: PG028
-- prusik:up
ALTER TABLE orders ENABLE TRIGGER orders_touch;
-- prusik:down none reason="the example ends here"
