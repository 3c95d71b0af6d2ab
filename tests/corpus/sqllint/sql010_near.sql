-- expect: nothing
-- prusik:up db=sqlite
PRAGMA user_version = 3;
-- prusik:down none reason="the example ends here"
