-- expect: nothing
-- prusik:up
ALTER TABLE users ADD COLUMN step text;
ALTER TABLE users DROP COLUMN step;
-- prusik:down none reason="the example ends here"
