-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN note text;
-- prusik:down none reason="the example ends here"
