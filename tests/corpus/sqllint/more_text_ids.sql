-- expect: nothing
-- prusik:up
INSERT INTO settings (id, value) VALUES ('theme', 'dark');
-- prusik:down none reason="the example ends here"
