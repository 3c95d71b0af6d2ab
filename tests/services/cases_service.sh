# shellcheck shell=bash disable=SC2154,SC2034 # run.sh and lib.sh share variables
# The API, health, metrics and maintenance.

promtool=${PROMTOOL:-promtool}

test_api_stores_and_lists() {
  local kind=$1 text id
  set_up "$(new_database "$kind")"
  botctl v2 migrate up
  start v2
  same "$(posts 200 /api/bot/launch '{"bot_id":"TEST-BOT-SMOKE"}')" \
    '{"bot_id":"TEST-BOT-SMOKE","state":"running","session":1}' 'the first launch'
  same "$(posts 200 /api/bot/launch '{"bot_id":"TEST-BOT-SMOKE"}' | jq .session)" 2 'the second session'
  text="Robert'); DROP TABLE chat_messages;-- \$1 ☂ \\n"
  id=$(jq -n --arg text "$text" '{bot_id: "A", text: $text}' > body && posts 201 /api/chat @body | jq .id)
  same "$(get "/api/chat?bot_id=A" | jq -r '.messages[0].text')" "$text" 'the text'
  same "$(get "/api/chat?bot_id=A%27%20OR%201=1" -o /dev/null 2> /dev/null || echo refused)" refused 'a wrong bot_id'
  same "$(sql "$kind" "SELECT count(*) FROM chat_messages WHERE id = $id")" 1 'the committed rows'
  say A second
  say B other
  say A third
  same "$(get '/api/chat?bot_id=A&limit=2' | jq -c '[.messages[].text]')" '["third","second"]' 'the newest two'
  same "$(get '/api/chat?bot_id=nobody')" '{"messages":[]}' 'a bot without messages'
  get '/api/chat?bot_id=A&limit=1' | jq -e '.messages[0].created_at | test("^20[0-9T:-]+[.0-9]*Z$")'
  same "$(get /api/bots | jq -c '[.bots[] | [.bot_id, .state, .session]]')" \
    '[["TEST-BOT-SMOKE","running",2]]' 'the bots'
  posts 201 /api/chat "{\"bot_id\":\"A\",\"text\":\"$(printf 'x%.0s' {1..8000})\"}" > /dev/null
}

test_health_tells() {
  set_up "$(new_database "$1")"
  botctl v2 migrate up
  start v2
  local commit
  commit=$(git -C "$work/v2" rev-parse --short=7 HEAD)
  same "$(get /health | jq -c 'del(.uptime_s, .pid)')" \
    "{\"status\":\"healthy\",\"version\":\"v2\",\"commit\":\"$commit\",\"active_connections\":0,\"maintenance\":false}" /health
  same "$(get /health | jq .pid)" "$pid" 'the pid'
  get /health | jq -e '.uptime_s > 0 and .uptime_s < 60'
  same "$(get /health/db | jq -c 'del(.latency_ms)')" \
    "{\"status\":\"healthy\",\"database\":\"$1\",\"schema_version\":2}" /health/db
  get /health/db | jq -e '.latency_ms > 0 and .latency_ms < 1000'
}

test_active_connections_are_api_requests() {
  set_up "$(new_database "$1")"
  botctl v2 migrate up
  start v2
  slow_begin '{"bot_id":"A","text":"slow"}'
  await 5 in_progress 1
  same "$(metric botctl_active_connections)" 1 'the metric'
  same "$(metric http_requests_in_flight)" 2 'in flight: the slow one and the one that asks'
  touch MAINTENANCE # a drain is watched while in maintenance
  same "$(get /health | jq .active_connections)" 1 'active connections in maintenance'
  rm MAINTENANCE
  kill -TERM "$pid" # so that its answer closes the connection
  contains "$(slow_end)" '{"id":1}'
  wait "$pid"
}

unhealthy() {
  [ "$(curl -s --max-time 10 -o health -w '%{http_code}' "$url/health")" = 503 ] &&
    [ "$(jq -r .status health)" = unhealthy ]
}

test_unhealthy_without_database() {
  local kind=$1
  set_up "$(new_database "$kind")"
  botctl v2 migrate up
  start v2
  if [ "$kind" = sqlite ]; then
    mv bot.db away.db
  else
    pg_down
  fi
  await 10 unhealthy
  contains "$(cat health)" '"error":"'
  same "$(curl -s -o answer -w '%{http_code}' "$url/health/db")" 503 'the status of /health/db'
  same "$(jq -r .status answer)" unhealthy /health/db
  same "$(posts 500 /api/chat '{"bot_id":"A","text":"lost"}')" '{"error":"the database did not do it"}' 'a chat message'
  contains "$(jq -r 'select(.event == "request_failed").error' log)" "$([ "$kind" = sqlite ] && echo moved || echo PostgreSQL)"
  get /metrics > /dev/null
  if [ "$kind" = sqlite ]; then
    mv away.db bot.db
  else
    pg_up
  fi
  await 10 get /health
  say A 'it is back'
}

# The server's processes are stopped in mid-flight: nothing is refused, nothing answers.
test_hanging_database_is_unhealthy_in_time() {
  set_up "$(new_database postgresql)"
  botctl v2 migrate up
  start v2
  say A before
  local p stopped
  stopped=$(pgrep -P "$(head -n 1 "$work/pg/data/postmaster.pid")" -f "t$test_number" | tr '\n' ' ')
  for p in $stopped; do
    remember "$p"
    kill -STOP "$p"
  done
  [ -n "$stopped" ] || fail 'no process of the server was found'
  local begin=$SECONDS
  unhealthy || fail 'it says it is healthy'
  [ $((SECONDS - begin)) -le 9 ] || fail "the answer took $((SECONDS - begin)) s"
  for p in $stopped; do
    kill -CONT "$p"
  done
  await 10 get /health
  say A after
  stop
  : > pids # the server's processes are not ours to end
}

test_metrics_are_valid_and_count() {
  set_up "$(new_database "$1")"
  botctl v2 migrate up
  start v2
  local i commit
  commit=$(git -C "$work/v2" rev-parse --short=7 HEAD)
  for i in 1 2 3; do say A "text $i" > /dev/null; done
  posts 400 /api/chat '{}' > /dev/null
  get /nope 2> /dev/null || :
  touch MAINTENANCE
  posts 503 /api/chat '{"bot_id":"A","text":"x"}' > /dev/null
  get /metrics > text
  same "$(metric 'http_requests_total{method="POST",route="/api/chat",status="201"}')" 3 'stored messages'
  same "$(metric 'http_requests_total{method="POST",route="/api/chat",status="400"}')" 1 'bad requests'
  same "$(metric 'http_requests_total{method="POST",route="/api/chat",status="503"}')" 1 'refused requests'
  same "$(metric 'http_requests_total{method="GET",route="other",status="404"}')" 1 'unknown paths'
  same "$(metric chat_messages_total)" 3 chat_messages_total
  same "$(metric botctl_maintenance)" 1 botctl_maintenance
  same "$(metric "botctl_build_info{version=\"v2\",commit=\"$commit\"}")" 1 botctl_build_info
  same "$(metric 'http_request_duration_seconds_count{method="POST",route="/api/chat"}')" 5 'durations'
  same "$(grep -c '_bucket{method="POST",route="/api/chat",le="\(0.005\|1\|1.5\|2\|5\|10\|+Inf\)"}' text)" 7 'the bounds'
  [ "$(metric db_query_seconds_count)" -ge 6 ] || fail 'statements are not counted'
  [ "$(metric process_resident_memory_bytes)" -gt 1000000 ] || fail 'the memory is too small to be true'
  awk -v now="$(date +%s)" '$1 == "process_start_time_seconds" && now - $2 > -1 && now - $2 < 60 {ok = 1}
    END {exit !ok}' text || fail 'the start time is wrong'
  contains "$(curl -sI "$url/metrics")" 'text/plain; version=0.0.4'
}

test_promtool_accepts_metrics() {
  set_up "$(new_database "$1")"
  botctl v2 migrate up
  start v2
  get /metrics | "$promtool" check metrics # with no request but this one, and with several
  say A x
  posts 400 /api/chat '{}'
  get /metrics | "$promtool" check metrics
}

test_maintenance_closes_the_api_only() {
  set_up "$(new_database "$1")"
  botctl v2 migrate up
  start v2
  say A before
  touch MAINTENANCE
  local path
  for path in /api/bots '/api/chat?bot_id=A' /api/nope; do
    curl -s -D head -o answer "$url$path"
    contains "$(head -n 1 head)" 503
    contains "$(cat head)" 'Retry-After: 5'
    contains "$(cat head)" 'X-Maintenance: 1'
    same "$(cat answer)" '{"error":"maintenance","message":"System undergoing maintenance"}' "$path"
  done
  posts 503 /api/bot/launch '{"bot_id":"A"}'
  same "$(get /health | jq -c '[.status, .maintenance]')" '["healthy",true]' /health
  get /health/db && get /metrics && get / > /dev/null
  await 5 grep -q maintenance_on log
  rm MAINTENANCE
  same "$(say A after)" 2 'the id after maintenance'
  await 5 grep -q maintenance_off log
  same "$(events request_failed)" 0 'what the log calls a failure'
}

cases_service() {
  run_test "$1: the API stores and lists, text is never SQL" test_api_stores_and_lists "$1"
  run_test "$1: /health and /health/db tell what is there" test_health_tells "$1"
  run_test "$1: active connections are requests to /api/ in progress" test_active_connections_are_api_requests "$1"
  run_test "$1: without its database it is unhealthy, and recovers" test_unhealthy_without_database "$1"
  if [ "$1" = postgresql ]; then
    run_test "$1: a database that hangs is unhealthy in time" test_hanging_database_is_unhealthy_in_time
  fi
  run_test "$1: metrics count what happens" test_metrics_are_valid_and_count "$1"
  if command -v "$promtool" > /dev/null; then
    run_test "$1: promtool accepts the metrics" test_promtool_accepts_metrics "$1"
  else
    skip_test "$1: promtool accepts the metrics" 'promtool is not installed'
  fi
  run_test "$1: maintenance closes the API and nothing else" test_maintenance_closes_the_api_only "$1"
}
