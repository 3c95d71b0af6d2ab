-- expect: nothing
-- prusik:up
CREATE TABLE scratch (id bigint PRIMARY KEY);
DELETE FROM scratch;
-- prusik:down none reason="the example ends here"
