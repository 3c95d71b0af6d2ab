-- expect: nothing
-- prusik:up
INSERT INTO roles (id, name) VALUES (7, 'auditor');
SELECT setval('roles_id_seq', (SELECT max(id) FROM roles));
-- prusik:down none reason="the example ends here"
