-- expect: PG010
-- prusik:up
ALTER TABLE orders ADD COLUMN region_id int DEFAULT 1 REFERENCES regions (id);
-- prusik:down none reason="the example ends here"
