-- expect: PG022
-- prusik:up tx=no
VACUUM FULL orders;
-- prusik:down none reason="the example ends here"
