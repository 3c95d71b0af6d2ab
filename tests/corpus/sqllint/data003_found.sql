-- expect: DATA003
-- prusik:up
UPDATE deals SET stage = 'new' WHERE stage IS NULL;
-- prusik:down none reason="the example ends here"
