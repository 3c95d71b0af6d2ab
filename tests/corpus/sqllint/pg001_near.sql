-- expect: nothing
-- prusik:up tx=no
CREATE INDEX CONCURRENTLY orders_user_id ON orders (user_id);
-- prusik:down none reason="the example ends here"
