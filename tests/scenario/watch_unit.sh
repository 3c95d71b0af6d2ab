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

rules() { # YAML: polls every 200 ms, for 4 s
  cat > prusik.yaml << END
environment: here
time_scale: 0.04
services: {web: {manager: systemd}, once: {manager: systemd}, slow: {manager: systemd}, hog: {manager: systemd}, loose: {manager: systemd}, gone: {manager: systemd}}
watch: {interval: 5s, until: T+100s}
rules:
$1
END
}
# During the watch of units that run, once it has looked twice, COMMAND; the exit code goes to $code.
during() {
  systemctl restart web once slow
  "$prusik" watch deploy.md --unattended --json > out 2>&1 < /dev/null &
  local watch=$!
  until [ "$(grep -c '"event":"watch"' out)" -ge 2 ]; do
    kill -0 "$watch" 2> /dev/null || break
    sleep 0.02
  done
  eval "$1"
  wait "$watch"
  code=$?
}
crash='  crash: rollback when unit.web.crashes[100s] > 0'
again='  again: investigate when unit.web.restarts[100s] > 0'

echo 1..19
rules "$crash
$again
  gone: investigate when unit.web is down
  much: investigate when unit.web.cpu > 90%
  state: investigate when unit.web.state != \"active (running)\""
"$prusik" watch deploy.md --try > out 2>&1
ok 'a look shows what systemd knows of the unit' eval "says '^unit.web +unit' && says 'unit.web.active' && says 'state \"active \(running\)' && says '  restarts 0' && says '  memory ' && says '  cpu [0-9]'"
ok 'and of no other unit: no rule asks' eval "! says 'unit.hog'"
timed 'a unit that runs is well' 'during :' "test \$code = 0"
timed 'one that crashes and is started again by systemd leads to the verdict' "during 'systemctl kill -s SEGV web'" "test \$code = 4 && says 'crash'"
rules "$crash"
timed 'one that somebody restarts has not crashed' "during 'systemctl restart web'" "test \$code = 0"
timed 'nor has one that is stopped and started' "during 'systemctl stop web; systemctl start web'" "test \$code = 0"
rules "$again"
timed 'but it was restarted' "during 'systemctl restart web'" "test \$code = 9 && says 'restarts.* 1 > 0, fired'"

rules '  crash: rollback when unit.once.crashes[100s] > 0'
timed 'one that systemd gives up has crashed' "during 'systemctl kill -s SEGV once'" "test \$code = 4"
timed 'one that is stopped has not' "during 'systemctl stop once'" "test \$code = 0"
rules '  down: rollback when unit.once is down'
timed 'and is down' "during 'systemctl stop once'" "test \$code = 4"
rules '  crash: rollback when unit.slow.crashes[100s] > 0'
timed 'one that systemd starts again in an hour has crashed now' "during 'systemctl kill -s SEGV slow'" "test \$code = 4"

# Its next start waits for another unit: counted already, and not up yet.
printf '[Service]\nType=oneshot\nExecStart=/bin/sleep 1.2\n' > /etc/systemd/system/before.service
printf '[Unit]\nStartLimitIntervalSec=0\nAfter=before.service\n[Service]\nExecStart=/bin/sleep 1000\nRestart=always\nRestartSec=300ms\n' \
  > /etc/systemd/system/slow.service
systemctl daemon-reload
systemctl restart slow
rules '  crash: rollback when unit.slow.crashes[100s] > 1'
timed 'one whose next start waits has crashed once' "during 'systemctl start --no-block before; systemctl kill -s SEGV slow'" "test \$code = 0"

rules '  busy: rollback when unit.hog.cpu > 10%'
timed 'the time that a unit takes is a share of one processor' 'during :' "test \$code = 4 && says '[0-9.]+% > 10%'"
rules '  big: rollback when unit.hog.memory > 1KB'
during :
if accounted; then
  ok 'its memory is that of all its processes, in bytes' test "$code" = 4
else
  ok 'memory that is not accounted is not known' eval "test \$code = 9 && says 'does not account the memory'"
fi
rules '  big: rollback when unit.loose.memory > 1KB'
timed 'what systemd does not account is not known, and no verdict' 'during :' "test \$code != 4 && test \$code != 0"
"$prusik" watch deploy.md --try > out 2>&1
ok 'and a look says why' says 'MemoryAccounting'
rules '  crash: rollback when unit.gone.crashes[100s] > 0'
timed 'a unit that there is not is not known' 'during :' "test \$code != 4 && test \$code != 0"
"$prusik" watch deploy.md --try > out 2>&1
ok 'and a look says so' says 'there is no such unit'

# Another process goes on: what happened meanwhile counts.
rules '  crash: rollback when unit.once.crashes[10m] > 0'
sed -i 's/until: T+100s/until: T+300s/' prusik.yaml
resumed() {
  during "kill -INT \$watch"
  # shellcheck disable=SC2034 # timed looks at it
  interrupted=$code
  systemctl kill -s SEGV once
  "$prusik" resume > out 2>&1 < /dev/null
  code=$?
}
timed 'a watch that is interrupted can be taken up, and counts the crash that nobody saw' resumed \
  "test \$interrupted = 130 && test \$code = 4"
exit "$bad"
