-- expect: PG001 RUN005
CREATE TABLE archive.orders (id bigint);
CREATE INDEX archive_orders_id ON archive.orders (id);
CREATE INDEX orders_day ON orders (day);
