-- expect: RUN001
BEGIN;
CREATE INDEX CONCURRENTLY orders_day ON orders (day);
COMMIT;
