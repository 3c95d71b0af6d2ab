-- expect: DATA005 PG029
-- prusik:up
TRUNCATE sessions;
-- prusik:down none reason="the example ends here"
