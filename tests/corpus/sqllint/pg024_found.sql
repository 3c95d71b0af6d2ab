-- expect: PG024
-- prusik:up
REFRESH MATERIALIZED VIEW sales_by_day;
-- prusik:down none reason="the example ends here"
