#!/usr/bin/env python3
"""A small service for real hosts: it answers with its version, and ends what it has begun before it goes.

usage: shop.py FOLDER   FOLDER/version is what it answers, FOLDER/broken makes it answer 500.
"""
import http.server
import json
import os
import signal
import sys
import threading

FOLDER = os.path.realpath(sys.argv[1])
with open(f"{FOLDER}/version", encoding="utf-8") as f:
    VERSION = f.read().strip()
BROKEN = os.path.exists(f"{FOLDER}/broken")


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        body = json.dumps({"version": VERSION, "broken": BROKEN}).encode()
        self.send_response(500 if BROKEN else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class Shop(http.server.ThreadingHTTPServer):
    daemon_threads = False  # open requests are ended first
    request_queue_size = 64


shop = Shop(("", 8080), Answer)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=shop.shutdown).start())
shop.serve_forever()
shop.server_close()
