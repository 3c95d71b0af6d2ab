-- expect: nothing
-- prusik:up tx=no
DROP INDEX CONCURRENTLY orders_user_id;
-- prusik:down none reason="the example ends here"
