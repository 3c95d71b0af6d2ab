-- expect: PG015
-- migrate:up
ALTER TABLE invoices ADD COLUMN currency char(3) NOT NULL;

-- migrate:down
ALTER TABLE invoices DROP COLUMN currency;
