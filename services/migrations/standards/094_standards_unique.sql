-- prusik:migration title="a standard stands once in an engagement, so that it can be written with ON CONFLICT"
-- prusik:check name="no duplicates" expect=empty db=postgres
SELECT engagement_id, requirement_type, standard_name FROM migration.engagement_architecture_standards
GROUP BY 1, 2, 3 HAVING count(*) > 1 LIMIT 10;
-- prusik:check name="no duplicates" expect=empty db=sqlite
SELECT engagement_id, requirement_type, standard_name FROM engagement_architecture_standards
GROUP BY 1, 2, 3 HAVING count(*) > 1 LIMIT 10;
-- prusik:up part=index tx=no db=postgres
CREATE UNIQUE INDEX CONCURRENTLY uq_engagement_architecture_standards_i
  ON migration.engagement_architecture_standards (engagement_id, requirement_type, standard_name);
-- prusik:up part=key db=postgres
ALTER TABLE migration.engagement_architecture_standards ADD CONSTRAINT uq_engagement_architecture_standards_composite
  UNIQUE USING INDEX uq_engagement_architecture_standards_i;
-- prusik:up part=lite db=sqlite
CREATE UNIQUE INDEX uq_engagement_architecture_standards_composite
  ON engagement_architecture_standards (engagement_id, requirement_type, standard_name);
-- prusik:verify name="the key is there" db=postgres
SELECT convalidated FROM pg_constraint WHERE conname = 'uq_engagement_architecture_standards_composite';
-- prusik:down db=postgres
ALTER TABLE migration.engagement_architecture_standards DROP CONSTRAINT uq_engagement_architecture_standards_composite;
-- prusik:down db=sqlite
DROP INDEX uq_engagement_architecture_standards_composite;
