-- expect: nothing
-- prusik:up
ALTER TABLE orders ADD CONSTRAINT total_not_negative CHECK (total >= 0) NOT VALID;
-- prusik:down none reason="the example ends here"
