-- expect: nothing
-- prusik:up
CREATE VIEW step AS SELECT 1 AS one;
DROP VIEW step;
-- prusik:down none reason="the example ends here"
