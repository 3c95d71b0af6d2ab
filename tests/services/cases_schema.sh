# shellcheck shell=bash disable=SC2154,SC2034 # run.sh and lib.sh share variables
# Migrations up and down, and which program serves which schema.

first_line() {
  "$@" | head -n 1
}

test_migrations_up_and_down_keep_the_rows() {
  local kind=$1
  set_up "$(new_database "$kind")"
  same "$(first_line botctl v2 migrate status)" 'schema version 0, latest 2, pending: 1_initial, 2_session_owner' status
  same "$(botctl v2 migrate up --to 1)" 'Applied 1 migration: 1_initial' 'up --to 1'
  same "$(botctl v2 migrate status)" 'schema version 1, latest 2, pending: 2_session_owner' status
  start v1
  posts 200 /api/bot/launch '{"bot_id":"A"}'
  say A 'before the migration'
  stop
  same "$(botctl v2 migrate up)" 'Applied 1 migration: 2_session_owner' up
  same "$(botctl v2 migrate up)" 'No pending migrations' 'up again'
  same "$(botctl v2 migrate status | tail -n 1)" 'No pending migrations' status
  start v2
  posts 200 /api/bot/launch '{"bot_id":"B","owner":"ops@example.com"}'
  same "$(get /api/bots | jq -c '[.bots[] | [.bot_id, .owner]]')" '[["A",null],["B","ops@example.com"]]' 'the owners'
  stop
  same "$(botctl v3 migrate up)" 'Applied 1 migration: 3_suggestions' 'up of v3'
  same "$(botctl v3 migrate down)" 'Reverted 1 migration: 3_suggestions' down
  same "$(botctl v2 migrate down)" 'Reverted 1 migration: 2_session_owner' down
  same "$(sql "$kind" 'SELECT bot_id, state FROM bot_sessions ORDER BY id' | tr '\n' ' ')" 'A|running B|running ' 'the sessions'
  same "$(sql "$kind" 'SELECT text FROM chat_messages')" 'before the migration' 'the messages'
  ! sql "$kind" 'SELECT owner FROM bot_sessions' || fail 'the column is still there'
  same "$(sql "$kind" "SELECT * FROM bot_sessions WHERE bot_id = 'B'" | tr -cd '|')" '|||' 'the borders of the columns'
  same "$(sql "$kind" 'SELECT version, name FROM schema_migrations')" '1|initial' schema_migrations
  start v1
  same "$(get '/api/chat?bot_id=A' | jq -r '.messages[0].text')" 'before the migration' 'what v1 reads'
  same "$(botctl v2 migrate up)" 'Applied 1 migration: 2_session_owner' 'up after down, under a running v1'
  posts 200 /api/bot/launch '{"bot_id":"C"}'
}

test_program_and_schema_must_fit() {
  set_up "$(new_database "$1")"
  expect_refusal v1 'migrate up'
  botctl v3 migrate up --to 1
  expect_refusal v2 "the schema is at version 1 and this release needs 2: run 'botctl migrate up'"
  botctl v3 migrate up --to 2
  start v1 # one version ahead
  posts 200 /api/bot/launch '{"bot_id":"A","owner":"me"}'
  same "$(get /health/db | jq .schema_version)" 2 schema_version
  stop
  contains "$(botctl v1 migrate status)" 'The schema is ahead of this release (v1) by 1'
  botctl v3 migrate up
  expect_refusal v1 'it works at most one version ahead'
  status=0
  botctl v1 migrate down > out 2>&1 || status=$?
  same "$status" 3 'the exit status of migrate down'
  contains "$(cat out)" 'migration 3 is not known to this release (latest 1)'
  start v2 # one version ahead
  posts 200 /api/bot/launch '{"bot_id":"B","owner":"me"}'
}

expect_refusal() { # RELEASE MESSAGE
  status=0
  botctl "$1" serve > out 2>&1 || status=$?
  same "$status" 3 "the exit status of $1"
  contains "$(cat out)" "$2"
}

test_failed_migration_changes_nothing() {
  local kind=$1
  set_up "$(new_database "$kind")"
  botctl v1 migrate up
  sql "$kind" 'CREATE TABLE other (x integer)'
  sql "$kind" 'CREATE INDEX bot_sessions_owner ON other (x)' # the second statement of migration 2 fails
  status=0
  botctl v2 migrate up > out 2>&1 || status=$?
  same "$status" 1 'the exit status'
  contains "$(cat out)" 'migration 2_session_owner up: '
  same "$(first_line botctl v2 migrate status)" 'schema version 1, latest 2, pending: 2_session_owner' status
  ! sql "$kind" 'SELECT owner FROM bot_sessions' || fail 'half of the migration is there'
  sql "$kind" 'DROP INDEX bot_sessions_owner'
  same "$(botctl v2 migrate up)" 'Applied 1 migration: 2_session_owner' 'the second try'
}

test_two_migrate_at_once() {
  set_up "$(new_database "$1")"
  local i pids=()
  for i in 1 2 3 4; do
    botctl v3 migrate up > "out$i" 2>&1 &
    pids+=($!)
  done
  for i in "${pids[@]}"; do
    wait "$i" || fail "one failed: $(cat out*)"
  done
  same "$(sql "$1" 'SELECT count(*) FROM schema_migrations')" 3 'the number of migrations'
  same "$(jq -s 'map(select(.event == "migration_applied")) | length' log)" 3 'how often one was applied'
}

test_foreign_schema_is_refused() {
  set_up "$(new_database "$1")"
  botctl v2 migrate up
  sql "$1" "UPDATE schema_migrations SET name = 'theirs' WHERE version = 2"
  expect_refusal v2 "version 2 is 'theirs' there and 'session_owner' here"
}

cases_schema() {
  run_test "$1: migrations up and down keep the rows" test_migrations_up_and_down_keep_the_rows "$1"
  run_test "$1: a program serves its schema and one version ahead" test_program_and_schema_must_fit "$1"
  run_test "$1: a migration that fails changes nothing" test_failed_migration_changes_nothing "$1"
  run_test "$1: four migrate at once, each migration is applied once" test_two_migrate_at_once "$1"
  run_test "$1: a schema of others is refused" test_foreign_schema_is_refused "$1"
}
