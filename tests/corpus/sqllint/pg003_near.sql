-- expect: nothing
-- prusik:up tx=no
REINDEX TABLE CONCURRENTLY orders;
-- prusik:down none reason="the example ends here"
