-- expect: nothing
-- prusik:up
CREATE OR REPLACE VIEW totals AS SELECT 1 AS one;
-- prusik:down none reason="the example ends here"
