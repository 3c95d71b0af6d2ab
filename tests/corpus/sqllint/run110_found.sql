-- expect: RUN110
-- prusik:up
ALTER TABLE users ALTER COLUMN locale SET DEFAULT 'de';
-- prusik:down none reason="the example ends here"
