-- expect: DATA004
-- prusik:up
UPDATE users SET email = lower(email) WHERE id IN (3, 5, 8);
-- prusik:down none reason="the example ends here"
