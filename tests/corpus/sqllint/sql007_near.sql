-- expect: nothing
-- prusik:up db=sqlite
CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id));
-- prusik:up db=sqlite
ALTER TABLE parents RENAME TO people;
-- prusik:down none reason="the example ends here"
