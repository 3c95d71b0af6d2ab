-- expect: RUN003
-- prusik:up
ALTER TABLE orders ADD COLUMN note text;
INSERT INTO orders (user_id) SELECT id FROM users;
-- prusik:down none reason="the example ends here"
