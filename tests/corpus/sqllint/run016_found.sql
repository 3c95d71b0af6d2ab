-- expect: RUN016
-- prusik:up
ALTER TABLE orders ADD COLUMN note text;
