#!/usr/bin/env python3
"""1,000 migrations of a table each, and once more at head: prusik, what libpq and sqlite3 take at least, and other tools.

usage: db_peers.py PRUSIK MIGRATE_FLOOR [N [ROUNDS [postgres|sqlite]]]
Peers are looked for in PATH and in PRUSIK_PEERS/node_modules; `make peers` installs and runs all of them.  Those that are not there are
named.  Rounds alternate, and each tool has a database of its own; prints tables in Markdown with medians and spreads.  Two floors: the
least (a version and its time beside each table), and the same statements as prusik's (the row and the event that
docs/formats/migrations.md prescribes), by libpq and sqlite3 alone, with the same commits.  At head all are called in turn, prusik and the
floors HEADS times, the others HEADS_PEER times.  A missed budget ends it with 1: applying within 1.2 of the same statements, at head
within 10 ms of CPU beyond the least floor, which connects and asks for the versions.  How far it is from the least is printed: what
the record costs is the difference of the floors.
"""
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "scenario"))
PRUSIK, FLOOR = (os.path.realpath(p) for p in sys.argv[1:3])
N, ROUNDS = (int(a) for a in (sys.argv[3:5] + ["1000", "3"][len(sys.argv[:5]) - 3:]))
ONLY = sys.argv[5] if len(sys.argv) > 5 else None
HEADS, HEADS_PEER = 21, 3
sys.argv = [sys.argv[0], PRUSIK]
import db  # noqa: E402  pylint: disable=wrong-import-position
from tap import write  # noqa: E402  pylint: disable=wrong-import-position

NODE = os.environ.get("PRUSIK_PEERS", "")
ENV = dict(os.environ, NODE_PATH=os.path.join(NODE, "node_modules"), NO_COLOR="1",
           PATH=os.path.join(NODE, "node_modules", ".bin") + ":" + os.environ["PATH"])
UP = "CREATE TABLE t{n} (id integer PRIMARY KEY, name text NOT NULL);"
DOWN = "DROP TABLE t{n};"


def files(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    for n in range(1, N + 1):
        path = os.path.join(folder, name.format(n=n))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write(path, text.format(n=n, before=n - 1, up=UP.format(n=n), down=DOWN.format(n=n)))


def prusik_files():
    files("prusik", "{n:04d}_t{n}.sql", "-- prusik:up\n{up}\n-- prusik:down\n{down}\n")


def dbmate_files():
    files("dbmate", "{n:014d}_t{n}.sql", "-- migrate:up\n{up}\n-- migrate:down\n{down}\n")


def alembic_files():
    files("alembic/versions", "{n:04d}.py", "from alembic import op\nrevision = 'r{n}'\ndown_revision = 'r{before}' if {n} > 1 else None\n"
          "branch_labels = depends_on = None\n\n\ndef upgrade():\n    op.execute('{up}')\n\n\ndef downgrade():\n    op.execute('{down}')\n")
    write("alembic/env.py", "from alembic import context\nfrom sqlalchemy import create_engine\n"
          "engine = create_engine(context.config.get_main_option('sqlalchemy.url'))\nwith engine.connect() as c:\n"
          "    context.configure(connection=c, transaction_per_migration=True)\n    with context.begin_transaction():\n"
          "        context.run_migrations()\n")


def sqitch_files():
    for folder, text in (("deploy", "{up}"), ("revert", "{down}")):
        files("sqitch/" + folder, "t{n}.sql", "BEGIN;\n" + text + "\nCOMMIT;\n")
    write("sqitch/sqitch.plan", "%syntax-version=1.0.0\n%project=bench\n\n"
          + "".join(f"t{n} 2026-01-01T00:00:00Z A <a@example.invalid> # t{n}\n" for n in range(1, N + 1)))


def yoyo_files():
    files("yoyo", "{n:04d}.sql", "{up}\n")
    files("yoyo", "{n:04d}.rollback.sql", "{down}\n")


def node_pg_migrate_files():
    files("npm", "{n:013d}_t{n}.sql", "-- Up Migration\n{up}\n-- Down Migration\n{down}\n")


def knex_files():
    files("knex/migrations", "{n:04d}_t{n}.js", "exports.up = k => k.raw('{up}'); exports.down = k => k.raw('{down}');\n")


def database(url):
    return url.split("@/")[1].split("?")[0]


def knex_config(url):
    client = ("{client: 'pg', connection: {host: '%s', user: 'tester', database: '%s'}}" % (url.split("host=")[1], database(url)) if "host=" in url else
              "{client: 'better-sqlite3', useNullAsDefault: true, connection: {filename: '%s'}}" % url)
    write("knex/knexfile.js", f"module.exports = {client};\n")
    return ["knex", "--knexfile", "knex/knexfile.js", "migrate:latest"]


def alembic_command(url):
    write("alembic.ini", "[alembic]\nscript_location = alembic\nsqlalchemy.url = "
          + (url.replace("%", "%%") if "host=" in url else "sqlite:///" + url) + "\n")
    return ["alembic", "-c", "alembic.ini", "upgrade", "head"]


def sqitch_command(url):
    target = f"db:pg://tester@/{database(url)}?host=" + url.split("host=")[1] if "host=" in url else "db:sqlite:" + url
    write("sqitch/sqitch.conf", f"[core]\n\tengine = {'pg' if 'host=' in url else 'sqlite'}\n[user]\n\tname = A\n\temail = a@example.invalid\n")
    return ["sqitch", "--chdir", "sqitch", "deploy", target]


LEAST, SAME = "libpq, sqlite3: a version each", "libpq, sqlite3: the same statements"
YOYO = "/usr/bin/python3"  # Debian's, which has the module and no command
# name, program, its files, its command for a path or an address, databases, rounds
PEERS = [
    (LEAST, FLOOR, None, lambda u: [FLOOR, u, str(N)], "ps", ROUNDS),
    (SAME, FLOOR, None, lambda u: [FLOOR, u, str(N), "record"], "ps", ROUNDS),
    ("prusik", PRUSIK, prusik_files, lambda u: [PRUSIK, "db", "upgrade", "--quiet", "--db", u if ":" in u else "sqlite:" + u, "--dir", "prusik"],
     "ps", ROUNDS),
    ("dbmate", "dbmate", dbmate_files, lambda u: ["dbmate", "-u", u.replace("postgresql:", "postgres:") + "&sslmode=disable" if ":" in u
                                                  else "sqlite:" + u, "-d", "dbmate", "--no-dump-schema", "up"], "ps", ROUNDS),
    ("alembic", "alembic", alembic_files, alembic_command, "ps", ROUNDS),
    ("node-pg-migrate", "node-pg-migrate", node_pg_migrate_files, lambda u: ["node-pg-migrate", "up", "-m", "npm"], "p", ROUNDS),
    ("knex", "knex", knex_files, knex_config, "ps", ROUNDS),
    ("yoyo", YOYO, yoyo_files, lambda u: [YOYO, "-m", "yoyo", "apply", "--batch", "--no-config-file", "-d", u if ":" in u else "sqlite:///" + u, "yoyo"],
     "ps", 1),
    ("sqitch", "sqitch", sqitch_files, sqitch_command, "ps", 1),
]


def has_yoyo():
    return subprocess.run([YOYO, "-c", "import yoyo"], capture_output=True, check=False).returncode == 0


def version(name):
    """As its package says."""
    path = os.path.join(NODE, "node_modules", name, "package.json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            return json.load(f)["version"]
    package = "python3-yoyo" if name == "yoyo" else name
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False).stdout or "?"


def run(command, url):
    """Wall and CPU seconds; None: it failed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(command, env=dict(ENV, DATABASE_URL=url), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(f"# {command[0]}: {(done.stderr + done.stdout).strip()[-300:]}", file=sys.stderr)
        return None
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Postgres:
    name, letter = "PostgreSQL", "p"

    def __init__(self):
        self.server = db.Server("-c", "fsync=on", "-c", "max_locks_per_transaction=256")

    def url(self, name):
        return self.server.url.replace("/postgres?", f"/run_{name}?")

    def anew(self, name):
        self.server.sql(f"DROP DATABASE IF EXISTS run_{name}")
        self.server.sql(f"CREATE DATABASE run_{name}")

    def tables(self, name):
        return int(subprocess.run(["psql", "-XAt", "-d", self.url(name), "-c", "SELECT count(*) FROM pg_tables WHERE tablename ~ '^t[0-9]+$'"],
                                  capture_output=True, text=True, check=True).stdout)

    def end(self):
        self.server.end()


class Lite:
    name, letter = "SQLite", "s"

    def url(self, name):
        return os.path.realpath(f"run_{name}.db")

    def anew(self, name):
        for f in os.listdir("."):
            if f.startswith(f"run_{name}.db"):
                os.unlink(f)

    def tables(self, name):
        return int(subprocess.run(["sqlite3", self.url(name), "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name GLOB 't[0-9]*'"],
                                  capture_output=True, text=True, check=True).stdout)

    def end(self):
        pass


def word(name):
    """Of a database and a file."""
    return {LEAST: "least", SAME: "same"}.get(name, name.replace("-", "_"))


def rounds(base, peers):
    """Seconds of wall and CPU, of applying and at head."""
    ups, heads = {name: [] for name, *_ in peers}, {name: [] for name, *_ in peers}
    for r in range(ROUNDS):
        first = len(peers) * r // ROUNDS  # none is always before or behind the same others
        for name, _, _, command, _, most in peers[first:] + peers[:first]:
            if r < most:
                base.anew(word(name))
                up = run(command(base.url(word(name))), base.url(word(name)))
                if up and base.tables(word(name)) == N:
                    ups[name].append(up)
    for i in range(HEADS):
        for name, _, _, command, _, _ in peers:
            if ups[name] and (i < HEADS_PEER or name in (LEAST, SAME, "prusik")):
                heads[name] += [h for h in [run(command(base.url(word(name))), base.url(word(name)))] if h]
    return {name: (ups[name], heads[name]) for name in ups if ups[name] and heads[name] and base.tables(word(name)) == N}


def middle(rows, column):
    return statistics.median(r[column] for r in rows)


def report(base, took, peers):
    failed = [p[0] for p in peers if p[0] not in took]
    floor, least = middle(took[SAME][0], 0), middle(took[LEAST][0], 0)
    print(f"\n{base.name}, {N} migrations, {ROUNDS} rounds, load {os.getloadavg()[0]:.1f} at its end:\n\n| | up s | (least, most) |"
          " of the same statements | of a version each | CPU s | at head ms | CPU ms |\n|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, (ups, heads) in took.items():
        walls = [r[0] for r in ups]
        print(f"| {name} | {middle(ups, 0):.2f} | {min(walls):.2f}, {max(walls):.2f} | {middle(ups, 0) / floor:.2f} | {middle(ups, 0) / least:.2f} | "
              f"{middle(ups, 1):.2f} | {1000 * middle(heads, 0):.0f} | {1000 * middle(heads, 1):.0f} |", flush=True)
    print("".join(f"\n{name} failed, and is not measured" for name in failed))
    ratio = middle(took["prusik"][0], 0) / floor
    wall, cpu = (statistics.median(a[c] - b[c] for a, b in zip(took["prusik"][1], took[LEAST][1])) for c in (0, 1))
    print(f"at head, beyond connecting and asking for the versions: {1000 * wall:.1f} ms, of which CPU {1000 * cpu:.1f} ms (10)")
    return ([f"{base.name}: applying takes {ratio:.2f} of the same statements (1.2)"] if ratio > 1.2 else []) + (
        [f"{base.name}: at head {1000 * cpu:.1f} ms of CPU beyond the floor (10)"] if cpu > 0.010 else [])


def main():
    folder, bad = tempfile.mkdtemp(), []
    os.chdir(folder)
    peers = [p for p in PEERS if shutil.which(p[1], path=ENV["PATH"]) and (p[1] != YOYO or has_yoyo())]
    print("; ".join(f"{p[0]} {version(p[0])}" for p in peers[3:]))
    print("not here: " + (", ".join(p[0] for p in PEERS if p not in peers) or "none"))
    try:
        for _, _, make, _, _, _ in peers:
            if make:
                make()
        for kind in (Postgres, Lite):
            if ONLY and not kind.name.lower().startswith(ONLY):
                continue
            base = kind()
            try:
                fit = [p for p in peers if base.letter in p[4]]
                bad += report(base, rounds(base, fit), fit)
            finally:
                base.end()
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
    for text in bad:
        print(text)
    return 1 if bad else 0


sys.exit(main())
