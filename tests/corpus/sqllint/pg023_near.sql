-- expect: nothing
-- prusik:up
ALTER TABLE events SET (autovacuum_vacuum_scale_factor = 0.02);
-- prusik:down none reason="the example ends here"
