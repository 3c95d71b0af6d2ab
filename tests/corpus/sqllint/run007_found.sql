-- expect: RUN007
-- prusik:up
BEGIN;
ALTER TABLE orders ADD COLUMN note text;
COMMIT;
-- prusik:down none reason="the example ends here"
