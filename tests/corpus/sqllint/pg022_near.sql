-- expect: nothing
-- prusik:up tx=no
VACUUM (ANALYZE) orders;
-- prusik:down none reason="the example ends here"
