-- expect: RUN111
-- prusik:up
ALTER TABLE users DROP CONSTRAINT users_email_key;
-- prusik:down none reason="the example ends here"
