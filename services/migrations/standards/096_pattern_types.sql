-- prusik:migration title="six more kinds of patterns"
-- prusik:up part=values tx=no db=postgres
ALTER TYPE migration.patterntype ADD VALUE IF NOT EXISTS 'PRODUCT_MATCHING';
ALTER TYPE migration.patterntype ADD VALUE IF NOT EXISTS 'COMPLIANCE_ANALYSIS';
ALTER TYPE migration.patterntype ADD VALUE IF NOT EXISTS 'LICENSING_ANALYSIS';
ALTER TYPE migration.patterntype ADD VALUE IF NOT EXISTS 'VULNERABILITY_ANALYSIS';
ALTER TYPE migration.patterntype ADD VALUE IF NOT EXISTS 'RESILIENCE_ANALYSIS';
ALTER TYPE migration.patterntype ADD VALUE IF NOT EXISTS 'DEPENDENCY_ANALYSIS';
-- prusik:up part=check db=sqlite rebuild=patterns
DROP CONSTRAINT patterntype;
ADD CONSTRAINT patterntype CHECK (kind IN ('NETWORK_TOPOLOGY', 'DATA_FLOW', 'PRODUCT_MATCHING', 'COMPLIANCE_ANALYSIS',
  'LICENSING_ANALYSIS', 'VULNERABILITY_ANALYSIS', 'RESILIENCE_ANALYSIS', 'DEPENDENCY_ANALYSIS'));
-- prusik:verify name="all eight are there" expect=value:8 db=postgres
SELECT count(*) FROM pg_enum WHERE enumtypid = 'migration.patterntype'::regtype;
-- prusik:down none reason="values of an enum cannot be taken away, and rows use them; they stay, and nothing is lost"
