-- expect: nothing
-- prusik:up db=sqlite
ALTER TABLE orders RENAME TO orders_2025;
CREATE VIEW orders AS SELECT * FROM orders_2025;
-- prusik:down none reason="the example ends here"
