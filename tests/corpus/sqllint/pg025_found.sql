-- expect: PG025
-- prusik:up
ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
-- prusik:down none reason="the example ends here"
