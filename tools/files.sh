#!/bin/sh
# The project's own files, one a line, new ones included.  usage: tools/files.sh [GIT PATTERN...]
set -eu
cd "$(dirname "$0")/.."
if git rev-parse --is-inside-work-tree > /dev/null 2>&1; then
  git ls-files --cached --others --exclude-standard -- "$@" | sort -u
else # an unpacked archive; '*' of find's -path crosses folders, as git's does
  find . -path './.git' -prune -o -path './build*' -prune -o -path './.deps' -prune -o -type f -print |
    sed 's,^\./,,' | sort | while read -r file; do
    [ $# -gt 0 ] || echo "$file"
    for pattern in "$@"; do
      # shellcheck disable=SC2254 # it is a pattern
      case $file in $pattern | $pattern/*) echo "$file" && break ;; esac
    done
  done
fi | while read -r file; do
  if [ -f "$file" ]; then echo "$file"; fi # not what was removed and is still in the index
done
