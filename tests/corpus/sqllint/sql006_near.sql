-- expect: nothing
-- prusik:up db=sqlite tx=no
PRAGMA foreign_keys = OFF;
CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);
-- prusik:down none reason="the example ends here"
