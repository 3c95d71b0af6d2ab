-- expect: nothing
-- prusik:up
INSERT INTO texts (body) VALUES ('a; DROP TABLE users; -- b'), ($$; TRUNCATE users; $$);
-- prusik:down none reason="the example ends here"
