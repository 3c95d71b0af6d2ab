-- expect: nothing
-- prusik:up
UPDATE deals SET stage = 'new' WHERE id IN (SELECT id FROM deals WHERE stage IS NULL ORDER BY id LIMIT 5000);
-- prusik:down none reason="the example ends here"
