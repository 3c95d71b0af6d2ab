-- expect: RUN017
-- catalog: empty
-- prusik:up
ALTER TABLE oders ADD COLUMN region text;
-- prusik:down none reason="the example ends here"
