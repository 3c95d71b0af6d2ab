-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN details jsonb;
-- prusik:down none reason="the example ends here"
