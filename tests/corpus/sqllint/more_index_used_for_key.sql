-- expect: nothing
-- prusik:up
ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email;
-- prusik:down none reason="the example ends here"
