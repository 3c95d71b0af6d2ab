-- expect: nothing
-- prusik:up
ALTER TABLE orders DROP CONSTRAINT total_not_negative;
-- prusik:down none reason="the example ends here"
