-- expect: nothing
-- prusik:up
COMMENT ON TABLE users IS 'people; not -- accounts';
GRANT SELECT ON users TO reader;
-- prusik:down none reason="the example ends here"
