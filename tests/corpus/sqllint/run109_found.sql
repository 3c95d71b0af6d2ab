-- expect: RUN109 RUN114
-- prusik:up
DROP VIEW active_users CASCADE;
-- prusik:down none reason="the example ends here"
