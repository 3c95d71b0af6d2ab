-- expect: RUN112
-- prusik:up
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
-- prusik:down none reason="the example ends here"
