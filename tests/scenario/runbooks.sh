#!/bin/sh
# Every example runbook: init, what is open after filling it in, the script, the drawing; and the pages of the manual
# that the program prints.  TAP on stdout.
# usage: runbooks.sh ROOT FOLDER_OF_THE_PROGRAM
set -eu
root=$(realpath "$1")
PATH=$(realpath "$2"):$PATH
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0 failed=0
check() { # NAME COMMAND...
  n=$((n + 1)) name=$1
  shift
  if "$@" > "$dir/out" 2>&1; then
    echo "ok $n - $name"
  else
    sed 's/^/# /' "$dir/out"
    echo "not ok $n - $name"
    failed=1
  fi
}
stem=
set_all() { # what the commands of the examples need is any value here
  "$@" --set BOTCTL_HOME=/srv/botctl --set BOTCTL_URL=http://127.0.0.1:1
}
fill() { # every blank gets an answer, by its kind
  sed -E -e '/^#approvers:/d' -e 's/^( *)#([^ ])/\1\2/' -e 's/(by|undo): ""/\1: ana/' \
    -e 's/^(environment): ""/\1: test/' -e 's,^(scrape): "",\1: http://127.0.0.1:1/metrics,' \
    -e 's/^(  (crashes)): ""/\1: unit.botctl.crashes/' -e 's/^(  (database)): ""/\1: http.db/' \
    -e 's/^(  "[^"]*"): (""|ask)$/\1: no/' -e 's/^(  [a-z_]+): ""/\1: "1"/' \
    -e 's,^(  botctl): \{manager: systemd\},\1: {manager: process\, command: [botctl]\, pid_file: run/botctl.pid},' \
    -e 's,^metrics:,probes: {db: http://127.0.0.1:1/db}\n&,'
}
init_and_fill() {
  prusik init "$dir/$stem" && fill < "$dir/prusik.yaml" > "$dir/filled.yaml" &&
    prusik plan "$dir/$stem" --bind "$dir/filled.yaml" --questions --unattended
}
script() {
  set_all prusik plan "$root/runbooks/$stem" --export sh > "$dir/plan.sh" && bash -n "$dir/plan.sh" && shellcheck "$dir/plan.sh"
}
drawing() {
  set_all prusik plan "$root/runbooks/$stem" --graph=svg > "$dir/plan.svg" &&
    python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' "$dir/plan.svg"
}
same() {
  set_all prusik plan "$root/runbooks/$stem" --json > "$dir/plan.json" &&
    set_all prusik plan "$root/runbooks/$stem" --diff "$dir/plan.json"
}

for doc in "$root"/runbooks/*.md; do
  stem=$(basename "$doc")
  rm -rf "${dir:?}"/*
  cp "$doc" "$dir/"
  check "$stem: with the blanks of init filled in, nothing is open" init_and_fill
  check "$stem: the script passes bash -n and shellcheck" script
  check "$stem: the drawing is well-formed" drawing
  check "$stem: the plan is the same when it is made again" same
done
for page in cli exit-codes; do
  check "docs/reference/$page.md is what the program prints" sh -c "prusik reference $page | diff '$root/docs/reference/$page.md' -"
done
echo "1..$n"
[ $n -gt 0 ] && [ $failed -eq 0 ]
