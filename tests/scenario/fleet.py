#!/usr/bin/env python3
"""A step on several hosts, each a real sshd on loopback.  TAP on stdout.

usage: fleet.py PRUSIK
"""
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from sshd import Server
from tap import DEADLINE_S, await_, check, read, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])
HOME = tempfile.mkdtemp()
NAMES = ["web1", "web2", "web3"]
SERVERS = {}


def prusik(*argv):
    return subprocess.run([PRUSIK, *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=DEADLINE_S)


def begin(*argv):
    return subprocess.Popen([PRUSIK, "run", "deploy.md", "--operator", "ann", *argv], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(want, *argv):
    done = prusik("run", "deploy.md", "--operator", "ann", *argv)
    check(done.returncode == want, f"exit status {done.returncode} instead of {want}\n{done.stdout}{done.stderr}")
    return done


def resume(want):
    done = prusik("resume")
    check(done.returncode == want, f"exit status {done.returncode} instead of {want}\n{done.stdout}{done.stderr}")
    return done


RELEASE = """# Deploy the shop

## Steps

```bash
ssh web
cd ROOT/$WHERE
echo 2 > version
COMMAND
exit
```

## Rollback

```bash
ssh web
cd ROOT/$WHERE
echo 1 > version
```
"""


def document(command, group="", more="on_failure: rollback\n"):
    """Each host has a folder with a version, which the release makes 2 and the way back 1 again."""
    for name in NAMES:
        os.mkdir(name)
        write(f"{name}/version", "1\n")
    write("deploy.md", RELEASE.replace("ROOT", os.getcwd()).replace("COMMAND", command))
    hosts = ", ".join(f"{name}: {{ssh: [-F, {HOME}/ssh_config]}}" for name in NAMES)
    write("prusik.yaml", f"environment: test\nhosts: {{{hosts}, web: {{group: [web1, web2, web3]{group}}}}}\n"
          f"steps: {{steps: {{undo: a test}}}}\n{more}")


def versions():
    return [read(f"{name}/version").strip() for name in NAMES]


def ran(name):
    return len(read(f"{name}/ran").splitlines()) if os.path.exists(f"{name}/ran") else 0


def outcomes(of):
    """What the journal has of the hosts of a step: {host: [states]}."""
    found = {}
    report = prusik("status", "--json").stdout
    check(report, "no status")
    for line in read("events").splitlines():
        e = json.loads(line)
        if e["event"] == "host-outcome" and of in e["step"]:
            found.setdefault(e["data"]["host"], []).append(e["data"]["state"])
    return found


# --- the tests


def a_release_rolls_through_three_hosts():
    here = os.getcwd()
    document(f"echo $WHERE >> {here}/order",
             f", health: {{command: 'test \"$(cat {here}/$WHERE/version)\" = 2', within: 5s}}")
    run(0)
    same("versions", versions(), ["2", "2", "2"])
    same("the order", read("order").split(), NAMES)


class Health(BaseHTTPRequestHandler):
    asked = []

    def do_GET(self):  # pylint: disable=invalid-name
        Health.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def the_report_shows_what_each_host_was_asked():
    server = HTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    document("true", f", batch: 2, health: {{http: '{url}/{{address}}', within: 5s}}")
    run(0)
    server.shutdown()
    same("asked", sorted(set(Health.asked)), [f"/{name}" for name in NAMES])
    for form in ("html", "markdown"):
        text = prusik("report", "--format", form).stdout
        for name in NAMES:
            check(f"{url}/{name}" in text, f"the {form} report does not show {url}/{name}")
    check(f"<code>{url}/{NAMES[2]}</code><span" in prusik("report", "--format", "html").stdout,
          "the line of the step on one host shows a pattern")


def one_bad_host_stops_it_and_all_that_were_touched_go_back():
    document("test $WHERE != web2")
    done = run(5)
    check("web2: exit status 1" in done.stdout, done.stdout)
    same("versions", versions(), ["1", "1", "1"])
    check("left alone" in done.stdout and "web3" in done.stdout, done.stdout)


def one_unhealthy_host_in_the_second_batch_brings_the_fleet_to_one_version():
    here = os.getcwd()
    document("true", f", batch: 2, health: {{command: 'test $WHERE = web1 -o \"$(cat {here}/$WHERE/version)\" = 1 "
             "-o $WHERE = web2', within: 1s, every: 200ms}")
    done = run(5)
    check("web3: exit status 1" in done.stdout and "/health" in done.stdout, done.stdout)
    same("versions", versions(), ["1", "1", "1"])


def without_a_way_back_the_next_batch_is_not_begun():
    document("test $WHERE != web2", more="")
    run(4)
    same("versions", versions(), ["2", "2", "1"])


def a_host_that_is_cut_off_is_in_doubt_and_only_that_one():
    document("echo x >> ran && { test $WHERE != web2 -o -e mended || sleep 1000; }", ", batch: 3",
             "steps: {steps: {undo: a test, in_doubt: ask}}\n")
    write("prusik.yaml", read("prusik.yaml").replace("steps: {steps: {undo: a test}}\n", "", 1))
    p = begin("--json")
    await_("the command", lambda: all(ran(name) == 1 for name in NAMES))
    SERVERS["web2"].cut()
    out, _ = p.communicate(timeout=DEADLINE_S)
    same("the exit status", p.returncode, 7)
    write("events", "".join(line + "\n" for line in out.splitlines() if line.startswith("{")))
    same("the outcomes", outcomes("steps/3"), {"web1": ["done"], "web3": ["done"], "web2": ["in-doubt"]})
    check("web2" in prusik("status").stdout, prusik("status").stdout)
    for name in NAMES:
        write(f"{name}/mended", "")
    answer_in_terminal(["resume"], "Has it happened?", "no\n", 0)
    same("how often it ran", [ran(name) for name in NAMES], [1, 2, 1])


def where_it_does_no_harm_it_is_begun_again_there():
    document("echo x >> ran && { test $WHERE != web2 -o -e mended || sleep 1000; }", ", batch: 3",
             "steps: {steps: {undo: a test, in_doubt: again}}\n")
    write("prusik.yaml", read("prusik.yaml").replace("steps: {steps: {undo: a test}}\n", "", 1))
    p = begin()
    await_("the command", lambda: all(ran(name) == 1 for name in NAMES))
    write("web2/mended", "")
    SERVERS["web2"].cut()
    out, _ = p.communicate(timeout=DEADLINE_S)
    check(p.returncode == 0, f"{p.returncode} {out}")
    same("how often it ran", [ran(name) for name in NAMES], [1, 2, 1])


def a_host_that_is_powered_off_meanwhile_was_not_touched():
    document("touch ../began && until test -e ../off; do sleep 0.05; done")
    p = begin()
    await_("the first batch", lambda: os.path.exists("began"))
    SERVERS["web2"].power_off()
    try:
        write("off", "")
        out, _ = p.communicate(timeout=DEADLINE_S)
    finally:
        SERVERS["web2"].start()
    same("the exit status", p.returncode, 5)
    check("web2: host 'web2' cannot be reached" in out, out)
    check("nothing was changed on web2: left alone" in out, out)
    same("versions", versions(), ["1", "1", "1"])


def answer_in_terminal(argv, question, answer, want):
    """Run it where a person sits who answers the question as often as it comes."""
    pid, fd = pty.fork()
    if pid == 0:
        env = {name: value for name, value in os.environ.items() if name != "CI"}  # nobody is asked there
        os.execve(PRUSIK, [PRUSIK, *argv], env)
    text, answered = "", 0
    while True:
        ready, _, _ = select.select([fd], [], [], DEADLINE_S)
        check(ready, f"nothing comes any more\n{text}")
        try:
            chunk = os.read(fd, 65536)
        except OSError:  # the terminal is closed
            chunk = b""
        if not chunk:
            break
        text += chunk.decode(errors="replace")
        if text.count("a note may follow") > answered and question in text:
            answered += 1
            os.write(fd, answer.encode())
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    check(os.waitstatus_to_exitcode(status) == want, f"exit status {status} instead of {want}\n{text[-2000:]}")
    return text, answered


LOOK = "ls\n# Expected: the page looks right"


def a_person_answers_for_each_host():
    document(LOOK, ", batch: 3")
    _, answered = answer_in_terminal(["run", "deploy.md"], "Is it as expected?", "yes\n", 0)
    same("the answers", answered, 3)


def a_person_answers_for_all_hosts():
    document(LOOK, ", batch: 3")
    text, answered = answer_in_terminal(["run", "deploy.md"], "Is it as expected?", "all yes\n", 0)
    same("the answers", answered, 1)
    check("for this and 2 more: all yes" in text, text)


TESTS = [a_release_rolls_through_three_hosts, the_report_shows_what_each_host_was_asked,
         one_bad_host_stops_it_and_all_that_were_touched_go_back,
         one_unhealthy_host_in_the_second_batch_brings_the_fleet_to_one_version,
         without_a_way_back_the_next_batch_is_not_begun, a_host_that_is_cut_off_is_in_doubt_and_only_that_one,
         where_it_does_no_harm_it_is_begun_again_there, a_host_that_is_powered_off_meanwhile_was_not_touched,
         a_person_answers_for_each_host, a_person_answers_for_all_hosts]


def main():
    try:
        for name in NAMES:
            SERVERS[name] = Server(HOME, name)
        write(f"{HOME}/known_hosts", "".join(s.known_host() for s in SERVERS.values()))
        write(f"{HOME}/ssh_config", "".join(s.client_config(name) for name, s in SERVERS.items()))
        return run_tests(TESTS)
    finally:
        for s in SERVERS.values():
            s.stop()
        shutil.rmtree(HOME)


sys.exit(main())
