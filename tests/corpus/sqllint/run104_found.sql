-- expect: RUN104
-- prusik:up
ALTER TABLE users RENAME COLUMN mail TO email;
-- prusik:down none reason="the example ends here"
