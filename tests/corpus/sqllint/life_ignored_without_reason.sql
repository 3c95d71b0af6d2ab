-- expect: DATA007 RUN101
-- prusik:up
-- prusik:ignore RUN101,DATA007
ALTER TABLE users DROP COLUMN fax;
-- prusik:down none reason="the example ends here"
