#!/bin/sh
# Print a C file that defines const char NAME[] with the text of FILE.  usage: embed-text.sh NAME FILE
set -eu
printf '#include "assets.h"\n\nconst char %s[] =\n' "$1"
sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$2"
printf '    ;\n'
