-- expect: nothing
-- prusik:up
ALTER TYPE deal_stage ADD VALUE IF NOT EXISTS 'diligence' AFTER 'offer';
-- prusik:up
INSERT INTO stage_texts (stage, label) VALUES ('diligence', 'Due diligence');
-- prusik:down none reason="the example ends here"
