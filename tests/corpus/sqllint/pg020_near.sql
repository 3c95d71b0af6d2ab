-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN id_new bigint;
-- prusik:down none reason="the example ends here"
