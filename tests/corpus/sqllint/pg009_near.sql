-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
-- prusik:up
ALTER TABLE orders VALIDATE CONSTRAINT orders_user;
-- prusik:down none reason="the example ends here"
