-- expect: PG030
-- prusik:up
LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;
-- prusik:down none reason="the example ends here"
