#!/bin/sh
# Line coverage of each file: 100 in the folders below, 90 elsewhere.  usage: coverage.sh GCOVR SRC BUILD
# A line that no test can reach ends in /* uncovered: reason */ and does not count.
set -eu
"$1" "$3" -r "$2" -f "$2/src/" --exclude-lines-by-pattern '.*uncovered: .*' --csv |
  awk -F, 'NR > 1 {
      files++
      need = $1 ~ "^src/(base|runbook|store|plan|rule|exec)/" ? 1 : 0.9
      if ($4 != "" && $4 < need) { printf "%s: %.1f %%, needs %d %%\n", $1, $4 * 100, need * 100; bad = 1 }
    }
    END { print files + 0 " files"; exit bad || !files }  # no data is not full coverage'
