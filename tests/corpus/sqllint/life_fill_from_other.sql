-- expect: RUN002
-- prusik:up
CREATE TABLE totals (user_id bigint, n bigint);
ALTER TABLE users ADD COLUMN total bigint;
INSERT INTO totals SELECT user_id, count(*) FROM orders GROUP BY user_id;
-- prusik:down none reason="the example ends here"
