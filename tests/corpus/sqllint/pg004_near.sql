-- expect: nothing
-- prusik:up
ALTER TABLE users ADD CONSTRAINT users_email UNIQUE USING INDEX users_email_idx;
-- prusik:down none reason="the example ends here"
