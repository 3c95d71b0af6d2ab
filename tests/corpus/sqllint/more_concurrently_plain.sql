-- expect: nothing
CREATE INDEX CONCURRENTLY orders_day ON orders (day);
DROP INDEX CONCURRENTLY orders_old;
VACUUM ANALYZE orders;
