-- expect: PG012 RUN111
-- prusik:up
ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey;
-- prusik:down none reason="the example ends here"
