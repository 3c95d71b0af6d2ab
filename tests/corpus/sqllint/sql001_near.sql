-- expect: nothing
-- prusik:up db=sqlite
ALTER TABLE orders ADD COLUMN region TEXT NOT NULL DEFAULT 'eu';
-- prusik:down none reason="the example ends here"
