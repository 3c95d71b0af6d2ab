-- expect: SQL001
-- prusik:up db=sqlite
ALTER TABLE orders ADD COLUMN region TEXT NOT NULL;
-- prusik:down none reason="the example ends here"
