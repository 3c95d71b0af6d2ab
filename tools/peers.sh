#!/bin/sh
# Install the tools that prusik db is measured beside, outside of the repository, and measure all in one run.
# usage: tools/peers.sh BUILD_FOLDER [N [ROUNDS [postgres|sqlite]]]
#
# Debian's by apt (tools/packages/peers.list); those of npm in PRUSIK_PEERS, or prusik-peers below the user's cache, at the
# versions below.  What cannot be installed is said, and the tables name it as not here.  BUILD_FOLDER: with the program and the
# floors (ninja target meson-benchmark-prereq).  Ends with 1 when prusik missed a budget.
set -eu
cd "$(dirname "$0")/.."
build=${1:?usage: tools/peers.sh BUILD_FOLDER [N [ROUNDS [postgres|sqlite]]]}
shift
PRUSIK_PEERS=${PRUSIK_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/prusik-peers}
export PRUSIK_PEERS
tools/setup.sh peers
mkdir -p "$PRUSIK_PEERS"
[ -f "$PRUSIK_PEERS/package.json" ] || echo '{"private": true}' > "$PRUSIK_PEERS/package.json"
# one after the other, as one that has to be compiled may fail alone (better-sqlite3, which knex needs for SQLite)
for peer in dbmate@2.36.0 node-pg-migrate@9.0.0 pg@8.23.1 knex@3.3.0 squawk-cli@2.66.0 better-sqlite3@12.11.1; do
  if grep -q "\"version\": \"${peer##*@}\"" "$PRUSIK_PEERS/node_modules/${peer%@*}/package.json" 2> /dev/null; then continue; fi
  echo "installing $peer with npm"
  npm install --prefix "$PRUSIK_PEERS" --save-exact --no-fund --no-audit --loglevel error "$peer" < /dev/null ||
    echo "warning: npm could not install $peer: it is not measured" >&2
done
exec tests/bench/db_peers.py "$build/src/cli/prusik" "$build/tests/migrate_floor" "$@"
