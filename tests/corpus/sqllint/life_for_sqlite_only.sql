-- expect: nothing
-- prusik:up db=sqlite
CREATE INDEX orders_user_id ON orders (user_id);
-- prusik:down
DROP INDEX orders_user_id;
