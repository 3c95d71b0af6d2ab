#!/usr/bin/env python3
"""For how long a reader and a writer stand still while an operation changes their table, against the plain statement.

usage: db_locks.py PRUSIK [ROWS]
A PostgreSQL of its own in a folder under /tmp; ROWS is 200000 unless said.  Prints a table in Markdown: the longest single
statement in ms of a session that reads a row, and of one that writes a row, over and over.
"""
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
from tap import write  # noqa: E402  pylint: disable=wrong-import-position

CASES = [
    ("add_check", "- add_check: {table: deals, name: c, expr: amount >= 0}",
     "ALTER TABLE deals ADD CONSTRAINT c CHECK (amount >= 0)"),
    ("add_foreign_key", "- add_foreign_key: {table: deals, name: f, columns: [parent_id], to_table: parent, to_columns: [id]}",
     "ALTER TABLE deals ADD CONSTRAINT f FOREIGN KEY (parent_id) REFERENCES parent (id)"),
    ("set_not_null", "- set_not_null: {table: deals, column: amount}", "ALTER TABLE deals ALTER COLUMN amount SET NOT NULL"),
    ("create_index", "- create_index: {table: deals, name: i, columns: [amount]}", "CREATE INDEX i ON deals (amount)"),
    ("add_unique", "- add_unique: {table: deals, name: u, columns: [code]}", "ALTER TABLE deals ADD CONSTRAINT u UNIQUE (code)"),
    ("add_column, volatile default", "- add_column: {table: deals, column: ext, type: uuid, default: gen_random_uuid(), null: no, backfill: {}}",
     "ALTER TABLE deals ADD COLUMN ext uuid NOT NULL DEFAULT gen_random_uuid()"),
    ("backfill", "- backfill: {job: b, table: deals, set: {note: \"'x'\"}, where: note IS NULL}", "UPDATE deals SET note = 'x' WHERE note IS NULL"),
]
SETUP = f"""DROP SCHEMA IF EXISTS public, prusik CASCADE; CREATE SCHEMA public; CREATE TABLE parent (id bigint PRIMARY KEY);
INSERT INTO parent SELECT generate_series(1, 1000);
CREATE TABLE deals (id bigint PRIMARY KEY, amount int, code text, parent_id bigint, note text, hits int DEFAULT 0);
INSERT INTO deals SELECT n, n % 100, 'c' || n, 1 + n % 1000 FROM generate_series(1, {ROWS}) n; ANALYZE deals"""


class Client(threading.Thread):
    """One psql that answers one statement at a time."""

    def __init__(self, url, statement):
        super().__init__(daemon=True)
        self.statement, self.stop, self.worst_ms, self.n = statement, False, 0.0, 0
        self.psql = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", "-d", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True)

    def run(self):
        while not self.stop:
            start = time.monotonic()
            self.psql.stdin.write(f"{self.statement.format(n=1 + self.n * 7919 % ROWS)};\n\\echo done\n")
            self.psql.stdin.flush()
            while self.psql.stdout.readline() not in ("done\n", ""):
                pass
            self.worst_ms = max(self.worst_ms, 1000 * (time.monotonic() - start))
            self.n += 1
            time.sleep(0.001)

    def end(self):
        self.stop = True
        self.join()
        self.psql.stdin.close()
        self.psql.wait()
        return self.worst_ms


def measure(server, change):
    server.sql(SETUP)
    clients = [Client(server.url, "SELECT amount FROM deals WHERE id = {n}"),
               Client(server.url, "UPDATE deals SET hits = hits + 1 WHERE id = {n}")]
    for c in clients:
        c.start()
    time.sleep(0.3)
    start = time.monotonic()
    change()
    seconds = time.monotonic() - start
    return [seconds, *(c.end() for c in clients)]


def main():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.mkdir("m")
    server = db.Server()

    def online(yaml):
        write("m/1_a.yaml", f"prusik: 1\nup:\n{yaml}\n")
        code, _, err = db.prusik(server, "upgrade", "--quiet")
        if code:
            raise RuntimeError(err)

    try:
        print(f"{ROWS} rows\n\n| operation | s | reader ms | writer ms | plain: s | reader ms | writer ms |\n|---|--:|--:|--:|--:|--:|--:|")
        for name, yaml, sql in CASES:
            ours = measure(server, lambda y=yaml: online(y))
            plain = measure(server, lambda s=sql: server.sql(s))
            print(f"| {name} | " + " | ".join(f"{v:.1f}" if i % 3 == 0 else f"{v:.0f}" for i, v in enumerate(ours + plain)) + " |",
                  flush=True)
    finally:
        server.end()
        os.chdir("/")
        shutil.rmtree(folder)


main()
