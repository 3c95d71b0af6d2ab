-- expect: nothing
-- prusik:up db=sqlite
CREATE TABLE tags (name TEXT) STRICT;
-- prusik:down none reason="the example ends here"
