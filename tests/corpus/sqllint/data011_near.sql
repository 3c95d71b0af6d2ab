-- expect: nothing
-- prusik:up
ALTER TABLE users ADD COLUMN name_c text COLLATE "C";
-- prusik:down none reason="the example ends here"
