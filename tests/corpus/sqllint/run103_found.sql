-- expect: DATA007 RUN103
-- prusik:up
DROP SCHEMA legacy;
-- prusik:down none reason="the example ends here"
