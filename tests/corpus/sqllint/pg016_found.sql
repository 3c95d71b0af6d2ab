-- expect: PG016
-- prusik:up
ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();
-- prusik:down none reason="the example ends here"
