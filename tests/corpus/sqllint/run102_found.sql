-- expect: DATA007 RUN102
-- prusik:up
DROP TABLE faxes;
-- prusik:down none reason="the example ends here"
