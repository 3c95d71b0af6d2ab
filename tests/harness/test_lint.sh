#!/bin/sh
# tools/lint/tree.sh: a small tree that it likes, and one thing wrong at a time.
# usage: test_tree.sh ROOT
# shellcheck disable=SC2016 # Markdown and shell as text
set -u
root=$(realpath "$1")
# shellcheck source=tests/harness/tap.sh
. "$root/tests/harness/tap.sh"

module() { # FOLDER NOUN: a header and its source
  mkdir -p "src/$1"
  printf '#pragma once\n\n/*\n * %s: what it is.\n */\nint %s_do(void);\n' "$2" "$2" > "src/$1/$2.h"
  printf '#include "%s/%s.h"\n\nint %s_do(void)\n{\n    return 1;\n}\n' "$1" "$2" "$2" > "src/$1/$2.c"
}
tree() {
  cp -r "$root/tools" tools
  mkdir -p src/base tests docs/formats
  cp "$root/src/base/banned.h" "$root/src/base/base.h" src/base/
  module base low
  module top high
  echo '#include "base/low.h"' >> src/top/high.c
  printf '# Docs\n\n[Plan](formats/plan.md#the-plan)\n' > docs/README.md
  printf '# The plan\n' > docs/formats/plan.md
  lint
  status_is 0
}
lint() {
  rm -f out # of the last time, which would be looked at
  run tools/lint/tree.sh . cc base top
}
finds() { # CHECK TEXT: that one, and no other
  lint
  status_is 1
  output_has "not ok $1"
  output_has "$2"
  [ "$(grep -c '^not ok' out)" -eq 1 ] || fail 'something else was found'
}

a_call_upwards() {
  tree
  echo '#include "top/high.h"' >> src/base/low.c
  finds '1 ' 'base/low.c'
}
a_folder_without_a_place() {
  tree
  module side new
  finds '2 ' 'src/side'
}
input_and_output_where_only_judging_is_done() {
  tree
  module rule judge
  echo '#include <uv.h>' >> src/rule/judge.c
  run tools/lint/tree.sh . cc base rule top
  output_has 'not ok 3'
}
printing_from_below() {
  tree
  echo 'void p(void) { fprintf(stderr, "x"); }' >> src/top/high.c
  finds '4 ' 'top/high.c'
}
another_header_first() {
  tree
  sed -i '1i #include <stdio.h>' src/top/high.c
  finds '5 ' 'src/top/high.c: the first include is not "top/high.h"'
}
a_source_without_a_header() {
  tree
  echo 'int x;' > src/top/lone.c
  finds '5 ' 'src/top/lone.c: has no header'
  echo '#include "base/low.h"' >> src/top/lone.c # of another folder
  finds '5 ' 'src/top/lone.c: has no header'
}
a_part_of_a_noun_and_a_row_need_no_header() {
  tree
  printf '#include <stdio.h>\n#include "top/high.h"\n' > src/top/high_part.c
  printf '#pragma once\n\n/*\n * low_int: inside.\n */\n' > src/top/low_int.h
  printf '#include "top/low_int.h"\n' > src/top/other.c
  printf 'VERB(go)\nACTION(http, 1)\n' > src/top/rows.inc
  printf '#include "top/high.h"\n' | tee src/top/cmd_go.c > src/top/http.c
  printf 'int main(void) { return 0; }\n' > src/top/main.c
  lint
  status_is 0
}
a_header_that_does_not_say_what_it_is() {
  tree
  sed -i 's/ \* high:/ * something:/' src/top/high.h
  finds '6 ' 'src/top/high.h: does not say what it is'
  tree_again
  sed -i 1,2d src/top/high.h
  finds '6 ' 'does not begin with #pragma once'
  tree_again
  sed -i "4r /dev/stdin" src/top/high.h << EOF
$(yes ' * more' | head -n 20)
EOF
  finds '6 ' 'more than 20 lines'
}
tree_again() { module top high; }
a_header_that_does_not_compile_alone() {
  tree
  echo 'int f(struct sv s);' >> src/top/high.h
  finds '7 ' 'top/high.h'
}
a_file_that_is_too_long() {
  tree
  yes '/* line */' | head -n 1201 > tests/long.c
  finds '8 ' 'tests/long.c'
}
a_mark_of_unfinished_work() {
  tree
  printf '/* %s: later */\n' TODO >> src/top/high.c
  finds '9 ' 'top/high.c'
}
an_exemption_without_a_reason() {
  tree
  printf 'int y; /* %s: */\n' uncovered >> src/top/high.c
  finds '10 ' 'top/high.c'
  printf '#include "top/high.h"\nint y; /* %s(x) */\nint z; /* %s(x): because */\n' NOLINT NOLINT > src/top/high.c
  finds '10 ' 'high.c:2:'
}
white_space_at_the_end() {
  tree
  printf 'x \n' > docs/x.txt
  finds '11 ' 'docs/x.txt:1:'
  printf 'x  \nx\n' > docs/x.md # a line break
  mkdir -p tests/corpus/x runbooks
  printf 'x \nx' | tee tests/corpus/x/1 > runbooks/x.md
  rm docs/x.txt
  lint
  status_is 0
}
a_last_line_that_does_not_end() {
  tree
  printf 'x' > docs/x.md
  finds '12 ' 'docs/x.md: the last line has no end'
  printf 'x\n\n' > docs/x.md
  finds '12 ' 'docs/x.md: an empty line at the end'
}
something_of_one_machine() {
  tree
  for text in "see /wo""rk/x" "HOME=/ro""ot/x" "npm""js.org" "deb.deb""ian.org"; do
    echo "$text" > docs/x.md
    finds '13 ' 'docs/x.md:1:'
  done
  printf 'http://x/wo''rk/ $dir/wo''rk/ a/ro''ot/b\n' > docs/x.md
  lint
  status_is 0
}
a_link_that_leads_nowhere() {
  tree
  printf '[x](formats/none.md)\n' > docs/x.md
  finds '14 ' "docs/x.md:1: there is no 'docs/formats/none.md'"
  printf '# A heading: of `code`\n\n[x](formats/plan.md#none)\n[y](#a-heading-of-code)\n' > docs/x.md
  finds '14 ' "docs/x.md:3: 'docs/formats/plan.md' has no heading '#none'"
  printf '[x](https://example.org/none)\n`[x](none)`\n```\n[x](none)\n```\n[x]: README.md\n' > docs/x.md
  lint
  status_is 0
}
a_format_that_the_index_does_not_name() {
  tree
  printf '# New\n' > docs/formats/new.md
  finds '15 ' 'docs/formats/new.md'
}

tap a_call_upwards a_folder_without_a_place input_and_output_where_only_judging_is_done printing_from_below \
  another_header_first a_source_without_a_header a_part_of_a_noun_and_a_row_need_no_header \
  a_header_that_does_not_say_what_it_is a_header_that_does_not_compile_alone a_file_that_is_too_long \
  a_mark_of_unfinished_work an_exemption_without_a_reason white_space_at_the_end a_last_line_that_does_not_end \
  something_of_one_machine a_link_that_leads_nowhere a_format_that_the_index_does_not_name
