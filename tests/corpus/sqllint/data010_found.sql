-- expect: DATA010
-- prusik:up
ALTER TABLE bookings ADD CONSTRAINT in_future CHECK (starts_at > now()) NOT VALID;
-- prusik:down none reason="the example ends here"
