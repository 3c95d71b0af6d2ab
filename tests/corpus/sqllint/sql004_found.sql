-- expect: SQL004
-- prusik:up db=sqlite
ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0);
-- prusik:down none reason="the example ends here"
