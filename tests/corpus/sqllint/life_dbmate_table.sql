-- expect: PG011
-- migrate:up
CREATE TABLE invoices (id bigserial PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders (id), total numeric(12, 2) NOT NULL);
CREATE INDEX invoices_order_id ON invoices (order_id);

-- migrate:down
DROP TABLE invoices;
