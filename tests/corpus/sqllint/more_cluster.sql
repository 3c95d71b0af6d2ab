-- expect: PG022
-- prusik:up
CLUSTER orders USING orders_pkey;
-- prusik:down none reason="the example ends here"
