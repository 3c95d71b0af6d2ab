#!/bin/sh
# Migrate, serve, ask, stop: one round with the program as it is built.  usage: smoke.sh bin/botctl
set -eu
botctl=$(realpath "$1")
dir=$(mktemp -d)
pid=''
trap '[ -z "$pid" ] || kill "$pid" 2> /dev/null || :; rm -rf "$dir"' EXIT
cd "$dir"
export DATABASE_URL=sqlite:smoke.db BOTCTL_LISTEN=127.0.0.1:0 BOTCTL_LOG="$dir/log"

fail() { echo "smoke.sh: $1" >&2; cat log >&2 || :; exit 1; }

"$botctl" check-config > /dev/null
"$botctl" migrate up > /dev/null
"$botctl" migrate status | grep -q '^No pending migrations$' || fail 'migrations are pending'
"$botctl" serve &
pid=$!
port='' tries=0
while [ -z "$port" ]; do # the port was left to the system: the log tells it
  port=$(sed -n 's/.*"event":"startup".*"port":\([0-9]*\).*/\1/p' log)
  tries=$((tries + 1))
  [ $tries -lt 100 ] || fail 'the service did not start'
  [ -n "$port" ] || sleep 0.05
done
url=http://127.0.0.1:$port
curl -fsS "$url/health" | grep -q '"status":"healthy"' || fail '/health'
curl -fsS -H 'Content-Type: application/json' -d '{"bot_id":"TEST-BOT-SMOKE"}' "$url/api/bot/launch" |
  grep -q '"state":"running"' || fail '/api/bot/launch'
curl -fsS -H 'Content-Type: application/json' -d '{"bot_id":"TEST-BOT-SMOKE","text":"hello"}' \
  "$url/api/chat" | grep -q '"id":1' || fail '/api/chat'
curl -fsS "$url/metrics" | grep -q '^chat_messages_total 1$' || fail '/metrics'
kill -TERM "$pid"
wait "$pid" || fail 'it did not stop well'
pid=''
grep -q '"event":"shutdown"' log || fail 'the shutdown is not in the log'
echo "smoke test passed: $("$botctl" --version)"
