-- expect: PG001 PG008
-- prusik:up
ALTER TABLE orders DROP CONSTRAINT total_not_negative;
-- prusik:up tx=no
DROP INDEX CONCURRENTLY orders_total;
-- prusik:down
ALTER TABLE orders ADD CONSTRAINT total_not_negative CHECK (total >= 0);
-- prusik:down
CREATE INDEX orders_total ON orders (total);
