-- expect: RUN004
-- prusik:up
ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT positive;
-- prusik:down none reason="the example ends here"
