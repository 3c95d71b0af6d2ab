-- expect: RUN015
-- prusik:up
ALTER TABLE orders ADD COLUMN total numeric GENERATED ALWAYS AS (price * amount) VIRTUAL;
-- prusik:down none reason="the example ends here"
