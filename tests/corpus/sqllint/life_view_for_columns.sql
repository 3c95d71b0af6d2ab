-- expect: RUN114
-- prusik:up
DROP VIEW IF EXISTS totals;
-- prusik:down none reason="the example ends here"
