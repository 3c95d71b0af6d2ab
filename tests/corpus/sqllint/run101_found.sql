-- expect: DATA007 RUN101
-- prusik:up
ALTER TABLE users DROP COLUMN fax;
-- prusik:down none reason="the example ends here"
