-- expect: DATA007 RUN101
-- prusik:up
-- prusik:ignore RUN101,DATA007 reason="of the first one only"
ALTER TABLE users DROP COLUMN fax;
ALTER TABLE users DROP COLUMN telex;
-- prusik:down none reason="the example ends here"
