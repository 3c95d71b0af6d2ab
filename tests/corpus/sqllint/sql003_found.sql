-- expect: SQL003
-- prusik:up db=sqlite
ALTER TABLE orders ADD COLUMN made TEXT DEFAULT CURRENT_TIMESTAMP;
-- prusik:down none reason="the example ends here"
