-- expect: PG001
-- prusik:up
CREATE TABLE totals AS SELECT user_id, count(*) AS n FROM orders GROUP BY user_id;
-- prusik:up
CREATE INDEX totals_user_id ON totals (user_id);
-- prusik:down none reason="the example ends here"
