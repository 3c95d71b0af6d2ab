-- expect: DATA007 RUN102
-- prusik:up
DROP TABLE audit_2019;
-- prusik:down none reason="the example ends here"
