DROP TABLE chat_messages;
DROP TABLE bot_sessions;
