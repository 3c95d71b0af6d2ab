-- expect: nothing
-- prusik:up
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'state') THEN
    CREATE TYPE state AS ENUM ('open', 'paid');
  END IF;
END $$;
-- prusik:down none reason="the example ends here"
