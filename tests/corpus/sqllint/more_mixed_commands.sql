-- expect: PG001 PG008 PG009 PG016
-- prusik:up
ALTER TABLE orders ADD CONSTRAINT a CHECK (x > 0), ADD CONSTRAINT b FOREIGN KEY (y) REFERENCES z (id), ADD COLUMN t uuid DEFAULT gen_random_uuid(), ADD COLUMN u int;
-- prusik:up
CREATE INDEX orders_x ON orders (x);
-- prusik:down none reason="the example ends here"
