#!/bin/sh
# The shop before its release.  usage: setup.sh FOLDER NEXT-RELEASE PAYMENTS-IN-PROGRESS
set -eu
mkdir -p "$1/backup"
cd "$1"
echo old > release
echo "$2" > next
echo "$3" > open
sqlite3 shop.db "CREATE TABLE item (name TEXT); INSERT INTO item VALUES ('tea'); CREATE TABLE log (what TEXT)"

# When kill-at names the caller: the signal of kill-with to prusik, once, in the middle of the command.
cat > hook << 'END'
#!/bin/sh
[ "$(cat kill-at 2> /dev/null)" = "$1" ] || exit 0
rm kill-at
pid=$PPID
until read -r name < "/proc/$pid/comm" && [ "$name" = prusik ]; do
  pid=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 2)
done
read -r signal < kill-with
[ "$2" != stubborn ] || trap '' TERM
kill -"$signal" "$pid"
i=0
while [ $((i += 1)) -le 200 ]; do sleep 0.1; done
END
# A line in `log` for a command that ran.
cat > note << 'END'
#!/bin/sh
cd "$(dirname "$0")" || exit 1
echo "$1" >> log
./hook "$1" "$(cat mood 2> /dev/null)" || exit 1
END
# One less at each look.
cat > open-payments << 'END'
#!/bin/sh
cd "$(dirname "$0")" || exit 1
./hook payments || exit 1
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
chmod +x hook note open-payments is-whole till
setsid ./till > till.out 2>&1 < /dev/null &
echo $! > till.pid
