-- expect: nothing
-- prusik:up
DROP VIEW totals;
CREATE VIEW totals AS SELECT 1 AS one;
-- prusik:down none reason="the example ends here"
