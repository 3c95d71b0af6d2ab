-- expect: nothing
-- prusik:up
ALTER TABLE users ADD COLUMN phone text NOT NULL DEFAULT '';
ALTER TABLE users ALTER COLUMN phone DROP NOT NULL;
-- prusik:down none reason="the example ends here"
