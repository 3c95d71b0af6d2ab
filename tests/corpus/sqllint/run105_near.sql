-- expect: nothing
-- prusik:up
ALTER INDEX deals_stage RENAME TO opportunities_stage;
-- prusik:down none reason="the example ends here"
