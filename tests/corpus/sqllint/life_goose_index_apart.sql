-- expect: nothing
-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY users_last_seen ON users (last_seen);

-- +goose Down
DROP INDEX CONCURRENTLY users_last_seen;
