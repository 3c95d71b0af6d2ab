-- expect: PG009
-- prusik:up
ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id);
-- prusik:down none reason="the example ends here"
