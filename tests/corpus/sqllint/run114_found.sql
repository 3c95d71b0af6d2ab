-- expect: RUN114
-- prusik:up
DROP FUNCTION old_total(bigint);
-- prusik:down none reason="the example ends here"
