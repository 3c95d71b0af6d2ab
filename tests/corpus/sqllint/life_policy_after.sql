-- expect: nothing
-- prusik:up
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes USING (owner = current_user);
-- prusik:down none reason="the example ends here"
