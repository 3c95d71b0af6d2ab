-- expect: nothing
-- prusik:up db=sqlite
CREATE TABLE states (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'open');
-- prusik:down none reason="the example ends here"
