-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD COLUMN note text DEFAULT NULL, ADD COLUMN tags text[] NOT NULL DEFAULT '{}', ADD COLUMN meta jsonb DEFAULT '{}'::jsonb;
-- prusik:down none reason="the example ends here"
