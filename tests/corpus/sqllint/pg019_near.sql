-- expect: nothing
-- prusik:up
CREATE TABLE sums (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
-- prusik:down none reason="the example ends here"
