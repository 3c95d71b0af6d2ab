#!/usr/bin/env python3
"""What a block prints is what bash prints: statements, substitutions and redirects of which prusik makes steps.  TAP on stdout.

usage: as_bash.py PRUSIK
"""
import json
import os
import shutil
import subprocess
import sys

from tap import DEADLINE_S, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])
FENCE = "```"

# Each ends with 0 in bash, and prints nothing of the moment, the folder or the machine.
BLOCKS = [
    "export A=1\n"
    "B=2\n"
    "echo $A $B\n"
    "unset A\n"
    "echo \"[${A:-none}]\"",
    "f() { echo \"in f $1\"; return 3; }\n"
    "f x || echo \"rc $?\"",
    "for i in 1 2 3; do\n"
    "  echo \"i=$i\"\n"
    "done",
    "cat <<EOF > out.txt\n"
    "hello $HOME\n"
    "EOF\n"
    "cat out.txt",
    "set -e\n"
    "true\n"
    "echo still",
    "shopt -s nullglob\n"
    "for f in *.nope; do echo $f; done\n"
    "echo end",
    "x=$(echo sub; echo shell)\n"
    "echo \"$x\"",
    "[ -f nothing ] && echo yes || echo no",
    "read -r line < out2.txt 2>/dev/null || echo \"no file\"",
    "echo one; echo two >&2; echo three",
    "arr=(a b c)\n"
    "echo ${arr[1]} ${#arr[@]}",
    "(cd /; pwd)\n"
    "pwd | sed 's/.*/here/' ",
    "if true; then\n"
    "  echo a\n"
    "else\n"
    "  echo b\n"
    "fi",
    "while read l; do echo \"got $l\"; done <<< \"x\n"
    "y\"",
    "VERSION=1.2.3\n"
    "echo \"v${VERSION%%.*}\" \"${VERSION//./-}\"",
    "echo 'single \"quoted\"' \"double 'q'\" \\$HOME",
    "echo a \\\n"
    "  b \\\n"
    "  c",
    "true && \\\n"
    "echo joined",
    "# a comment\n"
    "echo after # trailing",
    "printf '%s\\n' \"$(date +%Y | wc -c)\"",
    "time true\n"
    "echo done",
    "! false\n"
    "echo $?",
    "echo $((3+4))\n"
    "let z=5; echo $z",
    "umask 027\n"
    "umask",
    "declare -A m; m[k]=v\n"
    "echo ${m[k]}",
    "sleep 0.1 &\n"
    "wait\n"
    "echo waited",
    "ls /nonexistent 2>/dev/null || true\n"
    "echo ok",
    "export PATH=$PATH:/opt/x\n"
    "echo $PATH | grep -c /opt/x",
    "source ./env.sh\n"
    "echo $FROM_ENV",
    "eval \"echo evaluated\"",
    "echo {1..3} *.sh",
    "set -o pipefail\n"
    "false | true || echo piped",
    "case abc in\n"
    "  a*) echo starts;;\n"
    "esac",
    "IFS=, read a b <<< \"1,2\"; echo $b",
    "cat << 'EOF'\n"
    "$not expanded\n"
    "EOF",
    "echo \"tab\tx\"; echo -e \"a\\tb\"",
    "function g { local v=1; echo $v; }\n"
    "g",
    "echo \"last: $_\" | head -c 5",
    "echo \"ünïcödé ✓\"",
    "BACKUP=backup_$(date +%Y).txt\n"
    "echo data > $BACKUP\n"
    "ls backup_*.txt\n"
    "cat $BACKUP",
    "touch -d '2 days ago' old.log\n"
    "find . -name '*.log' -mtime +1",
    "echo \"a b\" | awk '{print $2}' ",
    "grep -c x <(echo x; echo y)",
    "diff <(echo a) <(echo a) && echo same",
    "sed -i 's/yes/no/' env.sh && cat env.sh",
    "N=0\n"
    "while [ $N -lt 3 ]; do N=$((N+1)); echo $N; done",
    "until true; do echo never; done; echo fine",
    "echo \"${UNSET:=default}\"\n"
    "echo $UNSET",
    "test -s env.sh && echo nonempty",
    "[[ \"abc\" =~ ^a ]] && echo match",
    "cp env.sh env.bak\n"
    "cmp env.sh env.bak && echo identical",
    "tar czf x.tar.gz env.sh\n"
    "tar tzf x.tar.gz",
    "ln -sfn env.sh link\n"
    "readlink link",
    "chmod 600 env.sh\n"
    "stat -c %a env.sh",
    "echo $(( $(date +%s) > 1000 ))",
    "export DB=\"a b\"\n"
    "bash -c 'echo \"$DB\"' ",
    "env X=1 bash -c 'echo $X' ",
    "X=2 bash -c 'echo $X'\n"
    "echo \"[${X:-}]\"",
    "python3 - <<'PY'\n"
    "print(\"from python\")\n"
    "PY",
    "python3 -c \"print('x'*3)\"",
    "cat > conf.ini <<-EOT\n"
    "\t[x]\n"
    "\ty=1\n"
    "\tEOT\n"
    "cat conf.ini",
    "tee -a log <<< \"line\" > /dev/null\n"
    "cat log",
    "mktemp -d | grep -c tmp",
    "printf \"%s %s\\n\" a b c d",
    "command -v bash > /dev/null && echo have",
    "echo \"multi\n"
    "line string\"",
    "echo 'it'\"'\"'s' ",
    "echo \\# not a comment",
    "echo a#b",
    "echo $'tab\there' ",
    "echo \"$(cat <<X\n"
    "inner\n"
    "X\n"
    ")\"",
    "xargs -n1 echo < <(echo a b)",
    "seq 3 | xargs -I{} echo \"n{}\"",
    "ls *.sh | while read f; do echo \"file $f\"; done",
    "rm -rf tmpd; mkdir tmpd; rmdir tmpd; echo gone",
    "sort <<E2 | uniq -c | tr -s ' '\n"
    "b\n"
    "a\n"
    "b\n"
    "E2",
    "echo one && echo two || echo three; echo four",
    "false || { echo grouped; echo more; }",
    "readonly R=5\n"
    "echo $R",
    "date -d '2024-01-31 +1 month' +%F",
    "echo \"$(basename /a/b.c .c)\" \"$(dirname /a/b.c)\"",
    "set -u\n"
    "echo ${NOPE:-ok}\n"
    "set +u",
    "echo err >&2; echo out",
    "PS1='x> '\n"
    "echo \"${PS1}y\"",
    "nohup true > /dev/null 2>&1 &\n"
    "wait; echo w",
    "select_x() { cat; }\n"
    "echo piped | select_x",
    "for ((i=0;i<2;i++)); do echo c$i; done",
    "echo {a,b}{1,2}",
    "local_time=$(TZ=UTC date -d @0 +%H:%M); echo $local_time",
    "LC_ALL=C sort <<< $'b\n"
    "a' ",
    "if ! grep -q nothing env.sh; then echo absent; fi",
    "VAR=$(false) || echo \"failed $?\"",
    "mkdir a b; mv a c; ls -d ? | tr '\n"
    "' ' ' ",
    "du -s env.sh | cut -f2",
    "md5sum env.sh | cut -c1-6",
    "gzip -k env.sh; zcat env.sh.gz",
    "stat --format=%s env.sh",
    "test -f env.sh; echo $?",
    "NAME=$(date +%F -d yesterday)\n"
    "[ \"$NAME\" != \"$(date +%F)\" ] && echo differs",
]


def fresh():
    shutil.rmtree("work", ignore_errors=True)
    os.mkdir("work")
    write("work/env.sh", "FROM_ENV=yes\n")
    write("work/prusik.yaml", "environment: test\naccept_gaps: nothing is changed but this folder\n")


def run(*command):
    return subprocess.run(command, cwd="work", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=DEADLINE_S, env={**os.environ, "CI": "1"})


def printed_by_bash(block):
    fresh()
    r = run("bash", "-c", block)
    same(f"the status of {block!r} in bash", r.returncode, 0)
    return r.stdout.decode()


def printed_by_prusik(block):
    fresh()
    write("work/deploy.md", f"# D\n\n## Deployment\n\n{FENCE}bash\n{block}\n{FENCE}\n")
    r = run(PRUSIK, "run", "deploy.md", "--operator", "ann", "--unattended")
    same(f"the status of {block!r}: {r.stderr.decode()}", r.returncode, 0)
    steps = json.loads(run(PRUSIK, "report", "--format", "json").stdout)["steps"]
    return "".join(a.get("out", "") for s in steps for a in s["attempts"])


def a_block_prints_what_bash_prints():
    for block in BLOCKS:
        same(f"what {block!r} prints", printed_by_prusik(block), printed_by_bash(block))


run_tests([a_block_prints_what_bash_prints])
