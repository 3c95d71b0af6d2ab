-- expect: DATA002 DATA005 RUN003
-- prusik:up
ALTER TABLE sessions ADD COLUMN note text;
DELETE FROM sessions;
-- prusik:down none reason="the example ends here"
