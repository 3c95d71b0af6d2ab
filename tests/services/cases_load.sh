# shellcheck shell=bash disable=SC2154,SC2034 # run.sh and lib.sh share variables
# Under load: no failure, nothing lost, and a deployment that users see only as maintenance.

# verify STATUS: prints the line; the exit status must be this
verify() {
  local database_url status=0
  database_url=$(sed -n "s/^DATABASE_URL='\(.*\)'/\1/p" env)
  "$botload" verify --acks acks --database-url "$database_url" 2> found || status=$?
  same "$status" "$1" 'the exit status of verify'
}

report() { # EXPRESSION of jq
  jq -r "$1" report
}

test_load_without_failure() {
  local kind=$1
  set_up "$(new_database "$kind")"
  botctl v2 migrate up
  start v2
  "$botload" --url "$url" --rate 400 --duration 5s --connections 16 --acks acks --report report
  same "$(report '[.totals.requests, .totals.ok, .totals.failed, .totals.rejected] | @csv')" 2000,2000,0,0 'the totals'
  same "$(report '[.timeline[].ok] | add')" 2000 'the sum of the timeline'
  report '.latency_ms | .p50 > 0 and .p50 <= .p95 and .p95 <= .p99 and .p99 <= .max' | grep -qx true
  same "$(wc -l < acks)" 1600 'the acknowledged messages'
  same "$(metric chat_messages_total)" 1600 chat_messages_total
  same "$(verify 0)" 'verified 1600 acknowledged messages: 0 missing, 0 different' verify
  local lost changed
  lost=$(sed -n 100p acks | cut -f1) changed=$(sed -n 200p acks | cut -f1)
  sql "$kind" "DELETE FROM chat_messages WHERE id = $lost"
  sql "$kind" "UPDATE chat_messages SET text = text || '!' WHERE id = $changed"
  same "$(verify 4)" 'verified 1600 acknowledged messages: 1 missing, 1 different' 'verify after damage'
  contains "$(cat found)" "missing: message $lost of load-"
  contains "$(cat found)" "different: message $changed of load-"
  sort -o acks acks && printf '%s\tA\ttorn' 1 >> acks
  verify 1
  contains "$(cat found)" 'acks:1601: '
  : > acks
  verify 1
}

test_kill_loses_nothing() {
  set_up "$(new_database "$1")"
  botctl v2 migrate up
  start v2
  "$botload" --url "$url" --rate 300 --duration 60s --acks acks --report report --until-file enough &
  local load=$!
  remember "$load"
  await 10 at_least 200 lines acks
  kill -KILL "$pid"
  wait "$pid" || :
  start v2
  await 10 at_least 400 lines acks
  touch enough
  wait "$load"
  same "$(report .reason)" until-file 'why the load ended'
  [ "$(report '.failures.refused + .failures.reset')" -ge 1 ] || fail 'the load did not notice the crash'
  same "$(report .totals.unavailable_in_maintenance)" 0 'what is excused as maintenance'
  contains "$(verify 0)" ': 0 missing, 0 different'
}

# The whole way of a deployment, as a runbook does it, with users all the time.
test_deployment_under_load() {
  set_up "$(new_database "$1")"
  botctl v1 migrate up
  start v1
  "$botload" --url "$url" --rate 100 --duration 60s --acks acks --report report --until-file enough &
  local load=$!
  remember "$load"
  await 10 at_least 80 lines acks
  touch MAINTENANCE
  await 10 in_progress 0
  sleep 0.3 # of users who are told
  stop
  botctl v2 migrate up
  sleep 0.5 # of users who find nobody
  start v2
  same "$(posts 503 /api/bot/launch '{"bot_id":"TEST-BOT-SMOKE"}' | jq -r .error)" maintenance 'before the end'
  rm MAINTENANCE
  same "$(posts 200 /api/bot/launch '{"bot_id":"TEST-BOT-SMOKE","owner":"ops"}' | jq -r .state)" running 'the smoke test'
  local before
  before=$(wc -l < acks)
  await 10 at_least $((before + 80)) lines acks
  kill -USR1 "$load"
  await 10 test -s report
  same "$(report .finished)" false 'finished, while it runs'
  kill -TERM "$load"
  wait "$load" || fail "botload ended with $?"
  same "$(report '[.finished, .reason] | @csv')" 'true,"signal"' 'the end'
  same "$(report '[.totals.failed, .totals.rejected] | @csv')" 0,0 "what users saw fail ($(report '.failures | tostring'))"
  [ "$(report .totals.maintenance)" -ge 20 ] || fail 'users saw no maintenance'
  [ "$(report .totals.unavailable_in_maintenance)" -ge 20 ] || fail 'users did not notice the stop'
  contains "$(verify 0)" ': 0 missing, 0 different'
}

# A service that takes connections and never answers.
test_timeouts_are_failures() {
  set_up sqlite:bot.db
  botctl v2 migrate up
  start v2
  kill -STOP "$pid"
  "$botload" --url "$url" --rate 20 --duration 2s --connections 4 --timeout 1s --report report
  same "$(report '[.totals.requests, .totals.ok, .totals.failed] | @csv')" 40,0,40 'the totals'
  same "$(report '.failures.timeout + .failures.no_connection')" 40 'the reasons'
  [ "$(report .failures.timeout)" -ge 4 ] || fail 'less than four had a connection'
  [ "$(report .failures.no_connection)" -ge 4 ] || fail 'nearly all found a free connection'
}

# Ten times what one connection can do: the answers that come are counted, the rest failed.
test_overload_is_not_a_collapse() {
  set_up sqlite:bot.db
  botctl v2 migrate up
  start v2
  "$botload" --url "$url" --rate 20000 --duration 2s --connections 1 --timeout 500ms --report report
  same "$(report .totals.requests)" 40000 'the requests'
  [ "$(report .totals.ok)" -ge 200 ] || fail "only $(report .totals.ok) were answered"
  same "$(report '.failures | keys | tostring')" '["no_connection"]' 'the reasons'
}

test_nobody_there_is_a_failure() {
  set_up sqlite:bot.db
  botctl v2 migrate up
  start v2
  stop
  contains "$("$botload" --url "$url" --rate 50 --duration 1s --report report)" '50 requests: 0 ok, 50 failed (100.00 %)'
  same "$(report .failures.refused)" 50 'refused'
}

cases_load() {
  run_test "$1: 400 requests a second without a failure; verify finds what is lost" test_load_without_failure "$1"
  run_test "$1: kill -9 loses no acknowledged message" test_kill_loses_nothing "$1"
  run_test "$1: a deployment under load fails no request" test_deployment_under_load "$1"
  if [ "$1" = sqlite ]; then
    run_test 'botload: timeouts are failures' test_timeouts_are_failures
    run_test 'botload: a service that cannot keep up still answers what it can' test_overload_is_not_a_collapse
    run_test 'botload: nobody there is a failure, without maintenance' test_nobody_there_is_a_failure
  fi
}
