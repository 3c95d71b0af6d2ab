-- expect: SQL009
-- prusik:up db=sqlite
CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id));
-- prusik:up db=sqlite
DROP TABLE parents;
-- prusik:down none reason="the example ends here"
