-- expect: nothing
-- prusik:migration title="003: cost_status of facts"
-- prusik:up
ALTER TABLE facts ADD COLUMN cost_status varchar(20);
-- prusik:backfill job=cost_status table=facts key=id
UPDATE facts SET cost_status = coalesce(details ->> 'cost_status', 'unknown') WHERE cost_status IS NULL;
-- prusik:up
ALTER TABLE facts ADD CONSTRAINT check_cost_status_values CHECK (cost_status IN ('known', 'unknown', 'estimated')) NOT VALID;
-- prusik:up
ALTER TABLE facts VALIDATE CONSTRAINT check_cost_status_values;
-- prusik:up tx=no
CREATE INDEX CONCURRENTLY facts_cost_status ON facts (cost_status) WHERE deleted_at IS NULL;
-- prusik:down
ALTER TABLE facts DROP COLUMN cost_status;
