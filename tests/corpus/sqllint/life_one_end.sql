-- expect: DATA003 DATA004
-- prusik:up
UPDATE users SET email = lower(email) WHERE id >= 10000;
-- prusik:down none reason="the example ends here"
