ALTER TABLE bot_sessions ADD COLUMN owner text;
CREATE INDEX bot_sessions_owner ON bot_sessions (owner);
