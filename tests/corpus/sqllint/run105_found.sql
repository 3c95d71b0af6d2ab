-- expect: RUN105
-- prusik:up
ALTER TABLE deals RENAME TO opportunities;
-- prusik:down none reason="the example ends here"
