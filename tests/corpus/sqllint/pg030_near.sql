-- expect: nothing
-- prusik:up
SELECT 1 FROM orders WHERE id = 1 FOR UPDATE;
-- prusik:down none reason="the example ends here"
