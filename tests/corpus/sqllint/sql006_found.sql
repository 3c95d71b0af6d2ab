-- expect: SQL006
-- prusik:up db=sqlite
PRAGMA foreign_keys = OFF;
CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);
-- prusik:down none reason="the example ends here"
