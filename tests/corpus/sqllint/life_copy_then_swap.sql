-- expect: PG028 RUN104
-- prusik:up
ALTER TABLE orders ADD COLUMN id_big bigint;
-- prusik:up
CREATE TRIGGER orders_both BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION orders_both();
-- prusik:backfill job=id_big table=orders key=id
UPDATE orders SET id_big = id WHERE id_big IS NULL;
-- prusik:up
ALTER TABLE orders RENAME COLUMN id TO id_old;
ALTER TABLE orders RENAME COLUMN id_big TO id;
-- prusik:down none reason="the example ends here"
