# shellcheck shell=bash disable=SC2154,SC2034 # run.sh and lib.sh share variables
# SIGTERM: open requests are finished, nothing that was acknowledged is lost.

refused() {
  curl -s -o /dev/null --max-time 2 "$url/health" && return 1
  [ $? = 7 ]
}

test_open_request_is_finished() {
  set_up "$(new_database "$1")"
  botctl v2 migrate up
  start v2
  slow_begin '{"bot_id":"A","text":"sent slowly"}'
  await 5 in_progress 1
  kill -TERM "$pid"
  await 5 refused
  sleep 0.6 # longer than connections without a request are kept
  is_alive "$pid" || fail 'it did not wait for the open request'
  local answer
  answer=$(slow_end)
  contains "$answer" 'HTTP/1.1 201 Created'
  contains "$answer" 'Connection: close'
  wait "$pid" || fail "it ended with $?"
  same "$(sql "$1" "SELECT id, text FROM chat_messages")" "$(sed -n 's/.*"id":\([0-9]*\).*/\1/p' <<< "$answer")|sent slowly" 'the rows'
  same "$(jq -c 'select(.event == "draining") | [.signal, .in_flight]' log)" '["SIGTERM",1]' 'the draining event'
  same "$(jq -c 'select(.event == "shutdown") | [.level, .signal, .aborted]' log)" '["info","SIGTERM",0]' 'the shutdown event'
  start v2 # on the same port, which still has the end of that connection
}

test_drain_timeout_gives_up() {
  set_up "$(new_database "$1")" BOTCTL_DRAIN_TIMEOUT=1
  botctl v2 migrate up
  start v2
  slow_begin '{"bot_id":"A","text":"never finished"}'
  await 5 in_progress 1
  local begin=$SECONDS
  stop
  [ $((SECONDS - begin)) -le 6 ] || fail 'it waited longer than the timeout'
  same "$(jq -c 'select(.event == "shutdown") | [.level, .aborted]' log)" '["warn",1]' 'the shutdown event'
  same "$(sql "$1" 'SELECT count(*) FROM chat_messages')" 0 'the number of messages'
}

test_second_signal_ends_at_once() {
  set_up "$(new_database "$1")"
  botctl v2 migrate up
  start v2
  slow_begin '{"bot_id":"A","text":"never finished"}'
  await 5 in_progress 1
  kill -INT "$pid"
  await 5 refused
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  same "$status" 1 'the exit status'
  same "$(events shutdown_forced)" 1 'shutdown_forced'
}

test_stop_and_start_take_no_time() {
  set_up "$(new_database "$1")" BOTCTL_WORKERS=1
  botctl v2 migrate up
  local i begin=$SECONDS
  for i in 1 2 3 4 5; do
    start v2
    say A "round $i" > /dev/null
    stop INT
  done
  [ $((SECONDS - begin)) -le 20 ] || fail "five rounds took $((SECONDS - begin)) s"
  same "$(events shutdown)" 5 'the number of shutdowns'
  same "$(sql "$1" 'SELECT count(*) FROM chat_messages')" 5 'the number of messages'
}

cases_shutdown() {
  run_test "$1: SIGTERM finishes an open request" test_open_request_is_finished "$1"
  run_test "$1: the drain timeout gives up what is left" test_drain_timeout_gives_up "$1"
  run_test "$1: a second signal ends it at once" test_second_signal_ends_at_once "$1"
  run_test "$1: five rounds of start and stop" test_stop_and_start_take_no_time "$1"
}
