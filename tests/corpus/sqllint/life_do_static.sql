-- expect: DATA002 DATA004
-- prusik:up
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM users WHERE email IS NULL LIMIT 1) THEN
    UPDATE users SET email = 'unknown';
  END IF;
END $$;
-- prusik:down none reason="the example ends here"
