-- expect: nothing
-- prusik:up
ALTER TYPE stage ADD VALUE 'closed';
-- prusik:down none reason="the example ends here"
