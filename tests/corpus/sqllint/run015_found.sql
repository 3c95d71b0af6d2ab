-- expect: RUN015
-- prusik:up
ALTER TABLE orders ADD CONSTRAINT user_there NOT NULL user_id NOT VALID;
-- prusik:down none reason="the example ends here"
