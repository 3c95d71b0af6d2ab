-- expect: PG001
-- +goose Up
CREATE INDEX users_last_seen ON users (last_seen);

-- +goose Down
DROP INDEX users_last_seen;
