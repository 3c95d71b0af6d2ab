#!/bin/sh
# Line coverage of each file: 100 in the folders below, 90 elsewhere.  usage: coverage.sh GCOVR SRC BUILD
# A line that no test can reach ends in /* uncovered: reason */ and does not count.  What is not there yet has its floor in
# coverage.floor beside this script ("FILE PERCENT"): it cannot sink.
set -eu
"$1" "$3" -r "$2" -f "$2/src/" --exclude-lines-by-pattern '.*uncovered: .*' -j "$(nproc)" --gcov-ignore-parse-errors \
  --csv "$3/coverage.csv" --txt "$3/coverage.txt"
awk -v floors="$2/tools/lint/coverage.floor" '
  BEGIN {
    while ((getline line < floors) > 0)
      if (line !~ /^#/ && split(line, f, " ") == 2) floor[f[1]] = f[2] / 100
  }
  NR == FNR { # "FILE LINES COVERED PERCENT MISSING"; a long name has a line of its own
    if (NF == 1) name = $1
    else if ($0 ~ /^src/) { name = $1; missing[name] = $5 }
    else if ($3 ~ /%$/) missing[name] = $4
    next
  }
  FNR > 1 {
    split($0, field, ",")
    file = field[1]
    files++
    need = file ~ "^src/(base|runbook|store|plan|rule|exec)/" ? 1 : 0.9
    if (field[4] == "") next
    if (file in floor) {
      if (field[4] >= need)
        printf "%s: %.1f %%: can be taken out of tools/lint/coverage.floor\n", file, field[4] * 100
      need = floor[file]
    }
    if (field[4] < need) {
      lines = field[4] == 0 ? "all of it" : length(missing[file]) < 200 ? "line " missing[file] : "see coverage.txt"
      printf "%s: %.1f %%, needs %d %%; not run: %s\n", file, field[4] * 100, need * 100, lines
      bad = 1
    }
  }
  END { print files + 0 " files"; exit bad || !files } # no data is not full coverage
' "$3/coverage.txt" "$3/coverage.csv"
