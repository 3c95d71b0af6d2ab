-- expect: nothing
-- prusik:up
REFRESH MATERIALIZED VIEW CONCURRENTLY sales_by_day;
-- prusik:down none reason="the example ends here"
