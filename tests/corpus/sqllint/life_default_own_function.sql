-- expect: PG016
-- prusik:up
ALTER TABLE users ADD COLUMN code text DEFAULT make_code();
-- prusik:down none reason="the example ends here"
