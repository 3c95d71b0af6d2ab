-- expect: nothing
-- prusik:up tx=no
ALTER TABLE events DETACH PARTITION events_2019 CONCURRENTLY;
-- prusik:down none reason="the example ends here"
