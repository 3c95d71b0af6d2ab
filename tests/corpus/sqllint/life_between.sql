-- expect: DATA004
-- prusik:up
UPDATE users SET email = lower(email) WHERE id BETWEEN 10000 AND 19999;
-- prusik:down none reason="the example ends here"
