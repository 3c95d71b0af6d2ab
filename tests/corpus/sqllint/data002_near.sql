-- expect: nothing
-- prusik:backfill job=stage table=deals key=id keep=stage
UPDATE deals SET stage = lower(stage);
-- prusik:down restore job=stage
