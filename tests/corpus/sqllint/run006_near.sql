-- expect: nothing
-- prusik:up
SET LOCAL lock_timeout = '1s';
ALTER TABLE orders ADD COLUMN note text;
-- prusik:down none reason="the example ends here"
