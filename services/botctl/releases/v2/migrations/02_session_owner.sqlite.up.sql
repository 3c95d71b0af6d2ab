ALTER TABLE bot_sessions ADD COLUMN owner TEXT;
CREATE INDEX bot_sessions_owner ON bot_sessions (owner);
