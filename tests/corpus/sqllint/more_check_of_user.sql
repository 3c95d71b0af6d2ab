-- expect: DATA010
-- prusik:up
ALTER TABLE notes ADD CONSTRAINT own CHECK (owner = current_user) NOT VALID;
-- prusik:up
ALTER TABLE notes ADD CONSTRAINT odd CHECK (mark > random()) NOT VALID;
-- prusik:down none reason="the example ends here"
