#!/bin/sh
# clang-format over the project's C.  usage: format.sh [--check]
set -eu
cd "$(dirname "$0")/../.."
if [ "${1:-}" = --check ]; then
  tools/files.sh '*.c' '*.h' | xargs clang-format --dry-run --Werror
else
  tools/files.sh '*.c' '*.h' | xargs clang-format -i
fi
