-- expect: nothing
-- prusik:backfill job=deal_type table=deals key=id keep=deal_type
UPDATE deals SET deal_type = 'carveout' WHERE deal_type = 'carve-out';
-- prusik:down restore job=deal_type
