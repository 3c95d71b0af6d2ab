-- prusik:up db=postgres
CREATE SCHEMA migration;
CREATE TYPE migration.patterntype AS ENUM ('NETWORK_TOPOLOGY', 'DATA_FLOW');
CREATE TABLE migration.engagement_architecture_standards (id bigint PRIMARY KEY, engagement_id bigint NOT NULL,
  requirement_type text NOT NULL, standard_name text NOT NULL);
CREATE TABLE migration.patterns (id bigint PRIMARY KEY, kind migration.patterntype NOT NULL);
-- prusik:up db=sqlite
CREATE TABLE engagement_architecture_standards (id INTEGER PRIMARY KEY, engagement_id INTEGER NOT NULL,
  requirement_type TEXT NOT NULL, standard_name TEXT NOT NULL);
CREATE TABLE patterns (id INTEGER PRIMARY KEY, kind TEXT NOT NULL,
  CONSTRAINT patterntype CHECK (kind IN ('NETWORK_TOPOLOGY', 'DATA_FLOW')));
-- prusik:down db=postgres
DROP TABLE migration.patterns;
DROP TABLE migration.engagement_architecture_standards;
DROP TYPE migration.patterntype;
DROP SCHEMA migration;
-- prusik:down db=sqlite
DROP TABLE patterns;
DROP TABLE engagement_architecture_standards;
