-- expect: nothing
-- catalog: empty
-- prusik:up
CREATE TABLE orders (id bigint PRIMARY KEY);
ALTER TABLE orders ADD COLUMN region text;
-- prusik:down none reason="the example ends here"
