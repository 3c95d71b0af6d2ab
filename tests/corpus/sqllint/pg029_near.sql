-- expect: nothing
-- prusik:up
CREATE TABLE scratch (id bigint);
TRUNCATE scratch;
-- prusik:down none reason="the example ends here"
