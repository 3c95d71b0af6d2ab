-- expect: nothing
-- prusik:up
ALTER TABLE facts ADD COLUMN cost_status varchar(20);
-- prusik:up
ALTER TABLE facts ADD CONSTRAINT cost_status_values CHECK (cost_status IN ('known', 'unknown')) NOT VALID;
-- prusik:up
ALTER TABLE facts VALIDATE CONSTRAINT cost_status_values;
-- prusik:down none reason="the example ends here"
