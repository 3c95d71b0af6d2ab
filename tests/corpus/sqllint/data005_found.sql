-- expect: DATA005
-- prusik:up
DELETE FROM sessions WHERE id = 7;
-- prusik:down none reason="the example ends here"
