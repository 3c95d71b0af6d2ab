-- expect: RUN012
-- prusik:up
DO $$ BEGIN EXECUTE 'ALTER TABLE orders ADD COLUMN note text'; END $$;
-- prusik:down none reason="the example ends here"
