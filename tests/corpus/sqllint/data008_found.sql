-- expect: DATA008
-- prusik:up
INSERT INTO roles (id, name) VALUES (7, 'auditor');
-- prusik:down none reason="the example ends here"
