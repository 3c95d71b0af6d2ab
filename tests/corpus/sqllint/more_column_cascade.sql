-- expect: DATA007 RUN101 RUN109
-- prusik:up
ALTER TABLE users DROP COLUMN fax CASCADE;
-- prusik:down none reason="the example ends here"
