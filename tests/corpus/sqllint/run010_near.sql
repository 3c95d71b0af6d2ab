-- expect: nothing
-- prusik:up
ALTER TYPE stage ADD VALUE 'lost';
-- prusik:up
INSERT INTO stage_names (stage, name) VALUES ('lost', 'Lost');
-- prusik:down none reason="the example ends here"
