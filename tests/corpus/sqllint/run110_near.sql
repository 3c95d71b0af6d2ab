-- expect: nothing
-- prusik:up
ALTER TABLE users ADD COLUMN zone text;
ALTER TABLE users ALTER COLUMN zone SET DEFAULT 'UTC';
-- prusik:down none reason="the example ends here"
