CREATE TABLE bot_sessions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id     text NOT NULL,
    state      text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'stopped')),
    started_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX bot_sessions_bot ON bot_sessions (bot_id, id);
CREATE TABLE chat_messages (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id     text NOT NULL,
    text       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX chat_messages_bot ON chat_messages (bot_id, id);
