-- expect: nothing
-- prusik:up
-- prusik:ignore RUN101,DATA007 reason="nothing reads it since release 41"
ALTER TABLE users DROP COLUMN fax;
-- prusik:down none reason="the example ends here"
