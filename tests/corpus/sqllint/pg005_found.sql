-- expect: DATA001 PG005
-- prusik:up
ALTER TABLE events ADD PRIMARY KEY (id);
-- prusik:down none reason="the example ends here"
