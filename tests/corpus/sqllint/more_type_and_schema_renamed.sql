-- expect: RUN107
-- prusik:up
ALTER TYPE stage RENAME TO deal_stage;
ALTER SCHEMA crm RENAME TO sales;
-- prusik:down none reason="the example ends here"
