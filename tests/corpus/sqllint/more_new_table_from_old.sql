-- expect: RUN002
-- prusik:up
CREATE TABLE totals (user_id bigint, plan text);
ALTER TABLE users ADD COLUMN total bigint;
UPDATE totals SET plan = users.plan FROM users WHERE users.id = totals.user_id;
-- prusik:down none reason="the example ends here"
