-- expect: PG020 RUN113
-- prusik:up
ALTER TABLE orders ALTER COLUMN details TYPE json USING details::json;
-- prusik:down none reason="the example ends here"
