-- expect: nothing
-- prusik:up
ALTER TABLE users ADD COLUMN handle text;
-- prusik:down none reason="the example ends here"
