-- expect: nothing
-- prusik:up
CREATE TABLE carts (id bigint PRIMARY KEY);
CREATE TABLE cart_lines (id bigint PRIMARY KEY, cart_id bigint REFERENCES carts (id));
-- prusik:down none reason="the example ends here"
