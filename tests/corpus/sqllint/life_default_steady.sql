-- expect: nothing
-- prusik:up
ALTER TABLE users ADD COLUMN joined date NOT NULL DEFAULT date_trunc('day', now());
ALTER TABLE users ADD COLUMN tag text DEFAULT upper('x') || lower('Y');
-- prusik:down none reason="the example ends here"
