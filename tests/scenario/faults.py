#!/usr/bin/env python3
"""What the machine does to a run: numbers of processes that are used again, much output in little time.  TAP.

usage: faults.py PRUSIK [MEGABYTES]
"""
import json
import os
import signal
import sqlite3
import subprocess
import sys

from program import PRUSIK, prusik, start
from pseudo import Terminal
from tap import DEADLINE_S, Failed, Skipped, await_, check, run_tests, same, write

MEGABYTES = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2].isdigit() else 40
GROWTH_KB = 4096
BLOCK = "```bash\n{}\n```\n\n"


def document(*commands):
    write("doc.md", "# Doc\n\n## Steps\n\n" + "".join(BLOCK.format(c) for c in commands))
    names = ", ".join(f"'{n + 1}': {{undo: a test, in_doubt: again}}" for n in range(len(commands)))
    write("prusik.yaml", f"environment: test\noperator: ann\nsteps: {{{names}}}\n")


# --- a process number that is used again

NAMESPACE = ["--fork", "--mount-proc", "--kill-child"]


def events(name):
    db = sqlite3.connect("file:.prusik/store.db?mode=ro", uri=True)
    kinds = {"step-outcome": 21, "hold-taken": 30}
    found = [json.loads(d) for (d,) in db.execute("SELECT data FROM event WHERE kind = ? ORDER BY seq", (kinds[name],))]
    db.close()
    return found


def as_process(number, *argv):
    """A program that leads a session and has this number."""
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as f:
        f.write(str(number - 1))
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)
    same("the number", p.pid, number)
    return p


def lives(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:  # ours to bury: there until then
        return f.read().rsplit(")", 1)[1].split()[0] != "Z"


def bury_all():
    """We are process 1 here: what has lost its parent is ours, and a number is free when nothing is left of its session."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass


def used_again():
    """In a namespace of process numbers, as process 1."""
    document("{ touch begun; until [ -e go ]; do sleep 0.05; done; }")
    owner = start("run", "doc.md", "--operator", "ann")
    await_("the step", lambda: os.path.exists("begun"))
    shell = [e["pid"] for e in events("hold-taken") if e["what"] == "shell"][0]
    check("running" in prusik("status").stdout, "the run is not said to run")
    os.kill(owner.pid, signal.SIGKILL)
    os.kill(shell, signal.SIGKILL)
    bury_all()
    others = [as_process(owner.pid, "sleep", "1000"), as_process(shell, "sleep", "1000")]
    crashed_and_resumed(others)


def used_again_by_a_session():
    """The stranger that got the shell's number has ended, too, and left its session behind."""
    document("{ touch begun; until [ -e go ]; do sleep 0.05; done; }")
    owner = start("run", "doc.md", "--operator", "ann")
    await_("the step", lambda: os.path.exists("begun"))
    shell = [e["pid"] for e in events("hold-taken") if e["what"] == "shell"][0]
    os.kill(owner.pid, signal.SIGKILL)
    os.kill(shell, signal.SIGKILL)
    bury_all()
    leader = as_process(shell, "sh", "-c", "sleep 1000 & echo $! > stranger")
    same("the leader's status", leader.wait(DEADLINE_S), 0)
    with open("stranger", encoding="ascii") as f:
        stranger = int(f.read())
    crashed_and_resumed([])
    check(lives(stranger), f"process {stranger}, in a session of strangers, was ended")
    os.kill(stranger, signal.SIGKILL)


def number_in(name):
    with open(name, encoding="ascii") as f:
        return int(f.read())


def what_a_shell_left_is_ended():
    """The shell has ended, and what it started is still ours."""
    document("{ nohup sleep 1001 > /dev/null 2>&1 & echo $! > stays; }", "sleep 0.1",
             "{ sleep 1000 & echo $! > left; nohup sleep 1002 > /dev/null 2>&1 & echo $! > again; touch begun; "
             "until [ -e go ]; do sleep 0.05; done; }")
    owner = start("run", "doc.md", "--operator", "ann")
    await_("the step", lambda: os.path.exists("begun"))
    shell = [e["pid"] for e in events("hold-taken") if e["what"] == "shell"][0]
    os.kill(owner.pid, signal.SIGKILL)
    os.kill(shell, signal.SIGKILL)
    left, again, stays = number_in("left"), number_in("again"), number_in("stays")
    check(lives(left) and lives(again), "what the step started in the background has ended by itself")
    write("go", "")
    same("the exit status of resume", prusik("resume", "--unattended").returncode, 0)
    check(not lives(left), f"process {left} was left running")
    check(not lives(again), "the command that was cut off runs twice")
    check(lives(stays), "what an earlier command had started with nohup was ended")
    for pid in (stays, number_in("again")):
        os.kill(pid, signal.SIGKILL)


def crashed_and_resumed(others):
    status = prusik("status").stdout
    check("crashed" in status, f"the owner of the lock is taken for alive:\n{status}")
    write("go", "")
    done = prusik("resume", "--unattended")
    same("the exit status of resume", (done.returncode, done.stderr if done.returncode else ""), (0, ""))
    for p in others:
        check(p.poll() is None, f"process {p.pid}, a stranger with the number of an old one, was ended")
        p.kill()
        p.wait(DEADLINE_S)


def inside(kind, *options, case="main"):
    """This file once more, in a namespace of that kind."""
    argv = ["unshare", kind, *options] + (["--user", "--map-root-user"] if os.getuid() else [])
    may = subprocess.run([*argv, "true"], check=False, capture_output=True, text=True, timeout=DEADLINE_S)
    if may.returncode:
        raise Skipped(f"unshare {kind} is not permitted here: {may.stderr.strip()}")
    done = subprocess.run([*argv, sys.executable, os.path.realpath(__file__), PRUSIK, "--inside", kind, case], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S)
    check(done.returncode == 0, f"in a namespace of its own (unshare {kind}):\n{done.stdout}{done.stderr}")


def a_number_that_is_used_again_is_neither_the_owner_nor_the_shell():
    inside("--pid", *NAMESPACE)


TIDY = """import os, signal, sys, time
times = 0
def tidy(*_):
    global times
    times += 1
    if times > 1:
        sys.exit(9)  # impatience
    open("half", "w").close()
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        time.sleep(0.05)
    os.remove("half")
    open("tidy", "w").close()
    sys.exit(1)
signal.signal(signal.SIGTERM, tidy)
open("begun", "w").close()
while True:
    time.sleep(0.05)
"""


def what_is_ended_at_a_resume_is_told_once_and_has_time_to_tidy_up():
    write("tidy.py", TIDY)
    document(f"[ -e tidy ] || {sys.executable} tidy.py")
    owner = start("run", "doc.md", "--operator", "ann")
    await_("the step", lambda: os.path.exists("begun"))
    owner.send_signal(signal.SIGKILL)
    owner.wait(DEADLINE_S)
    same("the exit status of resume", prusik("resume", "--unattended").returncode, 0)
    same("what is half done", (os.path.exists("half"), os.path.exists("tidy")), (False, True))


def what_does_not_listen_at_a_resume_is_killed():
    document("[ -e deaf ] || bash -c 'trap \"\" TERM; echo $$ > deaf; touch begun; while :; do sleep 0.1; done'")
    owner = start("run", "doc.md", "--operator", "ann")
    await_("the step", lambda: os.path.exists("begun"))
    owner.send_signal(signal.SIGKILL)
    owner.wait(DEADLINE_S)
    same("the exit status of resume", prusik("resume", "--unattended").returncode, 0)
    with open("deaf", encoding="ascii") as f:
        pid = int(f.read())
    check(not os.path.exists(f"/proc/{pid}") or not lives(pid), "it was left running")


# --- a disk without room

def small_disk():
    """Of our own, in a namespace of mounts."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", "."], check=True)
    os.chdir(os.getcwd())  # into what is mounted now


def fill_disk():
    fill = os.open("fill", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        while True:
            os.write(fill, b"x" * 512)
    except OSError:
        os.close(fill)


def disk_full():
    small_disk()
    document("true", "test -e go")
    same("the exit status", prusik("run", "doc.md").returncode, 4)
    write("go", "")
    fill_disk()
    status = prusik("status")
    check("next         mend it and go on: prusik resume r-0001" in status.stdout, f"status:\n{status.stdout}{status.stderr}")
    done = prusik("resume")
    same("the exit status", done.returncode, 4)
    check("No space left on device" in done.stderr and "hint: make room" in done.stderr, f"it says {done.stderr}")
    os.unlink("fill")
    done = prusik("resume")
    same("the exit status", (done.returncode, done.stderr), (0, ""))
    same("verify", prusik("verify").returncode, 0)


def disk_full_while_it_watches():
    small_disk()
    document("true")
    write("prusik.yaml", "environment: test\nsources: {cmd.queue: {command: echo 7}}\nwatch: {interval: 100ms}\n"
          "rules: {queue: 'investigate when cmd.queue.elapsed > 1h'}\n")
    p = subprocess.Popen([PRUSIK, "watch", "doc.md", "--for", "3s", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True, stdin=subprocess.DEVNULL)
    mark = None
    for line in p.stdout:
        e = json.loads(line)
        mark = e["data"]["at_us"] if e["event"] == "mark" else mark
        if e["event"] == "watch":
            break
    fill_disk()
    said = p.communicate(timeout=DEADLINE_S)[1]
    same("the exit status", p.returncode, 4)  # what it finds cannot be kept: it does not go on as if it could
    check("disk is full" in said or "No space left on device" in said, said)
    check("when the store can be written: prusik resume r-0001" in said, said)
    os.unlink("fill")
    done = prusik("resume", "--json")
    same("the exit status", (done.returncode, done.stderr), (0, ""))
    check('"event":"mark"' not in done.stdout, "it began anew")
    ends = {e["data"]["until_ms"] for e in map(json.loads, done.stdout.splitlines()) if e["event"] == "watch"}
    same("the end", ends, {3000})
    check(mark, "there was no deploy mark")
    same("verify", prusik("verify").returncode, 0)


def a_disk_that_fills_ends_a_watch_which_goes_on_where_it_was():
    inside("--mount", case="watch")


def a_session_with_the_number_of_the_shell_is_left_alone_and_what_is_ours_is_not():
    inside("--pid", *NAMESPACE, case="session")
    inside("--pid", *NAMESPACE, case="left")


def a_full_disk_is_said_and_the_status_is_told_all_the_same():
    inside("--mount")


# --- much output

def high_water_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))


def prints(megabytes):
    """The most memory of a run whose step prints so much, and how long the step took; all of it is accounted for."""
    size, here = megabytes * 1000000, os.getcwd()
    folder = f"{here}/{megabytes}"
    os.mkdir(folder)
    os.chdir(folder)
    document(f"seq 10000000 99999999 | head -c {size}", "{ touch begun; until [ -e go ]; do sleep 0.05; done; }")
    p = start("run", "doc.md", "--operator", "ann", "--quiet")
    await_("the step after it", lambda: os.path.exists("begun"))
    most = high_water_kb(p.pid)
    write("go", "")
    p.communicate(timeout=DEADLINE_S)
    same("the exit status", p.returncode, 0)
    step = json.loads(prusik("report", "--json").stdout)["steps"][0]
    outcome = events("step-outcome")[0]
    os.chdir(here)
    same("the state", (step["state"], outcome["status"]), ("done", 0))
    same("the bytes that were read", outcome["out"]["bytes"], size)
    text = step["attempts"][-1]["out"]
    check(text.startswith("10000000\n10000001\n"), f"its beginning is {text[:40]!r}")
    end = str(10000000 + (size - 1) // 9)[:size % 9 or 9]
    check(text.rstrip("\n").endswith(end.rstrip("\n")), f"its end is {text[-40:]!r} and should be {end!r}")
    return most, (outcome["ended_us"] - outcome["started_us"]) / 1e6


def much_output_in_little_time_loses_nothing_and_needs_no_memory():
    little, _ = prints(2)
    much, took_s = prints(MEGABYTES)
    print(f"# {MEGABYTES} MB in {took_s:.1f} s, {MEGABYTES / max(took_s, 0.001):.0f} MB/s; "
          f"most memory {much} KB, with 2 MB {little} KB", flush=True)
    check(much <= little + GROWTH_KB, f"with {MEGABYTES} MB it needs {much} KB, with 2 MB {little} KB")


def much_output_does_not_flood_the_terminal_and_its_keys_are_heard():
    size = MEGABYTES * 1000000
    document(f"{{ seq 10000000 99999999 | head -c {size // 2}; touch half; until [ -e on ]; do sleep 0.05; done; "
             f"seq 10000000 99999999 | head -c {size // 2}; }}", "touch second")
    t = Terminal(PRUSIK, "run", "doc.md", "--operator", "ann")
    t.await_text(r"p hold")
    t.send("p")  # heard between two chunks of the output: before the step has ended, so before the next one
    await_("half of it", lambda: t.read_some() or os.path.exists("half"))
    write("on", "")
    t.await_text(r"held; p goes on")
    check(not os.path.exists("second"), "the run went on to the next step")
    t.send("p")
    same("the exit status", t.end(), 0)
    check(os.path.exists("second"), "it did not go on")
    same("the bytes that were read", events("step-outcome")[0]["out"]["bytes"], size // 2 * 2)
    shown = len(t.seen)
    print(f"# {MEGABYTES} MB of output: {shown} characters at the terminal", flush=True)
    check(shown < size / 100, f"{shown} characters were shown")


if sys.argv[2:3] == ["--inside"]:
    try:
        os.mkdir(sys.argv[4])
        os.chdir(sys.argv[4])
        {("--pid", "main"): used_again, ("--pid", "session"): used_again_by_a_session,
         ("--pid", "left"): what_a_shell_left_is_ended, ("--mount", "main"): disk_full,
         ("--mount", "watch"): disk_full_while_it_watches}[tuple(sys.argv[3:5])]()
    except Failed as e:
        sys.exit(str(e))
    sys.exit(0)
sys.exit(run_tests([a_number_that_is_used_again_is_neither_the_owner_nor_the_shell,
                    what_is_ended_at_a_resume_is_told_once_and_has_time_to_tidy_up,
                    what_does_not_listen_at_a_resume_is_killed,
                    a_session_with_the_number_of_the_shell_is_left_alone_and_what_is_ours_is_not,
                    a_full_disk_is_said_and_the_status_is_told_all_the_same,
                    a_disk_that_fills_ends_a_watch_which_goes_on_where_it_was,
                    much_output_in_little_time_loses_nothing_and_needs_no_memory,
                    much_output_does_not_flood_the_terminal_and_its_keys_are_heard]))
