-- expect: PG011
-- prusik:up
CREATE TABLE notes (id int, user_id bigint);
ALTER TABLE notes ADD CONSTRAINT notes_user FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE notes ADD PRIMARY KEY (id);
ALTER TABLE notes DISABLE TRIGGER ALL;
ALTER TABLE notes DETACH PARTITION notes_1;
-- prusik:down none reason="the example ends here"
