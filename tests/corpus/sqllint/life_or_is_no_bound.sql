-- expect: DATA003 DATA004
-- prusik:up
UPDATE users SET email = lower(email) WHERE id = 1 OR email LIKE '%X%';
-- prusik:down none reason="the example ends here"
