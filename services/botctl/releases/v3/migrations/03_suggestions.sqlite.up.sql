CREATE TABLE suggestions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    source     TEXT NOT NULL CHECK (source IN ('launch', 'chat')),
    source_id  INTEGER NOT NULL,
    bot_id     TEXT NOT NULL,
    text       TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX suggestions_source ON suggestions (source, source_id);
