-- expect: RUN108
-- prusik:up
ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
-- prusik:down none reason="the example ends here"
