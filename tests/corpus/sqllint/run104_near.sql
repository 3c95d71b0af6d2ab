-- expect: nothing
-- prusik:up
ALTER TABLE users RENAME CONSTRAINT mail_key TO email_key;
-- prusik:down none reason="the example ends here"
