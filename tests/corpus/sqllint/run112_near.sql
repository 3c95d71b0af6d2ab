-- expect: nothing
-- prusik:up
CREATE POLICY own ON notes USING (owner = current_user);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
-- prusik:down none reason="the example ends here"
