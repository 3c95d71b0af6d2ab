-- expect: PG026
-- prusik:up
ALTER TABLE events DETACH PARTITION events_2019;
-- prusik:down none reason="the example ends here"
