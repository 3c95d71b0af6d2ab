-- expect: PG011
-- prusik:up
CREATE TABLE order_notes (id bigint PRIMARY KEY, order_id bigint REFERENCES orders (id));
-- prusik:down none reason="the example ends here"
