#!/usr/bin/env python3
"""An editor at work: prusik lsp in a session as editors hold it.  TAP on stdout.

usage: lsp.py PRUSIK
"""
import json
import os
import subprocess
import sys
import tempfile
import threading

from tap import DEADLINE_S

PRUSIK = os.path.realpath(sys.argv[1])
DOCUMENT = """# Shop

## Checklist

- [ ] **1.1** Stop it

## Deployment

#### 1.1 Stop

```bash
systemctl stop shop
mv <what> /tmp
```

## Rollback

```bash
systemctl start shop
```
"""


class Editor:
    """One server; a thread ends it when it says nothing for too long."""

    def __init__(self, folder):
        self.process = subprocess.Popen([PRUSIK, "lsp", "--stdio"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, cwd=folder)
        self.timer = threading.Timer(DEADLINE_S, self.process.kill)
        self.timer.start()
        self.next_id = 0
        self.uri = "file://" + folder + "/deploy%20it.md"

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def receive(self):
        length = None
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise EOFError("the server is gone")
            if line == b"\r\n":
                return json.loads(self.process.stdout.read(length))
            name, value = line.decode().split(":")
            if name == "Content-Length":
                length = int(value)

    def request(self, method, **params):
        self.next_id += 1
        self.send(id=self.next_id, method=method, params=params)
        answer = self.receive()
        assert answer["id"] == self.next_id, answer
        return answer["result"]

    def at_line(self, method, line):
        return self.request("textDocument/" + method, textDocument={"uri": self.uri},
                            position={"line": line, "character": 0})

    def diagnostics(self):
        message = self.receive()
        assert message["method"] == "textDocument/publishDiagnostics", message
        assert message["params"]["uri"] == self.uri, message
        return message["params"]["diagnostics"]

    def open(self, text):
        self.send(method="textDocument/didOpen", params={"textDocument": {
            "uri": self.uri, "languageId": "markdown", "version": 1, "text": text}})
        return self.diagnostics()

    def end(self):
        self.timer.cancel()
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(DEADLINE_S)


def texts_of(diagnostics, line):
    return " ".join(d["message"] for d in diagnostics if d["range"]["start"]["line"] == line)


def begun(folder):
    editor = Editor(folder)
    answer = editor.request("initialize", processId=os.getpid(), rootUri="file://" + folder,
                            capabilities={"general": {"positionEncodings": ["utf-16"]}})
    assert answer["capabilities"]["hoverProvider"] is True, answer
    editor.send(method="initialized", params={})
    return editor


def a_session_shows_findings_hover_definition_and_outline(folder):
    editor = begun(folder)
    found = editor.open(DOCUMENT)
    assert "what does <what> stand for" in texts_of(found, 12), found
    hover = editor.at_line("hover", 11)
    assert "way back: rollback" in hover["contents"]["value"], hover
    place = editor.at_line("definition", 4)
    assert place["range"]["start"]["line"] == 8, place
    outline = editor.request("textDocument/documentSymbol", textDocument={"uri": editor.uri})
    assert [c["name"] for c in outline[0]["children"]] == ["Checklist", "Deployment", "Rollback"], outline
    assert editor.request("shutdown") is None
    editor.send(method="exit")
    assert editor.end() == 0


def what_is_changed_and_saved_is_read_again(folder):
    editor = begun(folder)
    editor.open(DOCUMENT)
    editor.send(method="textDocument/didChange", params={
        "textDocument": {"uri": editor.uri, "version": 2},
        "contentChanges": [{"text": DOCUMENT.replace("<what>", "what")}]})
    assert "what does" not in texts_of(editor.diagnostics(), 12)
    with open(folder + "/prusik.yaml", "w", encoding="utf-8") as f:
        f.write("steps: {deployment: {undo: by hand}}\n")
    editor.send(method="textDocument/didSave", params={"textDocument": {"uri": editor.uri}})
    assert "nothing in the document undoes" not in texts_of(editor.diagnostics(), 12)
    editor.send(method="textDocument/didClose", params={"textDocument": {"uri": editor.uri}})
    assert editor.diagnostics() == []
    editor.send(method="exit")
    assert editor.end() != 0  # no shutdown before it


def an_editor_that_goes_away_ends_it(folder):
    editor = begun(folder)
    editor.open(DOCUMENT)
    assert editor.end() != 0


def a_hundred_changes_are_answered_in_their_order(folder):
    editor = begun(folder)
    editor.open(DOCUMENT)
    for version in range(2, 102):
        editor.send(method="textDocument/didChange", params={
            "textDocument": {"uri": editor.uri, "version": version},
            "contentChanges": [{"text": DOCUMENT + "\nmore\n" * version}]})
    for version in range(2, 102):
        assert editor.receive()["params"]["version"] == version
    editor.send(method="exit")
    editor.end()


def main():
    tests = [a_session_shows_findings_hover_definition_and_outline, what_is_changed_and_saved_is_read_again,
             an_editor_that_goes_away_ends_it, a_hundred_changes_are_answered_in_their_order]
    failed = 0
    for n, test in enumerate(tests, 1):
        try:
            with tempfile.TemporaryDirectory() as folder:
                test(os.path.realpath(folder))
            print(f"ok {n} - {test.__name__}")
        except Exception as e:  # pylint: disable=broad-except
            failed += 1
            for line in (repr(e) or "?").splitlines():
                print("# " + line)
            print(f"not ok {n} - {test.__name__}")
    print(f"1..{len(tests)}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
