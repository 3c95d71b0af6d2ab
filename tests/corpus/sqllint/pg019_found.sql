-- expect: PG019
-- prusik:up
ALTER TABLE lines ADD COLUMN total numeric GENERATED ALWAYS AS (price * amount) STORED;
-- prusik:down none reason="the example ends here"
