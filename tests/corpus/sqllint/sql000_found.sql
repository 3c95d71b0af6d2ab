-- expect: SQL000
-- prusik:up db=sqlite
CREATE TABLE tags (name VARCHAR(10)) STRICT;
-- prusik:down none reason="the example ends here"
