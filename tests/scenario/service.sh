#!/bin/bash
# A document's own systemctl lines, carried out over D-Bus: a release that comes up, and one that crashes.
# usage (on a host with systemd, tests/harness/systemd_host.sh): service.sh PRUSIK
set -u
prusik=$1
# shellcheck source=tests/harness/steps.sh
. "$(dirname "$0")/../harness/steps.sh"
cd "$(mktemp -d)" || exit 1
says() { grep -qF -- "$1" out; }
run() { # VERSION: the exit code goes to $code
  "$prusik" run deploy.md --unattended --set RELEASE="$1" > out 2>&1 < /dev/null
  code=$?
}

cat > /usr/local/bin/shop << 'END'
#!/bin/sh
echo "shop $(cat /srv/release) comes up"
[ "$(cat /srv/release)" != 2.0 ] || { echo 'no such column'; exit 3; }
exec sleep 1000
END
chmod +x /usr/local/bin/shop
echo 1.0 > /srv/release
printf '[Unit]\nDescription=shop\n[Service]\nExecStart=/usr/local/bin/shop\n' > /etc/systemd/system/shop.service
systemctl daemon-reload
systemctl start shop

cat > deploy.md << 'END'
# Shop

## Deployment

```bash
echo "$RELEASE" > /srv/release
sudo systemctl restart shop
systemctl status shop
# Expected: active (running)
```
END
cat > prusik.yaml << 'END'
environment: here
env: {RELEASE: none}
services:
  shop:
    manager: systemd
    stable: 1s
    version: {command: cat /srv/release, is: $RELEASE, newer_than: /srv/release}
steps: {deployment: {undo: the release before is put back by hand}}
END

echo 1..6
before=$(systemctl show -P MainPID shop)
run 1.1
ok 'a release that comes up is done' test "$code" = 0
ok 'the unit has another process, of after the release was written' \
  test "$(systemctl show -P MainPID shop)" != "$before"
ok "the document's command is what is shown" says 'sudo systemctl restart shop'
run 2.0
ok 'a release that crashes is a failure, though systemctl would have said 0' test "$code" = 4
ok 'the reason names the unit and its exit status' says 'exit status 3'
"$prusik" report r-0002 --format json > out 2>&1
ok "its log's last lines are in the report, and where to look further" \
  eval "says 'no such column' && says 'to look further: journalctl -u shop'"
exit "$bad"
