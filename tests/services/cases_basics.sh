# shellcheck shell=bash disable=SC2154,SC2034 # run.sh and lib.sh share variables
# What depends on no database, or on none in particular: settings, the page, bad requests, the log.

test_check_config_names_what_is_wrong() {
  set_up 'postgresql://bot:s3cret@db.example/bots' BOTCTL_WORKERS=6
  botctl v2 check-config > out
  contains "$(cat out)" "DATABASE_URL=postgresql://bot:***@db.example/bots (env:1)"
  contains "$(cat out)" 'BOTCTL_WORKERS=6 (env:5)'
  contains "$(cat out)" 'BOTCTL_DRAIN_TIMEOUT=30 (default)'
  contains "$(BOTCTL_WORKERS=2 botctl v2 check-config)" 'BOTCTL_WORKERS=2 (environment)'
  contains "$(cat out)" 'The configuration is valid'
  local bad
  for bad in BOTCTL_WORKERS=none BOTCTL_LISTEN=8000 BOTCTL_TYPO=1 BOTCTL_LOG=/nonexistent/x \
    DATABASE_URL= DATABASE_URL=mysql://x DATABASE_URL=sqlite://relative.db 'no setting'; do
    set_up sqlite:bot.db "$bad"
    status=0
    botctl v2 check-config > out 2>&1 || status=$?
    same "$status" 2 "the exit status for $bad"
    contains "$(cat out)" 'botctl: '
  done
}

test_usage_errors_exit_2() {
  local arguments
  for arguments in '' 'sreve' 'migrate' 'migrate sideways' 'serve now' 'migrate up --to' 'serve --config none'; do
    status=0
    # shellcheck disable=SC2086
    "$work/v1/bin/botctl" $arguments 2> out || status=$?
    same "$status" 2 "the exit status of 'botctl $arguments'"
  done
  contains "$("$work/v1/bin/botctl" --help)" BOTCTL_DRAIN_TIMEOUT
}

test_port_in_use_exits_2() {
  set_up sqlite:bot.db
  botctl v1 migrate up
  start v1
  status=0
  botctl v1 serve 2> out || status=$?
  same "$status" 2 'the exit status'
  contains "$(cat out)" "cannot listen on 127.0.0.1 port $port: Address already in use"
  same "$(events startup_failed)" 1 'the number of startup_failed events'
  get /health > /dev/null # the first one is not disturbed
}

test_bad_requests_have_reasons() {
  set_up sqlite:bot.db
  botctl v2 migrate up
  start v2
  contains "$(posts 400 /api/bot/launch '{}')" 'bot_id is missing'
  contains "$(posts 400 /api/bot/launch '{"bot_id":7}')" 'bot_id is not a string'
  contains "$(posts 400 /api/bot/launch '{"bot_id":"a b"}')" 'letters, digits'
  contains "$(posts 400 /api/bot/launch '{"bot_id":"a","owner":""}')" 'owner must have 1 to 64 bytes'
  contains "$(posts 400 /api/chat '{"bot_id":"a"}')" 'text is missing'
  contains "$(posts 400 /api/chat '[]')" 'not a JSON object'
  contains "$(posts 400 /api/chat 'text=x')" 'not JSON'
  contains "$(posts 400 /api/chat '{"bot_id":"a","text":"\u0000"}')" 'not JSON'
  contains "$(posts 400 /api/chat "{\"bot_id\":\"a\",\"text\":\"$(printf 'x%.0s' {1..8001})\"}")" '8000 bytes'
  same "$(curl -s -o /dev/null -w '%{http_code}' "$url/api/chat?bot_id=a&limit=501")" 400 'a limit of 501'
  same "$(curl -s -o /dev/null -w '%{http_code}' "$url/api/chat")" 400 'no bot_id'
  same "$(curl -s -o /dev/null -w '%{http_code}' "$url/nope")" 404 'an unknown path'
  contains "$(curl -si -X DELETE "$url/api/chat")" 'Allow: GET, HEAD, POST'
  same "$(curl -s -o /dev/null -w '%{http_code}' -d 'bot_id=a' "$url/api/chat")" 415 'a form'
  head -c 65537 /dev/zero > big
  contains "$(posts 413 /api/chat @big)" 'longer than 65536 bytes'
  contains "$(curl -s -H 'Transfer-Encoding: chunked' -H 'Content-Type: application/json' \
    --data-binary @big "$url/api/chat")" 'longer than 65536 bytes'
  same "$(sql sqlite 'SELECT count(*) FROM chat_messages')" 0 'the number of messages'
  same "$(events request_failed)" 0 'what the log calls a failure of ours'
}

test_garbage_does_not_disturb() {
  set_up sqlite:bot.db
  botctl v1 migrate up
  start v1
  local text
  for text in '\0\0\0\0\r\n\r\n' 'GET\r\n\r\n' 'GET / HTTP/9.9\r\n\r\n' 'POST /api/chat HTTP/1.1\r\nContent-Length: -5\r\n\r\n' \
    'GET /%00%ff%2e HTTP/1.1\r\nHost: x\r\n\r\n' 'POST /api/chat HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n' ''; do
    # shellcheck disable=SC2059
    (exec 8<> "/dev/tcp/127.0.0.1/$port" && printf "$text" >&8) || :
  done
  (exec 8<> "/dev/tcp/127.0.0.1/$port" && head -c 300000 /dev/urandom >&8) || :
  same "$(get /health | jq -r .status)" healthy 'the status'
  await 5 is 1 metric http_requests_in_flight # the one that asks
  same "$(metric botctl_active_connections)" 0 'active connections'
  stop
}

test_log_is_reopened() {
  set_up sqlite:bot.db
  botctl v1 migrate up
  start v1
  mv log log.1
  kill -HUP "$pid"
  await 5 test -s log
  touch MAINTENANCE
  await 5 grep -q maintenance_on log
  stop
  same "$(jq -s -c 'map(.event)' log)" '["log_reopened","maintenance_on","draining","shutdown"]' 'the new log'
  same "$(jq -r .event log.1 | tail -n 1)" startup 'the last event of the old log'
  jq -e -s 'all(.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}Z$"))' log log.1 > /dev/null
}

test_page_is_self_contained() {
  set_up sqlite:bot.db
  botctl v1 migrate up
  start v1
  curl -fsS -D head "$url/" > page
  contains "$(cat head)" 'Content-Type: text/html; charset=utf-8'
  contains "$(cat head)" "default-src 'none'"
  contains "$(cat page)" 'System undergoing maintenance'
  contains "$(cat page)" '<html lang="en">'
  ! grep -nE 'https?://|(src|href)="(/[^"h]|[^"/d])' page || fail 'the page loads something'
  same "$(curl -sI "$url/" | head -n 1 | tr -d '\r')" 'HTTP/1.1 200 OK' 'HEAD'
}

browser_missing() {
  if ! command -v node > /dev/null; then
    echo 'node is not installed'
  elif ! command -v "${CHROMIUM:-chromium}" > /dev/null; then
    echo 'chromium is not installed'
  fi
}

test_page_in_a_browser() {
  set_up sqlite:bot.db
  botctl v2 migrate up
  start v2
  posts 200 /api/bot/launch '{"bot_id":"BOT-1","owner":"ops"}'
  node "$here/page.mjs" "${CHROMIUM:-chromium}" "$url/" "$PWD/MAINTENANCE" "$PWD/profile" "$pid"
  wait "$pid"
  same "$(sql sqlite 'SELECT text FROM chat_messages')" '<b>from the page</b>' 'the message'
}

test_no_descriptor_is_lost() {
  set_up sqlite:bot.db
  botctl v1 migrate up
  start v1
  say a warm > /dev/null
  local before i
  before=$(metric process_open_fds)
  for i in {1..30}; do
    posts 400 /api/chat '{}' > /dev/null
    (slow_begin '{"bot_id":"a","text":"given up"}')
  done
  await 5 at_most $((before + 2)) metric process_open_fds
  same "$(sql sqlite 'SELECT count(*) FROM chat_messages')" 1 'the number of messages'
}

sockets_of() { # PID
  find "/proc/$1/fd" -lname 'socket:*' | wc -l
}

# More connections than are served at once: those beyond wait, and nothing stands still.
test_too_many_connections_wait() {
  set_up sqlite:bot.db
  botctl v1 migrate up
  start v1
  local i fd fds=()
  for i in {1..600}; do
    exec {fd}<> "/dev/tcp/127.0.0.1/$port"
    fds+=("$fd")
  done
  await 10 is 513 sockets_of "$pid" # 512 connections and the listener
  printf 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&"${fds[599]}"
  for i in {0..299}; do
    fd=${fds[i]}
    exec {fd}>&-
  done
  timeout 20 cat <&"${fds[599]}" > last # it has waited for a place
  contains "$(cat last)" '"status":"healthy"'
  for i in {300..599}; do
    fd=${fds[i]}
    exec {fd}>&-
  done
  for i in {1..20}; do # every worker is alive
    say a "message $i" > /dev/null
  done
  same "$(jq -c 'select(.level != "info")' log)" '' 'what the log complains about'
  stop
}

cases_without_database() {
  run_test 'check-config names what is wrong, and hides passwords' test_check_config_names_what_is_wrong
  run_test 'usage errors exit 2' test_usage_errors_exit_2
  run_test 'a port in use exits 2 and says so' test_port_in_use_exits_2
  run_test 'bad requests are refused with the reason' test_bad_requests_have_reasons
  run_test 'garbage on the port does not disturb' test_garbage_does_not_disturb
  run_test 'SIGHUP reopens the log, which is JSON lines in UTC' test_log_is_reopened
  run_test 'the page is self-contained' test_page_is_self_contained
  if [ -z "$(browser_missing)" ]; then
    run_test 'the page in a browser: lists, sends, shows maintenance, recovers' test_page_in_a_browser
  else
    skip_test 'the page in a browser: lists, sends, shows maintenance, recovers' "$(browser_missing)"
  fi
  run_test 'more connections than are served at once wait' test_too_many_connections_wait
  run_test 'requests that fail or are given up leave no descriptor behind' test_no_descriptor_is_lost
}
