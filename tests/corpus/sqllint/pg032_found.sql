-- expect: PG032
-- prusik:up
ALTER TABLE orders DISABLE TRIGGER ALL;
-- prusik:down none reason="the example ends here"
