-- expect: RUN107
-- prusik:up
ALTER TYPE stage RENAME VALUE 'won' TO 'closed';
-- prusik:down none reason="the example ends here"
