# shellcheck shell=bash disable=SC2154,SC2034 # run.sh and lib.sh share variables
# A database for each test: a SQLite file, or a database in a PostgreSQL started here.
# Nothing outside of $work is used; PostgreSQL runs as a user without rights.

pg_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
pg_user=$(id -un)
pg_as=()
pg_port=''

# pg_missing: prints why PostgreSQL cannot be used here, nothing when it can
pg_missing() {
  if [ ! -x "$pg_bin/initdb" ] || [ ! -x "$pg_bin/postgres" ]; then
    echo 'there are no PostgreSQL server programs'
  elif ! pkg-config --exists libpq; then
    echo 'libpq is not installed'
  elif [ "$(id -u)" = 0 ] && ! id postgres > /dev/null 2>&1; then
    echo 'PostgreSQL refuses root, and there is no user postgres'
  fi
}

pg_run() { # COMMAND...: as the server's user, somewhere this user may be
  (cd / && "${pg_as[@]}" "$@")
}

pg_start() {
  if [ "$(id -u)" = 0 ]; then
    pg_user=postgres
    pg_as=(runuser -u postgres --)
  fi
  mkdir "$work/pg"
  chown "$pg_user" "$work/pg"
  pg_run "$pg_bin/initdb" -D "$work/pg/data" -U tester -A trust --locale=C.UTF-8 -E UTF8 > /dev/null
  for pg_port in $((20000 + RANDOM % 10000)) $((20000 + RANDOM % 10000)) $((20000 + RANDOM % 10000)); do
    pg_up && return
  done
  echo 'Bail out! PostgreSQL does not start'
  cat "$work/pg/log" >&2
  exit 1
}

pg_up() {
  pg_run "$pg_bin/pg_ctl" -D "$work/pg/data" -l "$work/pg/log" -w -o "-p $pg_port \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories=$work/pg -c fsync=off -c dynamic_shared_memory_type=mmap -c max_connections=60" \
    start > /dev/null
}

pg_down() { # [MODE]
  pg_run "$pg_bin/pg_ctl" -D "$work/pg/data" -m "${1:-fast}" -w stop > /dev/null
}

pg_stop_all() {
  [ ! -f "$work/pg/data/postmaster.pid" ] || pg_down immediate || :
}

pg_psql() { # DATABASE ARGUMENT...
  psql -X -q -A -t -h "$work/pg" -p "$pg_port" -U tester -d "$1" "${@:2}"
}

# new_database KIND: prints its URL; every second one of PostgreSQL is reached over TCP
new_database() {
  local name
  if [ "$1" = sqlite ]; then
    echo "sqlite://$PWD/bot.db"
    return
  fi
  name=t$test_number
  pg_psql postgres -c "CREATE DATABASE $name" >&2
  if [ $((test_number % 2)) = 0 ]; then
    echo "postgresql://tester@127.0.0.1:$pg_port/$name"
  else
    echo "postgresql:///$name?host=$work/pg&port=$pg_port&user=tester"
  fi
}

# sql KIND STATEMENT: in the database of this test
sql() {
  if [ "$1" = sqlite ]; then
    sqlite3 -cmd '.timeout 5000' bot.db "$2"
  else
    pg_psql "t$test_number" -v ON_ERROR_STOP=1 -c "$2"
  fi
}
