-- expect: SQL007
-- prusik:up db=sqlite
CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id));
-- prusik:up db=sqlite
ALTER TABLE parents RENAME TO old_parents;
CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO parents SELECT id, name FROM old_parents;
-- prusik:down none reason="the example ends here"
