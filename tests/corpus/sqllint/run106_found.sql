-- expect: RUN106
-- prusik:up
ALTER TABLE users SET SCHEMA auth;
-- prusik:down none reason="the example ends here"
