-- expect: PG001
-- prusik:up
CREATE INDEX orders_user_id ON orders (user_id);
-- prusik:down none reason="the example ends here"
