-- expect: PG008
-- prusik:up
ALTER TABLE orders ADD CONSTRAINT total_not_negative CHECK (total >= 0);
-- prusik:down none reason="the example ends here"
