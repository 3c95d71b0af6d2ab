-- expect: RUN009
-- prusik:up tx=no
CREATE INDEX CONCURRENTLY ON orders (user_id);
-- prusik:down none reason="the example ends here"
