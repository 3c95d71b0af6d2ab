#!/bin/bash
# The main job, unattended: runbooks/botctl-deploy.md deploys a real service under real load, a bad release
# is rolled back by the document's own rules, and a run that is killed goes on.  usage: tools/demo.sh [FOLDER]
#
# prusik is taken from PATH.  Everything is made in FOLDER (default: demo), which is emptied first, and on
# 127.0.0.1; nothing of it runs any more when it ends.  The exit status is 0 when all of it happened.
set -eu
cd "$(dirname "$0")/.."
demo=${1:-demo}
rate=250 # requests a second: enough for the rules' windows when durations are cut down
scale=0.06

[ ! -e "$demo" ] || [ -e "$demo/.prusik-demo" ] || { echo "error: '$demo' exists and is not of this script" >&2; exit 1; }
rm -rf "$demo"
mkdir -p "$demo"
demo=$(cd "$demo" && pwd)
touch "$demo/.prusik-demo"
home=$demo/botctl
botload=$demo/services/loadgen/bin/botload
if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' good=$'\e[32m' plain=$'\e[0m'; else bold='' dim='' good='' plain=''; fi
began=$SECONDS

heading() { printf '\n%s== %s%s %s(%d s)%s\n\n' "$bold" "$1" "$plain" "$dim" $((SECONDS - began)) "$plain"; }
proof() { printf '%s✓%s %s\n' "$good" "$plain" "$1"; }
fail() { printf 'demo failed: %s\n' "$1" >&2; exit 1; }
show() { # COMMAND...: as a person would type it
  printf '%s$ %s%s\n' "$bold" "$*" "$plain" | sed "s,$demo,demo,g; s,$PWD/,,g"
  "$@"
}

# --- what runs beside prusik, ended by pid

load_pid='' prusik_pid=''
# shellcheck disable=SC2317 # called by the trap
clean_up() {
  local pid file=$home/run/botctl.pid
  for pid in $prusik_pid $load_pid; do kill "$pid" 2> /dev/null || :; done
  [ ! -s "$file" ] || [ "$(readlink "/proc/$(cat "$file")/exe")" != "$home/bin/botctl" ] || kill "$(cat "$file")" || :
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# A free port: bound, looked at, given back.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port

await() { # WHAT SECONDS COMMAND...
  local what=$1 end=$((SECONDS + $2))
  shift 2
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "$what"
    read -rt 0.1 <> <(:) || : # nothing of the shell waits for a foreign port
  done
}

start_load() { # NAME
  "$botload" --url "$url" --rate $rate --connections 16 --duration 10m --acks "$demo/acks" \
    --report "$demo/load-$1.json" --until-file "$demo/load-$1.end" > "$demo/load-$1.log" 2>&1 &
  load_pid=$!
}

end_load() { # NAME
  touch "$demo/load-$1.end"
  wait "$load_pid" || :
  load_pid=
}

load_of() { jq -r "$2" "$demo/load-$1.json"; }

prusik_flags=(--set "BOTCTL_HOME=$home" --set "BOTCTL_URL=$url" --store "$demo/journal" --time-scale "$scale")
document=runbooks/botctl-deploy.md

deploy() { # EXPECTED-EXIT
  local status=0
  show prusik approve $document "${prusik_flags[@]}" --as bo --role 'service owner' > "$demo/approve.log"
  show prusik run $document "${prusik_flags[@]}" --operator ana --unattended || status=$?
  [ $status -eq "$1" ] || fail "prusik run ended with $status, not $1"
}

serving() { curl -fsS "$url/health" | jq -r .version; }
schema() { curl -fsS "$url/health/db" | jq -r .schema_version; }

check_serving() { # VERSION SCHEMA
  [ "$(serving)" = "$1" ] || fail "$(serving) is serving, not $1"
  [ "$(schema)" = "$2" ] || fail "the schema is at $(schema), not $2"
  [ ! -e "$home/run/MAINTENANCE" ] || fail 'the maintenance flag was left behind'
  proof "$1 is serving, the schema is at $2, maintenance is off"
}

check_messages() {
  local line
  line=$("$botload" verify --acks "$demo/acks" --database-url "sqlite://$home/data/botctl.db") ||
    fail "messages are lost: $line"
  proof "$line"
}

# --- the stage

heading "a service, release v1, with $rate requests a second"
services/botctl/make-repo.sh "$home"
mkdir -p "$home"/{bin,run,data,log,backups}
mkdir "$demo/services"
cp -R services/botctl services/loadgen "$demo/services"
make -s -C "$demo/services/loadgen"
make -s -C "$home/app" install PREFIX="$home"
printf '%s\n' "DATABASE_URL=sqlite://$home/data/botctl.db" "BOTCTL_LISTEN=127.0.0.1:$port" \
  "BOTCTL_LOG=$home/log/botctl.log" "BOTCTL_MAINTENANCE_FLAG=$home/run/MAINTENANCE" > "$home/botctl.env"
"$home/bin/botctl" migrate up --config "$home/botctl.env"
setsid "$home/bin/botctl" serve --config "$home/botctl.env" > "$home/log/botctl.out" 2>&1 < /dev/null &
echo $! > "$home/run/botctl.pid"
await 'the service does not answer' 10 curl -fsS "$url/health"
check_serving v1 1
start_load good
await 'no message was acknowledged' 10 test -s "$demo/acks"

# --- a good release

heading 'the runbook, as the team wrote it: what would it do?'
show prusik plan $document "${prusik_flags[@]}"

heading 'v2 is published: deploy it'
services/botctl/make-repo.sh "$home" publish v2
deploy 0
end_load good
check_serving v2 2
[ "$(load_of good .totals.failed)" -eq 0 ] || fail "$(load_of good .totals.failed) requests failed outside maintenance"
proof "$(load_of good '"\(.totals.ok) requests answered, \(.totals.failed) failed, \(.totals.maintenance + .totals.unavailable_in_maintenance) were told of the maintenance"')"
check_messages

# --- a bad one

heading 'v3 is published: its checks and smoke tests are green, and it is broken'
start_load bad
services/botctl/make-repo.sh "$home" publish v3
deploy 5
end_load bad
check_serving v2 2
check_messages

# --- killed in the middle

heading 'once more, and kill -9 in the middle of it'
start_load killed
prusik approve $document "${prusik_flags[@]}" --as bo --role 'service owner' > "$demo/approve.log"
prusik run $document "${prusik_flags[@]}" --operator ana --unattended --color never > "$demo/killed.log" 2>&1 &
prusik_pid=$!
await 'the release was never installed' 60 test -e "$home/run/MAINTENANCE"
await 'the service was never stopped' 60 bash -c "! kill -0 \$(cat '$home/run/botctl.pid')"
kill -9 $prusik_pid
wait $prusik_pid 2> /dev/null || :
prusik_pid=
tail -4 "$demo/killed.log"
echo "${dim}(killed; the service is stopped, the maintenance flag is set)${plain}"
show prusik status --store "$demo/journal"
status=0
show prusik resume --store "$demo/journal" --unattended || status=$?
[ $status -eq 5 ] || fail "prusik resume ended with $status, not 5"
end_load killed
check_serving v2 2
check_messages

heading 'the record'
for run in 1 2 3; do
  prusik verify $run --store "$demo/journal"
  prusik report $run --store "$demo/journal" --format html --output "$demo/report-$run.html"
done
printf '\n%sthe report of the rollback: %s%s\n' "$bold" "$demo/report-2.html" "$plain"
printf 'all of it happened, in %d s\n' $((SECONDS - began))
