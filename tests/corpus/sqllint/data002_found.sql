-- expect: DATA002 DATA004
-- prusik:up
UPDATE deals SET stage = lower(stage);
-- prusik:down none reason="the example ends here"
