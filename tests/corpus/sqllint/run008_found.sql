-- expect: RUN008
-- prusik:up tx=no
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_user_id ON orders (user_id);
-- prusik:down none reason="the example ends here"
