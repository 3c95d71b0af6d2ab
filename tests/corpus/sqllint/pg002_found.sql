-- expect: PG002
-- prusik:up
DROP INDEX orders_user_id;
-- prusik:down none reason="the example ends here"
