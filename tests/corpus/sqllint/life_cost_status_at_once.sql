-- expect: DATA002 PG007 PG013 RUN002 RUN003
-- prusik:up
ALTER TABLE facts ADD COLUMN cost_status varchar(20) CHECK (cost_status IN ('known', 'unknown'));
UPDATE facts SET cost_status = coalesce(details ->> 'cost_status', 'unknown');
ALTER TABLE facts ALTER COLUMN cost_status SET NOT NULL;
-- prusik:down
ALTER TABLE facts DROP COLUMN cost_status;
