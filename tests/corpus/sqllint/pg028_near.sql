-- expect: nothing
-- prusik:up
CREATE TABLE notes (id bigint);
CREATE TRIGGER notes_touch BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION touch();
-- prusik:down none reason="the example ends here"
