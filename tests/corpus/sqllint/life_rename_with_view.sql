-- expect: RUN105
-- prusik:up
ALTER TABLE deals RENAME TO opportunities;
CREATE VIEW deals AS SELECT * FROM opportunities;
-- prusik:down none reason="the example ends here"
