-- expect: nothing
-- prusik:up
CREATE INDEX events_at ON ONLY events (at);
-- prusik:up tx=no
CREATE INDEX CONCURRENTLY events_2025_at ON events_2025 (at);
-- prusik:up
ALTER INDEX events_at ATTACH PARTITION events_2025_at;
-- prusik:down none reason="the example ends here"
