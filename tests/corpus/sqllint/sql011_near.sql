-- expect: nothing
-- prusik:up db=sqlite
CREATE TABLE visits (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP);
-- prusik:down none reason="the example ends here"
