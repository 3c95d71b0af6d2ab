-- expect: nothing
-- prusik:up
ALTER TABLE users ADD COLUMN created_at timestamptz DEFAULT now();
-- prusik:down none reason="the example ends here"
