-- expect: nothing
-- prusik:up
ALTER TABLE bookings ADD CONSTRAINT ends_later CHECK (ends_at > starts_at) NOT VALID;
-- prusik:down none reason="the example ends here"
