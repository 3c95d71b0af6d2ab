# shellcheck shell=bash disable=SC2154,SC2034 # run.sh and lib.sh share variables
# What the tests of services/ share: TAP, processes that are ended by id, the service, requests.
# A test is a function; it runs in a subshell with its own empty folder and `set -eu`.

test_number=0
test_failed=0

# run_test NAME FUNCTION [ARGUMENT...]: one line of TAP; what the function printed when it failed.
run_test() {
  local name=$1 status dir
  shift
  test_number=$((test_number + 1))
  if [ -n "${ONLY:-}" ] && [[ $name != *"$ONLY"* ]]; then
    echo "ok $test_number - $name # SKIP not asked for"
    return
  fi
  dir=$work/test$test_number
  mkdir "$dir"
  chmod 755 "$dir"
  # In the background, to be ended when it hangs; not in a condition: there `set -e` would be off.
  (set -eu -o pipefail; cd "$dir"; "$@") > "$dir/output" 2>&1 < /dev/null &
  end_when_late $! "$dir"
  wait $!
  status=$?
  end_processes "$dir/pids"
  if [ "$status" -eq 0 ]; then
    echo "ok $test_number - $name"
    rm -rf "$dir"
  else
    echo "not ok $test_number - $name"
    sed 's/^/# /' "$dir/output"
    [ ! -s "$dir/log" ] || tail -n 20 "$dir/log" | sed 's/^/# log: /'
    test_failed=1
  fi
}

# end_when_late PID FOLDER: return when the test has ended, by itself or by us
end_when_late() {
  local deadline=$((SECONDS + 60 * (1 + 0${SANITIZE:+2})))
  while kill -0 "$1" 2> /dev/null; do
    if [ $SECONDS -ge $deadline ]; then
      echo 'failed: the test did not end in time' >> "$2/output"
      end_processes "$2/pids"
      pkill -KILL -P "$1" # what it waits for
      kill -KILL "$1"
      return
    fi
    sleep 0.02
  done
}

# skip_test NAME WHY: something is missing on this machine; with PRUSIK_NO_SKIP that is a failure.
skip_test() {
  test_number=$((test_number + 1))
  if [ -n "${PRUSIK_NO_SKIP:-}" ]; then
    echo "not ok $test_number - $1: $2"
    test_failed=1
  else
    echo "ok $test_number - $1 # SKIP $2"
  fi
}

fail() {
  echo "failed: $*"
  exit 1
}

# same GOT WANTED WHAT
same() {
  [ "$1" = "$2" ] || fail "$3 is '$1' and should be '$2'"
}

# contains TEXT PART: fixed text
contains() {
  [[ $1 == *"$2"* ]] || fail "'$2' is not in: $1"
}

# await SECONDS COMMAND...: until it succeeds
await() {
  local until=$((SECONDS + $1 + 1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $until ] || fail "waited in vain for: $*"
    sleep 0.02
  done
}

# is VALUE COMMAND..., at_least, at_most: what the command prints
is() {
  [ "$("${@:2}")" = "$1" ]
}

at_least() {
  [ "$("${@:2}")" -ge "$1" ]
}

at_most() {
  [ "$("${@:2}")" -le "$1" ]
}

lines() { # FILE
  wc -l < "$1"
}

# --- processes -------------------------------------------------------------------------------------

remember() { # PID: to be ended with the test
  echo "$1" >> "$PWD/pids"
}

is_alive() { # PID: a zombie is not
  [ -e "/proc/$1/stat" ] && [ "$(sed 's/.*) //' "/proc/$1/stat" | cut -c1)" != Z ]
}

end_processes() { # FILE with pids
  local pid
  [ -f "$1" ] || return 0
  while read -r pid; do
    kill -CONT "$pid" 2> /dev/null
    kill -KILL "$pid" 2> /dev/null
  done < "$1"
}

# --- the service -----------------------------------------------------------------------------------

botctl() { # RELEASE ARGUMENT...: with the settings of this test
  local release=$1
  shift
  "$work/$release/bin/botctl" "$@" --config env
}

# set_up DATABASE_URL [NAME=VALUE...]: the settings of this test; the port is the system's choice
set_up() {
  printf '%s\n' "DATABASE_URL='$1'" "BOTCTL_LISTEN=127.0.0.1:${port:-0}" "BOTCTL_LOG=$PWD/log" \
    "BOTCTL_MAINTENANCE_FLAG=$PWD/MAINTENANCE" "${@:2}" > ./env
}

startups() {
  grep -c '"event":"startup"' log || :
}

one_more_startup() { # than BEFORE, while PID lives
  [ "$(startups)" -gt "$1" ] || ! is_alive "$2"
}

# start RELEASE: serve; sets pid, port (the same one from now on) and url
start() {
  local before
  before=$(startups)
  "$work/$1/bin/botctl" serve --config env & # not by botctl(): its id would be a shell's
  pid=$!
  remember "$pid"
  await 10 one_more_startup "$before" "$pid"
  is_alive "$pid" || fail "$1 did not start"
  port=$(jq -r 'select(.event == "startup").port' log | tail -n 1)
  sed -i "s/^BOTCTL_LISTEN=.*/BOTCTL_LISTEN=127.0.0.1:$port/" env
  url=http://127.0.0.1:$port
}

# stop [SIGNAL]: end the service; its exit status must be 0
stop() {
  kill "-${1:-TERM}" "$pid"
  wait "$pid" || fail "the service ended with $?"
}

# --- requests --------------------------------------------------------------------------------------

get() { # PATH
  curl -fsS --max-time 10 "$url$1"
}

# post PATH JSON: the body of the answer; its status is in the file `status`
post() {
  curl -sS --max-time 10 -o answer -w '%{http_code}' -H 'Content-Type: application/json' \
    --data-binary "$2" "$url$1" > status
  cat answer
}

# posts STATUS PATH JSON: the answer, which must have this status
posts() {
  post "$2" "$3"
  same "$(cat status)" "$1" "the status of $2 $3"
}

say() { # BOT TEXT: a chat message; prints its id
  posts 201 /api/chat "{\"bot_id\":\"$1\",\"text\":\"$2\"}" | jq .id
}

in_progress() { # N requests to the API
  is "$1" eval 'get /health | jq .active_connections'
}

metric() { # NAME, with labels if it has some
  get /metrics | awk -v name="$1" '$1 == name {print $2}'
}

events() { # NAME: how many there are in the log
  jq -s --arg name "$1" '[.[] | select(.event == $name)] | length' log
}

# --- a request that is slow: its head is sent, its body held back ------------------------------------

slow_begin() { # BODY: opens descriptor 9 and sends all but the last byte
  exec 9<> "/dev/tcp/127.0.0.1/$port"
  printf 'POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    ${#1} "${1%?}" >&9
  slow_rest=${1: -1}
}

slow_end() { # sends the last byte; prints the answer up to the end of the connection
  printf %s "$slow_rest" >&9
  cat <&9
  exec 9>&-
}
