-- expect: DATA002 RUN003
-- prusik:up
ALTER TABLE orders ADD COLUMN region text;
UPDATE orders SET region = 'eu';
-- prusik:down none reason="the example ends here"
