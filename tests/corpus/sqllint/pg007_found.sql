-- expect: PG007
-- prusik:up
ALTER TABLE facts ADD COLUMN cost_status varchar(20) CHECK (cost_status IN ('known', 'unknown'));
-- prusik:down none reason="the example ends here"
