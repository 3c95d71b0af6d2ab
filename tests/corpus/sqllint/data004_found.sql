-- expect: DATA004
-- prusik:up
UPDATE deals SET deal_type = 'carveout' WHERE id > 100 AND id <= 5100 AND deal_type = 'carve-out';
-- prusik:down none reason="the example ends here"
