#!/bin/bash
# Units of a real systemd under a watch: what they use, their crashes and their restarts, as systemd counts them.
# usage (on a host with systemd, tests/harness/systemd_host.sh): watch_unit.sh PRUSIK
set -u
prusik=$1
# shellcheck source=tests/harness/steps.sh
. "$(dirname "$0")/../harness/steps.sh"
cd "$(mktemp -d)" || exit 1
says() { grep -qE -- "$1" out; }

unit() { # NAME LINES
  printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\n%b\n' "$2" > "/etc/systemd/system/$1.service"
  systemctl daemon-reload
  systemctl restart "$1"
}
# What of it systemd accounts depends on the machine: the memory controller may be one of version 1.
accounted() { [ "$(systemctl show -P MemoryCurrent hog)" != '[not set]' ]; }
unit web 'ExecStart=/bin/sleep 1000\nRestart=on-failure\nRestartSec=100ms'
unit once 'ExecStart=/bin/sleep 1000'
unit slow 'ExecStart=/bin/sleep 1000\nRestart=always\nRestartSec=1h'
unit hog 'ExecStart=/bin/sh -c "while :; do :; done"'
unit loose 'ExecStart=/bin/sleep 1000\nMemoryAccounting=no'
cat > deploy.md << 'END'
# Shop

## Deployment

```bash
true
```
END

rules() { # END YAML: polls every 200 ms, until END (T+100s: for 4 s); the first may be left out: it ends when it is told to
  local until=T+2h
  case $1 in T+*)
    until=$1
    shift
    ;;
  esac
  cat > prusik.yaml << END
environment: here
time_scale: 0.04
services: {web: {manager: systemd}, once: {manager: systemd}, slow: {manager: systemd}, hog: {manager: systemd}, loose: {manager: systemd}, gone: {manager: systemd}}
watch: {interval: 5s, until: $until}
rules:
$1
END
}
# What systemd has started is its own child at first, and takes a signal for itself.
is_up() { [ "$(cat "/proc/$(systemctl show -P MainPID "$1")/comm" 2> /dev/null)" = sleep ]; }
are_up() { is_up web && is_up once && is_up slow; }
goes_on() { kill -0 "$watch" 2> /dev/null; }
rounds() { grep -c '"event":"watch"' out; }
round() { [ "$(rounds)" -ge "$1" ]; }
is_in() { grep -qE "\"rule\":\"$1\",\"state\":\"$2\"" "${3:-out}"; }
fired() { is_in "$1" fired; }
wait_for() { # CONDITION..., or the end of the watch; a minute at most
  local end=$((SECONDS + 60))
  until "$@" || ! goes_on || [ "$SECONDS" -ge "$end" ]; do sleep 0.02; done
}
start_watch() {
  systemctl restart web once slow
  "$prusik" watch deploy.md --unattended --json > out 2>&1 < /dev/null &
  watch=$!
  wait_for are_up
  wait_for round 2
}
end_watch() {
  wait "$watch"
  code=$?
}
# It ends when it is told to, if it has not, and nothing is left of it for the next.
stop_watch() {
  goes_on && kill -INT "$watch"
  end_watch
  [ "$code" != 130 ] || "$prusik" abort --why 'seen enough' > aborted 2>&1
}
# A whole watch, of what runs; the exit code goes to $code.
whole() {
  start_watch
  end_watch
}
# During a watch, once it has looked twice, COMMAND; then until it ends by itself.
ends_by() {
  start_watch
  eval "$1"
  wait_for false
  stop_watch
}
# The same for what ends no watch: three looks more when it has seen what COMMAND did, which is that the rules SEEN have fired.
goes_on_behind() { # COMMAND SEEN...
  start_watch
  eval "$1"
  shift
  for rule; do wait_for fired "$rule"; done
  wait_for round $(($(rounds) + 3))
  stop_watch
  grep '"event":"watch"' out | tail -1 > last
}
# Every one of SEEN was seen, the rule RULE is well behind it, and the watch had not ended.
well() { # RULE SEEN...
  local rule=$1
  shift
  for seen; do fired "$seen" || return 1; done
  [ "$code" = 130 ] && is_in "$rule" good last
}
crash='  crash: rollback when unit.web.crashes[100s] > 0'
again='  again: hold when unit.web.restarts > 0'

echo 1..19
rules T+100s "$crash
  again: investigate when unit.web.restarts > 0
  gone: investigate when unit.web is down
  much: investigate when unit.web.cpu > 90%
  state: investigate when unit.web.state != \"active (running)\""
"$prusik" watch deploy.md --try > out 2>&1
ok 'a look shows what systemd knows of the unit' eval "says '^unit.web +unit' && says 'unit.web.active' && says 'state \"active \(running\)' && says '  restarts 0' && says '  memory ' && says '  cpu [0-9]'"
ok 'and of no other unit: no rule asks' eval "! says 'unit.hog'"
timed 'a unit that runs is well' whole "test \$code = 0"
rules "$crash"
ends_by 'systemctl kill -s SEGV web'
ok 'one that crashes and is started again by systemd leads to the verdict' eval "test $code = 4 && says crash"
rules "$crash
$again"
goes_on_behind 'systemctl restart web' again
ok 'one that somebody restarts has not crashed' well crash again
goes_on_behind 'systemctl stop web; systemctl start web' again
ok 'nor has one that is stopped and started' well crash again
rules '  again: investigate when unit.web.restarts[10m] > 0'
goes_on_behind 'systemctl restart web' again
ok 'but it was restarted' eval "says 'restarts.* 1 > 0, fired' && says '\"verdict\":\"INVESTIGATE\"'"

rules '  crash: rollback when unit.once.crashes[100s] > 0
  seen: hold when unit.once.active == false'
ends_by 'systemctl kill -s SEGV once'
ok 'one that systemd gives up has crashed' test "$code" = 4
goes_on_behind 'systemctl stop once' seen
ok 'one that is stopped has not' well crash seen
rules '  down: rollback when unit.once is down'
ends_by 'systemctl stop once'
ok 'and is down' test "$code" = 4
rules '  crash: rollback when unit.slow.crashes[100s] > 0'
ends_by 'systemctl kill -s SEGV slow'
ok 'one that systemd starts again in an hour has crashed now' test "$code" = 4

# Its next start waits for another unit, until there was a look: counted already, and not up yet.
printf '[Service]\nType=oneshot\nExecStart=/bin/sh -c "until [ -e /run/seen ]; do sleep 0.05; done"\n' > /etc/systemd/system/before.service
printf '[Unit]\nStartLimitIntervalSec=0\nAfter=before.service\n[Service]\nExecStart=/bin/sleep 1000\nRestart=always\nRestartSec=300ms\n' \
  > /etc/systemd/system/slow.service
systemctl daemon-reload
systemctl restart slow
rules '  crash: rollback when unit.slow.crashes[10m] > 1
  waits: hold when unit.slow.active == false
  again: hold when unit.slow.restarts > 0'
is_queued() { [ "$(systemctl show -P Job slow)" != 0 ]; }
killed_behind_another() {
  systemctl start --no-block before
  systemctl kill -s SEGV slow
  wait_for is_queued
  wait_for round $(($(rounds) + 3))
  touch /run/seen
}
goes_on_behind killed_behind_another waits again
ok 'one whose next start waits has crashed once' well crash waits again

rules '  busy: rollback when unit.hog.cpu > 2%'
ends_by :
ok 'the time that a unit takes is a share of one processor' eval "test $code = 4 && says '[0-9.]+% > 2%'"
rules T+100s '  big: rollback when unit.hog.memory > 1KB'
whole
if accounted; then
  ok 'its memory is that of all its processes, in bytes' test "$code" = 4
else
  ok 'memory that is not accounted is not known' eval "test \$code = 9 && says 'does not account the memory'"
fi
rules T+100s '  big: rollback when unit.loose.memory > 1KB'
timed 'what systemd does not account is not known, and no verdict' whole "test \$code != 4 && test \$code != 0"
"$prusik" watch deploy.md --try > out 2>&1
ok 'and a look says why' says 'MemoryAccounting'
rules T+100s '  crash: rollback when unit.gone.crashes[100s] > 0'
timed 'a unit that there is not is not known' whole "test \$code != 4 && test \$code != 0"
"$prusik" watch deploy.md --try > out 2>&1
ok 'and a look says so' says 'there is no such unit'

# Another process goes on: what happened meanwhile counts.
rules '  crash: rollback when unit.once.crashes[10m] > 0'
start_watch
kill -INT "$watch"
end_watch
interrupted=$code
systemctl kill -s SEGV once
"$prusik" resume > out 2>&1 < /dev/null
code=$?
ok 'a watch that is interrupted can be taken up, and counts the crash that nobody saw' test "$interrupted,$code" = 130,4
exit "$bad"
