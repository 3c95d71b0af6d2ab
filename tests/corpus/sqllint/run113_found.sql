-- expect: RUN113
-- prusik:up
ALTER TABLE orders ADD COLUMN details json;
-- prusik:down none reason="the example ends here"
