-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN note text;
-- prusik:down
ALTER TABLE orders DROP COLUMN note;
