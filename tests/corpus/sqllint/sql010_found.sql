-- expect: SQL010
-- prusik:up db=sqlite
PRAGMA journal_mode = WAL;
-- prusik:down none reason="the example ends here"
