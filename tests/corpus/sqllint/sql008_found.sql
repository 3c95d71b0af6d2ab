-- expect: SQL008
-- prusik:up db=sqlite
CREATE TABLE items (id INTEGER PRIMARY KEY, price INTEGER);
CREATE INDEX items_price ON items (price);
-- prusik:up db=sqlite
CREATE TABLE new_items (id INTEGER PRIMARY KEY, price INTEGER NOT NULL);
INSERT INTO new_items SELECT id, price FROM items;
DROP TABLE items;
ALTER TABLE new_items RENAME TO items;
-- prusik:down none reason="the example ends here"
