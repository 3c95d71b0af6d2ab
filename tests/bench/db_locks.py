#!/usr/bin/env python3
"""How long a reader and a writer stand still while an operation changes their table, against the plain statement.

usage: db_locks.py PRUSIK [ROWS]
A PostgreSQL of its own in a folder under /tmp, with fsync; ROWS is 200000 unless said.  Prints three tables in Markdown: the
longest single statement in ms of a session that reads a row, and of one that writes a row, over and over; what that of the one that
writes waited for, at which a third session looks all the time; and what a backfill does to it.  A missed bound ends it with 1: online
a writer waits for at most 200 ms (and a tenth of what the plain statement makes it wait, where that is more), unless no lock was seen
in it: the time that a disk takes is no operation's, and as long beside nothing, which is measured first.  Behind a backfill p99 is at
most twice that of an idle server, or 5 ms.  The server is idle for some seconds again and again while the backfill is held by its file
prusik.throttle, so that both are measured in the same minutes.
"""
import collections
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "scenario"))
PRUSIK, ROWS = os.path.realpath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200000
sys.argv = [sys.argv[0], PRUSIK]
import db  # noqa: E402  pylint: disable=wrong-import-position
from tap import Failed, await_, write  # noqa: E402  pylint: disable=wrong-import-position

WRITER_MS, HELD_S = 200, 3
NOTHING_S = 5
WRITE = "UPDATE deals SET hits = hits + 1 WHERE id = {n}"
WAITS = ("SELECT coalesce(wait_event_type || '/' || wait_event, state) FROM pg_stat_activity"
         " WHERE query LIKE 'UPDATE deals SET hits%' AND pid <> pg_backend_pid()")
TURN_S, SETTLE_S = 6, 2  # a turn of a backfill, or of nothing; what is not counted at its start: it looks once a second
CASES = [
    ("add_column, constant default", "- add_column: {table: deals, column: a, type: integer, default: 0, null: no}",
     "ALTER TABLE deals ADD COLUMN a integer NOT NULL DEFAULT 0"),
    ("add_column, while another session has read", "- add_column: {table: deals, column: a, type: integer}",
     "ALTER TABLE deals ADD COLUMN a integer"),
    ("add_column, volatile default", "- add_column: {table: deals, column: ext, type: uuid, default: gen_random_uuid(), null: no, backfill: {}}",
     "ALTER TABLE deals ADD COLUMN ext uuid NOT NULL DEFAULT gen_random_uuid()"),
    ("add_check", "- add_check: {table: deals, name: c, expr: amount >= 0}",
     "ALTER TABLE deals ADD CONSTRAINT c CHECK (amount >= 0)"),
    ("add_foreign_key", "- add_foreign_key: {table: deals, name: f, columns: [parent_id], to_table: parent, to_columns: [id]}",
     "ALTER TABLE deals ADD CONSTRAINT f FOREIGN KEY (parent_id) REFERENCES parent (id)"),
    ("set_not_null", "- set_not_null: {table: deals, column: amount}", "ALTER TABLE deals ALTER COLUMN amount SET NOT NULL"),
    ("set_not_null, fill", "- set_not_null: {table: deals, column: note, fill: \"'x'\"}",
     "BEGIN; UPDATE deals SET note = 'x' WHERE note IS NULL; ALTER TABLE deals ALTER COLUMN note SET NOT NULL; COMMIT"),
    ("create_index", "- create_index: {table: deals, name: i, columns: [amount]}", "CREATE INDEX i ON deals (amount)"),
    ("drop_index", "- drop_index: {name: deals_amount}", "DROP INDEX deals_amount"),
    ("add_unique", "- add_unique: {table: deals, name: u, columns: [code]}", "ALTER TABLE deals ADD CONSTRAINT u UNIQUE (code)"),
    ("map_values", "- map_values: {table: deals, column: code, map: {c1: d1}, other: keep, keep: yes}", "UPDATE deals SET code = 'd1' WHERE code = 'c1'"),
    ("expand_rename", "- expand_rename: {table: deals, from: code, to: label, type: text}",
     "ALTER TABLE deals ADD COLUMN label text; UPDATE deals SET label = code"),
    ("promote_json", "- promote_json: {table: deals, column: details, key: kind, to: kind, type: text, key_columns: [id]}",
     "ALTER TABLE deals ADD COLUMN kind text; UPDATE deals SET kind = details ->> 'kind'"),
    ("backfill", "- backfill: {job: b, table: deals, set: {note: \"'x'\"}, where: note IS NULL}", "UPDATE deals SET note = 'x' WHERE note IS NULL"),
]
SETUP = f"""CREATE TABLE parent (id bigint PRIMARY KEY);
INSERT INTO parent SELECT generate_series(1, 1000);
CREATE TABLE deals (id bigint PRIMARY KEY, amount int, code text, parent_id bigint, note text, details jsonb, hits int DEFAULT 0);
INSERT INTO deals SELECT n, n % 100, 'c' || n, 1 + n % 1000, NULL, '{{"kind": "a"}}' FROM generate_series(1, {ROWS}) n;
CREATE INDEX deals_amount ON deals (amount)"""


class Client(threading.Thread):
    """One psql that answers one statement at a time."""

    def __init__(self, url, statement):
        super().__init__(daemon=True)
        self.statement, self.stop, self.took_ms, self.ended, self.n = statement, False, [], [], 0
        self.psql = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", "-d", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True)

    def ask(self, text):
        self.psql.stdin.write(f"{text};\n\\echo done\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline()) not in ("done\n", ""):
            lines.append(line.strip())
        return lines

    def run(self):
        while not self.stop:
            start = time.monotonic()
            self.ask(self.statement.format(n=1 + self.n * 7919 % ROWS))
            self.took_ms.append(1000 * (time.monotonic() - start))
            self.ended.append(time.monotonic())
            self.n += 1
            time.sleep(0.001)

    def end(self):
        self.stop = True
        self.join()
        self.psql.stdin.close()
        self.psql.wait()
        return self.took_ms


class Witness(Client):
    """What the writer waits for, some 200 times a second."""

    def __init__(self, url):
        super().__init__(url, WAITS)
        self.seen = []

    def run(self):
        while not self.stop:
            waits = self.ask(self.statement)
            self.seen.append((time.monotonic(), waits[0] if waits else "nothing"))
            time.sleep(0.004)

    def in_longest(self, writer):
        """How often each was seen in the longest statement of the writer."""
        ms, ended = max(zip(writer.took_ms, writer.ended))
        return collections.Counter(what for at, what in self.seen if ended - ms / 1000 <= at <= ended)


def share(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


class Bench:
    def __init__(self):
        self.server = db.Server("-c", "fsync=on", "-c", "max_wal_size=4GB", "-c", "shared_buffers=512MB", "-c", "autovacuum=off")
        self.server.sql("CREATE DATABASE base")
        self.admin, self.base = self.server.url, self.server.url.replace("/postgres?", "/base?")
        self.server.url = self.base
        for text in (SETUP, "VACUUM (ANALYZE) deals", "CHECKPOINT"):
            self.server.sql(text)

    def anew(self):
        self.server.url = self.admin
        self.server.sql("DROP DATABASE IF EXISTS run")
        self.server.sql("CREATE DATABASE run TEMPLATE base STRATEGY file_copy")
        self.server.url = self.admin.replace("/postgres?", "/run?")

    def measure(self, change, held=False):
        """Seconds, and what each statement of the reader and of the writer took."""
        self.anew()
        clients = [Client(self.server.url, "SELECT amount FROM deals WHERE id = {n}"),
                   Client(self.server.url, WRITE), Witness(self.server.url)]
        for c in clients:
            c.start()
        for c in clients[:2]:  # the first answer has the start of psql and its connection in it
            await_("an answer", lambda c=c: c.n > 10)
        holder = None
        if held:  # has read, and thinks
            holder = subprocess.Popen(["psql", "-X", "-q", "-d", self.server.url, "-c", "BEGIN", "-c", "SELECT id FROM deals LIMIT 1", "-c",
                                       f"SELECT pg_sleep({HELD_S})", "-c", "COMMIT"], stdout=subprocess.DEVNULL)
            time.sleep(0.3)
        for c in clients:
            c.took_ms.clear()
            c.ended.clear()
        start = time.monotonic()
        try:
            change()
            seconds = time.monotonic() - start
        except Failed as e:
            if "deadlock" not in str(e):
                raise
            seconds = float("nan")  # the server ended it
        self.writer = clients[1]
        if holder:
            holder.wait()
        took = [c.end() for c in clients]
        self.waits = clients[2].in_longest(self.writer)
        return [seconds, *took[:2]]

    def online(self, yaml):
        write("m/1_a.yaml", f"prusik: 1\nup:\n{yaml}\n")
        code, _, err = db.prusik(self.server, "upgrade", "--quiet")
        if code:
            raise RuntimeError(err)


def row(name, values):
    print(f"| {name} | " + " | ".join(values) + " |", flush=True)


def locks(bench):
    bad, longest = [], []
    nothing = bench.measure(lambda: time.sleep(NOTHING_S))
    longest.append(("nothing", max(nothing[2]), bench.waits))
    print(f"{ROWS} rows, fsync on\n\n| operation | s | reader ms | writer ms | plain: s | reader ms | writer ms |\n|---|--:|--:|--:|--:|--:|--:|")
    for name, yaml, sql in CASES:
        held = "while another" in name
        ours = bench.measure(lambda y=yaml: bench.online(y), held)
        waits = bench.waits
        longest.append((name, max(ours[2]), waits))
        plain = bench.measure(lambda s=sql: bench.server.sql(s), held)
        row(name, ["deadlock" if v != v else f"{v:.1f}" if i % 3 == 0 else f"{max(v):.0f}" for i, v in enumerate(ours + plain)])
        most = max(WRITER_MS, max(plain[2]) / 10) if not held else 1000
        if max(ours[2]) > most and any(what.startswith("Lock/") for what in waits):
            bad.append(f"{name}: a writer waited for {max(ours[2]):.0f} ms")
    print("\n| beside | longest of the writer, ms | what it waited for, and how often that was seen |\n|---|--:|---|")
    for name, ms, waits in longest:
        row(name, [f"{ms:.0f}", ", ".join(f"{what} {n}" for what, n in waits.most_common()) or "nothing was seen"])
    return bad


class Turns(threading.Thread):
    """Holds a backfill and lets it go on, by turns; when each turn began."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stop, self.turns = threading.Event(), []

    def run(self):
        held = True
        while not self.stop.is_set():
            if held:
                write("prusik.throttle", "")
            elif os.path.exists("prusik.throttle"):
                os.remove("prusik.throttle")
            self.turns.append((time.monotonic(), held))
            held = not held
            self.stop.wait(TURN_S)
        if os.path.exists("prusik.throttle"):
            os.remove("prusik.throttle")

    def of(self, held, ended, took_ms):
        """The times of those writes that were within turns of a kind."""
        ends = [t for t, _ in self.turns[1:]] + [self.turns[-1][0] + TURN_S]
        windows = [(t + SETTLE_S, end) for (t, is_held), end in zip(self.turns, ends) if is_held == held]
        return [ms for at, ms in zip(ended, took_ms) if any(a <= at < b for a, b in windows)]


def backfill(bench):
    turns = Turns()

    def by_turns():
        turns.start()
        bench.online(CASES[-1][1])
        turns.stop.set()
        turns.join()
    ours = bench.measure(by_turns)
    idle, busy = (turns.of(held, bench.writer.ended, ours[2]) for held in (True, False))
    plain = bench.measure(lambda: bench.server.sql(CASES[-1][2]))
    print("\n| backfill | s | writes | writer p50 ms | p90 ms | p99 ms | longest ms |\n|---|--:|--:|--:|--:|--:|--:|")
    for name, seconds, took in (("idle, by turns", ours[0], idle), ("in batches, by turns", ours[0], busy), ("one UPDATE", plain[0], plain[2])):
        if took:
            row(name, [f"{seconds:.1f}", str(len(took)), *(f"{share(took, p):.1f}" for p in (0.5, 0.9, 0.99)), f"{max(took):.0f}"])
    p99 = share(busy, 0.99)
    return [f"backfill: p99 of writes is {p99:.1f} ms"] if p99 > max(5, 2 * share(idle, 0.99)) else []


def main():
    folder, bench, bad = tempfile.mkdtemp(), None, []
    os.chdir(folder)
    os.mkdir("m")
    try:
        bench = Bench()
        bad = locks(bench) + backfill(bench)
    finally:
        if bench:
            bench.server.end()
        os.chdir("/")
        shutil.rmtree(folder)
    for text in bad:
        print(text)
    return 1 if bad else 0


sys.exit(main())
