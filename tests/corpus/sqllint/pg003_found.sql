-- expect: PG003
-- prusik:up tx=no
REINDEX TABLE orders;
-- prusik:down none reason="the example ends here"
