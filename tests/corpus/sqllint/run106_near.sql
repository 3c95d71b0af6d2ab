-- expect: nothing
-- prusik:up
CREATE TABLE people (id int);
ALTER TABLE people SET SCHEMA auth;
-- prusik:down none reason="the example ends here"
