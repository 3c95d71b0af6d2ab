#!/bin/sh
# Install what is missing, and only that.  usage: tools/setup.sh demo|check|dev|peers
#
# Debian packages by apt (tools/packages/*.list), the bash grammar by npm, compiled once into .deps/.  Says
# nothing and takes no time when nothing is missing.  Needs no terminal; two at once wait for each other.
# PRUSIK_NO_APT=1: take the packages for granted (another system than Debian, no rights).
set -eu
cd "$(dirname "$0")/.."
grammar=.deps/tree-sitter-bash
flags='-O2 -fPIC -std=c11'

case ${1:-} in
demo) lists='demo' ;;
check) lists='demo check' ;;
dev) lists='demo check dev' ;;
peers) lists='demo check peers' ;;
*) echo "usage: $0 demo|check|dev|peers" >&2 && exit 2 ;;
esac

fail() {
  echo "error: $1" >&2
  exit 1
}

# --- Debian packages

# One package a line: what the lists name and no command stands in for.
wanted() {
  for list in $lists; do
    while read -r package command _; do
      case $package in '' | '#'*) continue ;; esac
      if [ "$command" != - ] && command -v "$command" > /dev/null; then continue; fi
      if [ "$package" = npm ] && { ! grammar_stale || [ -f "$tarball" ]; }; then continue; fi
      echo "$package"
    done < "tools/packages/$list.list"
  done
}

missing() {
  names=$(wanted)
  [ -n "$names" ] || return 0
  # shellcheck disable=SC2016,SC2086 # dpkg-query's own variables; one argument a name
  have=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $names 2> /dev/null || :) # absent: status 1
  for name in $names; do
    case "
$have
" in *"
$name installed
"*) ;; *) printf '%s ' "$name" ;; esac
  done
}

by_hand() { # PACKAGES REASON
  fail "$2; run this, then the same command again:
  sudo apt-get update && sudo apt-get install --no-install-recommends $1"
}

install_packages() { # PACKAGES
  # shellcheck disable=SC2086 # one argument a name
  set -- $1
  if [ $# -eq 1 ]; then count='1 package'; else count="$# packages"; fi
  command -v apt-get > /dev/null ||
    fail "this is not a Debian system: install by hand what these packages hold there, and run the same command \
again with PRUSIK_NO_APT=1: $*"
  root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || by_hand "$*" "missing: $count, and there is no sudo"
    sudo -n true 2> /dev/null || by_hand "$*" "missing: $count, and sudo asks for a password"
    root='sudo -n'
  fi
  echo "installing $count with apt: $*"
  apt="$root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0"
  $apt update < /dev/null || echo "warning: apt-get update failed; trying with the lists that are here" >&2
  $apt install --no-install-recommends "$@" < /dev/null || by_hand "$*" "apt-get install failed (see above)"
}

# --- the bash grammar

pin=tools/packages/tree-sitter-bash.sha512
read -r _ tarball_name < "$pin"
tarball=.deps/$tarball_name

# What the library was made from: an other pin, compiler or option makes it anew.
grammar_stamp() {
  cat "$pin"
  echo "$flags"
  cc --version 2> /dev/null || :
}

grammar_stale() {
  [ ! -f $grammar/libtree-sitter-bash.a ] || [ ! -f $grammar/stamp ] ||
    [ "$(grammar_stamp)" != "$(cat $grammar/stamp)" ]
}

fetch_grammar() { # FOLDER
  name=${tarball_name%.tgz}
  echo "fetching $name with npm"
  command -v npm > /dev/null || fail "npm is missing"
  (cd "$1" && timeout 300 npm pack "${name%-*}@${name##*-}" --ignore-scripts --silent --no-update-notifier \
    --cache "$1/cache" < /dev/null > "$1/npm.log" 2>&1) || {
    cat "$1/npm.log" >&2
    fail "npm could not fetch $name; without a network put the file at $tarball"
  }
  mv "$1/$tarball_name" "$tarball"
}

make_grammar() (
  dir=$(mktemp -d "$PWD/.deps/tmp.XXXXXX")
  trap 'rm -rf "$dir"' EXIT
  [ -f "$tarball" ] || fetch_grammar "$dir"
  (cd .deps && sha512sum --check --status "../$pin") ||
    fail "$tarball is not what $pin names; remove it and run the same command again"
  echo "compiling the bash grammar"
  tar -xzf "$tarball" -C "$dir" --strip-components=1 package/src package/LICENSE
  # shellcheck disable=SC2086 # options
  for part in parser scanner; do
    cc $flags -I "$dir/src" -c "$dir/src/$part.c" -o "$dir/$part.o"
  done
  ar rcs "$dir/libtree-sitter-bash.a" "$dir/parser.o" "$dir/scanner.o"
  mkdir -p $grammar
  mv "$dir/LICENSE" $grammar/LICENSE
  mv "$dir/libtree-sitter-bash.a" $grammar/libtree-sitter-bash.a # at once: a build may be reading the old one
  grammar_stamp > $grammar/stamp
)

# --- what is to do; under a lock when there is something

todo=
if [ -z "${PRUSIK_NO_APT:-}" ]; then
  if command -v dpkg-query > /dev/null; then todo=$(missing); else todo=$(wanted | tr '\n' ' '); fi
fi
if [ -z "$todo" ] && ! grammar_stale; then exit 0; fi
mkdir -p .deps
if [ -z "${PRUSIK_SETUP_LOCKED:-}" ] && command -v flock > /dev/null; then
  flock -n .deps/lock true || echo "waiting for another set-up of this folder"
  # -o: a server that a package starts must not inherit the lock
  PRUSIK_SETUP_LOCKED=1 exec flock -o -w 3600 .deps/lock tools/setup.sh "$1"
fi
[ -z "$todo" ] || install_packages "$todo"
if grammar_stale; then make_grammar; fi
