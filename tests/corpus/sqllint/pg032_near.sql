-- expect: nothing
-- prusik:up
SET LOCAL session_replication_role = replica;
-- prusik:down none reason="the example ends here"
