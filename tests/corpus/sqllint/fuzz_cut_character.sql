-- expect: SQL000
-- prusik:up db=sqlite
0;
-- prusik:down none reason="x"
