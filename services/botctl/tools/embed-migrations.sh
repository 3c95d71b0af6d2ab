#!/bin/sh
# Print a C file with all migrations of a folder.  usage: embed-migrations.sh FOLDER
# A migration is four files: NN_name.{sqlite,postgresql}.{up,down}.sql, NN = 01, 02, ... without a gap.
set -eu
cd "$1"

literal() { # the text of a file as a C string
  [ -f "$1" ] || { echo "embed-migrations.sh: $1 is missing" >&2; exit 1; }
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/         "/' -e 's/$/\\n"/' "$1"
}

printf '#include "migrate.h"\n\nconst struct migration migrations[] = {\n'
n=0
for up in *.sqlite.up.sql; do
  id=${up%.sqlite.up.sql}
  n=$((n + 1))
  [ "${id%%_*}" = "$(printf %02d $n)" ] || { echo "embed-migrations.sh: $id is not number $n" >&2; exit 1; }
  printf '    {%d, "%s", {\n' $n "${id#*_}"
  for kind in sqlite postgresql; do
    printf '        {"%s",\n' $kind
    literal "$id.$kind.up.sql"
    printf '         ,\n'
    literal "$id.$kind.down.sql"
    printf '        },\n'
  done
  printf '    }},\n'
done
printf '};\nconst int n_migrations = %d;\n' $n
