-- expect: nothing
-- prusik:up
ALTER TABLE orders DROP CONSTRAINT total_not_negative;
-- prusik:up
ALTER TABLE orders ADD COLUMN note text;
-- prusik:down
ALTER TABLE orders ADD CONSTRAINT total_not_negative CHECK (total >= 0) NOT VALID;
-- prusik:down
ALTER TABLE orders VALIDATE CONSTRAINT total_not_negative;
-- prusik:down
ALTER TABLE orders DROP COLUMN note;
