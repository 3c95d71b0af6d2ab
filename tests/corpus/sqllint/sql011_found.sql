-- expect: SQL011
-- prusik:up db=sqlite
CREATE TABLE visits (id INTEGER PRIMARY KEY, at TEXT DEFAULT now());
-- prusik:down none reason="the example ends here"
