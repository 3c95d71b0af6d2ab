-- expect: PG021
-- prusik:up
ALTER TABLE bookings ADD CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&);
-- prusik:down none reason="the example ends here"
