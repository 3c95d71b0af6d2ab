#!/bin/sh
# The shop before its release.  usage: setup.sh FOLDER NEXT-RELEASE PAYMENTS-IN-PROGRESS
set -eu
mkdir -p "$1/backup"
cd "$1"
echo old > release
echo "$2" > next
echo "$3" > open
sqlite3 shop.db "CREATE TABLE item (name TEXT); INSERT INTO item VALUES ('tea'); CREATE TABLE log (what TEXT)"

# A line in `log` for a command that ran.  In its middle prusik is killed, once, when kill-at says so.
cat > note << 'END'
#!/bin/sh
cd "$(dirname "$0")" || exit 1
echo "$1" >> log
if [ "$(cat kill-at 2> /dev/null)" = "$1" ]; then
  rm kill-at
  kill -"$(cat kill-with)" "$(cut -d ' ' -f 4 "/proc/$PPID/stat")"
  sleep 20
fi
END
# One less at each look.
cat > open-payments << 'END'
#!/bin/sh
cd "$(dirname "$0")" || exit 1
read -r n < open
echo "$n"
[ "$n" -le 0 ] || echo $((n - 1)) > open
END
cat > is-whole << 'END'
#!/bin/sh
[ "$(cat "$(dirname "$0")/next")" != broken ]
END
cat > till << 'END'
#!/bin/sh
echo started >> "$(dirname "$0")/till.log"
exec sleep 1000
END
chmod +x note open-payments is-whole till
setsid ./till > till.out 2>&1 < /dev/null &
echo $! > till.pid
