-- expect: nothing
-- prusik:up
ALTER TABLE users ADD COLUMN locale text NOT NULL DEFAULT 'en';
-- prusik:down none reason="the example ends here"
