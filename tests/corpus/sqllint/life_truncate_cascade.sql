-- expect: DATA005 PG029 RUN109
-- prusik:up
TRUNCATE users CASCADE;
-- prusik:down none reason="the example ends here"
