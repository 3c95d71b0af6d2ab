-- expect: nothing
-- prusik:up
ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY USING INDEX events_id;
-- prusik:down none reason="the example ends here"
