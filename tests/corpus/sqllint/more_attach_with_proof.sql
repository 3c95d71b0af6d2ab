-- expect: nothing
-- prusik:up
ALTER TABLE events_2025 ADD CONSTRAINT bounds CHECK (at IS NOT NULL AND at >= '2025-01-01' AND at < '2026-01-01') NOT VALID;
-- prusik:up
ALTER TABLE events_2025 VALIDATE CONSTRAINT bounds;
-- prusik:up
ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
-- prusik:down none reason="the example ends here"
