-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN region text;
INSERT INTO regions (code) VALUES ('eu'), ('us');
-- prusik:down none reason="the example ends here"
