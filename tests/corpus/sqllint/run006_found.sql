-- expect: RUN006
-- prusik:up
SET lock_timeout = 0;
ALTER TABLE orders ADD COLUMN note text;
-- prusik:down none reason="the example ends here"
