#!/bin/bash
# A release of a real systemd unit rehearsed: forward and back, and ways back that forget something.
# usage (on a host with systemd, tests/harness/systemd_host.sh): rehearse_unit.sh PRUSIK
set -u
prusik=$1
# shellcheck source=tests/harness/steps.sh
. "$(dirname "$0")/../harness/steps.sh"
cd "$(mktemp -d)" || exit 1
says() { grep -qE -- "$1" out; }
active() { [ "$(systemctl is-active shop)" = active ]; }

# The release is a link, as many do it.  Type=simple, as most are: the unit is up as soon as systemd has forked.
mkdir -p /srv/shop/1 /srv/shop/2
cp "$(command -v sleep)" /srv/shop/1/run
cat "$(command -v sleep)" - > /srv/shop/2/run <<< '(a newer one)'
chmod +x /srv/shop/2/run
printf '[Unit]\nDescription=shop\n[Service]\nType=simple\nExecStart=/srv/shop/now/run 1000\n[Install]\nWantedBy=multi-user.target\n' > /etc/systemd/system/shop.service
systemctl daemon-reload

cat > binding.yaml << END
environment: here
operator: ann
services:
  shop: {manager: systemd, stable: 200ms, version: {command: basename \$(readlink /srv/shop/now)}}
rehearse:
  scratch: this host is made for the test and thrown away
  machine: $(uname -n)
  services: [shop]
  prepare: ln -sfn 1 /srv/shop/now && systemctl restart shop
  compare: {files: [/srv/shop], services: [shop]}
END

# rehearse FORGETS WAY_BACK_LINE...: the exit code goes to $code.  FORGETS: steps of which the binding says that nothing is
# missing, as people do.
rehearse() {
  printf 'steps: {%s}\n' "$1" | cat binding.yaml - > prusik.yaml
  shift
  {
    # shellcheck disable=SC2016 # the document has fences
    printf '# Shop\n\n## Deployment\n\n```bash\nsystemctl stop shop\nln -sfn 2 /srv/shop/now\nsystemctl start shop\n%s\n```\n\n' "${forward:-true}"
    printf '## Rollback\n\n```bash\n'
    printf '%s\n' "$@"
    printf '```\n'
  } > deploy.md
  "$prusik" rehearse deploy.md --unattended > out 2>&1 < /dev/null
  code=$?
}

echo 1..9
rehearse '' 'systemctl stop shop' 'ln -sfn 1 /srv/shop/now' 'systemctl start shop'
ok 'a way back that brings the unit back is as before' test "$code" = 0
# shellcheck disable=SC2016 # eval expands it
ok 'and the unit runs the old release' eval 'active && cmp -s "/proc/$(systemctl show -P MainPID shop)/exe" /srv/shop/1/run'
rehearse 'deployment/1: {undo: it runs}' 'systemctl stop shop' 'ln -sfn 1 /srv/shop/now'
ok 'a way back that forgets to start the unit is found' test "$code" = 4
ok 'the difference is told' eval "says 'service shop$' && says 'before running' && says 'after  stopped'"
rehearse 'deployment/2: {undo: it is a link}' 'systemctl stop shop' 'systemctl start shop'
ok 'a way back that forgets the release is found' eval "test $code = 4 && says 'link /srv/shop/now' && says 'after  to 2'"
ok 'with the version' eval "says 'version of service shop' && says 'before 1' && says 'after  2'"
rehearse 'deployment/1: {undo: it runs}, deployment/3: {undo: it runs}' 'ln -sfn 1 /srv/shop/now'
ok 'a way back that leaves the new process running is found, though files, state and version are as before' \
  eval "test $code = 4 && says '1 difference' && says 'program of service shop'"
forward='systemctl enable shop'
rehearse '' 'systemctl stop shop' 'ln -sfn 1 /srv/shop/now' 'systemctl start shop' 'systemctl disable shop'
ok 'a unit that starts with the machine on the way forward, and no more on the way back, is as before' test "$code" = 0
rehearse 'deployment/4: {undo: it is up all the same}' 'systemctl stop shop' 'ln -sfn 1 /srv/shop/now' 'systemctl start shop'
ok 'a way back that forgets that it starts with the machine is found' \
  eval "test $code = 4 && says '1 difference' && says 'start at boot of service shop' && says 'before disabled' && says 'after  enabled'"
exit "$bad"
