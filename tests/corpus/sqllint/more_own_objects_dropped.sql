-- expect: nothing
-- prusik:up
CREATE TYPE stage2 AS ENUM ('a');
CREATE DOMAIN email2 AS text;
CREATE SEQUENCE numbers2;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
ALTER DOMAIN email2 SET NOT NULL;
ALTER TYPE stage2 RENAME VALUE 'a' TO 'b';
DROP TYPE stage2;
DROP DOMAIN email2;
DROP SEQUENCE numbers2;
DROP EXTENSION pg_trgm;
-- prusik:down none reason="the example ends here"
