-- expect: RUN010
-- prusik:up
ALTER TYPE stage ADD VALUE 'lost';
INSERT INTO stage_names (stage, name) VALUES ('lost', 'Lost');
-- prusik:down none reason="the example ends here"
