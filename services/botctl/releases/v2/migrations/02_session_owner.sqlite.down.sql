DROP INDEX bot_sessions_owner;
ALTER TABLE bot_sessions DROP COLUMN owner;
