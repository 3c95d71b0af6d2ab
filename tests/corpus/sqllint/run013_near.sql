-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN note text;
-- prusik:up
ALTER TABLE users ADD COLUMN note text;
-- prusik:down none reason="the example ends here"
