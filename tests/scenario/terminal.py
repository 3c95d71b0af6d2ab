#!/usr/bin/env python3
"""prusik at a terminal: the live tree, questions, Ctrl-C, a terminal that goes away.  TAP on stdout.

usage: terminal.py PRUSIK
"""
import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from http.server import BaseHTTPRequestHandler, HTTPServer

from pseudo import Terminal
from tap import DEADLINE_S, await_, check, read, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])


def prusik(*argv):
    return subprocess.run([PRUSIK, *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=DEADLINE_S)


def document(steps, head=""):
    write("prusik.yaml", "environment: test\n")
    write("deploy.md", f"# Deploy the shop\n{head}\n## Steps\n\n{steps}\n")


def block(commands, expected=""):
    return f"```bash\n{commands}\n```\n" + (f"\nExpected: {expected}\n" if expected else "")


def events(run):
    return json.loads(prusik("report", run, "--json").stdout)["events"]


# --- the tests


def a_person_answers_what_no_machine_can_check():
    document(block("echo the shop is open", "the banner looks right"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"the shop is open")
    t.await_text(r"Is it as expected\?")
    t.await_text(r"yes or no")
    t.send("perhaps\n")
    t.await_text(r"yes or no")
    t.send("yes it is green\n")
    t.await_text(r"DONE")
    same("the exit status", t.end(), 0)
    check("it is green" in t.plain(), "the note is not shown")
    check("it is green" in prusik("report", "--json").stdout, "the note is not in the record")


def what_is_asked_stands_under_its_heading_and_says_what_it_leaves_out():
    document("### 1. Talk\n\n- [ ] The team was told\n\n### 2. Look\n\n" + block("seq 101 155", "all is well"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"Is it done\?")
    t.await_text(r"yes or no")
    check("1 Talk" in t.plain(), "the heading is not above the question")
    t.send("yes\n")
    t.await_text(r"Is it as expected\?")
    check("the last 20 of 55 lines" in t.plain(), "nobody says that lines are left out")
    check("| 136" in t.plain() and "| 135" not in t.plain(), "the end is not shown")
    t.send("yes\n")
    t.await_text(r"DONE")
    same("the exit status", t.end(), 0)
    same("the headings", t.plain().count("1 Talk"), 1)


def a_build_server_is_nobody_to_ask():
    document(block("echo the shop is open", "the banner looks right"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", env={"CI": "true"})
    same("the exit status", t.end(), 3)
    check("the banner looks right" in t.plain(), "it is not said what is open")


def a_no_fails_the_step():
    document(block("echo half of it", "all of it is there"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"yes or no")
    t.send("n only half\n")
    same("the exit status", t.end(), 4)
    check("FAILED" in t.plain(), "it is not said to have failed")
    same("the state", re.search(r"r-0001  (\w+)", prusik("status").stdout).group(1), "failed")


def a_manual_item_is_asked_and_a_choice_too():
    document("- [ ] Nobody is deploying\n- [ ] Tell the on-call engineer\n\n" + block("echo told"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"Nobody is deploying")
    t.await_text(r"Is it so\?")
    t.send("y\n")
    t.await_text(r"Tell the on-call engineer")
    t.await_text(r"Is it done\?")
    t.send("y told bo\n")
    t.await_text(r"told bo")
    same("the exit status", t.end(), 0)


def what_its_heading_says_is_not_said_again():
    write("prusik.yaml", "environment: test\n")
    write("deploy.md", "# Shop\n\n## Before\n\n- [ ] The team was told\n- [ ] Bo is here\n- [ ] **1.2** Logs are read\n\n## Steps\n\n" + block("echo told"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    for text in ("The team was told", "Bo is here", "1.2 Logs are read"):
        t.await_text(r"Is it (?:done|so)\?")
        t.await_text(r"yes or no")
        same("how often it stands there", t.plain().count(text), 1)
        t.send("y\n")
    same("the exit status", t.end(), 0)


def ways_back(stuck):
    document(block("echo new > release") + "\n## Rollback\n\n### Option 1: Downgrade the migration\n\n" +
             block(f"echo down >> log && {stuck}") + "\n### Option 2: Restore from the backup\n\n" +
             block("echo restored >> log") + "\n### Look\n\n" + block("echo looked >> log"))
    write("prusik.yaml", "environment: test\naccept_gaps: a test\nchoices: {option-1: ask}\n"
          "steps: {option-2/1: {in_doubt: again}}\n")
    same("the exit status of the run", prusik("run", "deploy.md", "--operator", "ann", "--unattended").returncode, 3)
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    same("the exit status of the run", t.end(), 0)


def a_way_back_is_chosen_when_it_is_gone_and_another_when_it_fails():
    ways_back("test -e never")
    check("asked then: one of 2 ways" in prusik("plan", "deploy.md").stdout, prusik("plan", "deploy.md").stdout)
    check("asked then (if this way is chosen" in prusik("rollback", "--dry-run").stdout, prusik("rollback", "--dry-run").stdout)
    t = Terminal(PRUSIK, "rollback", "--operator", "ann")
    t.await_text(r"1 .*Downgrade the migration.*line 11, 1 step\)")
    t.await_text(r"2 .*Restore from the backup.*line 1\d")
    t.await_text(r"1, 2 or none")
    check("which way? 'Downgrade the migration'" in prusik("status").stdout, prusik("status").stdout)
    t.send("3\n")
    t.await_text(r"1, 2 or none")
    t.send("1 the data are good\n")
    t.await_text(r"it failed: exit status 1")
    t.await_text(r"Do it instead\?")
    os.kill(t.pid, signal.SIGKILL)
    t.end()
    t = Terminal(PRUSIK, "resume", "--operator", "ann")
    t.await_text(r"Restore from the backup")
    t.await_text(r"Do it instead\?")
    t.send("yes\n")
    t.await_text(r"ROLLED BACK")
    same("the exit status", t.end(), 5)
    same("what was done", read("log"), "down\nrestored\nlooked\n")
    report = prusik("report", "r-0002", "--format", "markdown").stdout
    status = prusik("status").stdout
    check("decided      'Downgrade the migration' (line 11): yes, by ann, the data are good\n" in status, status)
    check("decided      'Restore from the backup' (line 17): yes, by ann\n" in status, status)
    check("yes, 'Downgrade the migration' (line 1" in report and "the data are good" in report, report)
    answers = [e["data"] for e in events("r-0002") if e["event"] == "answer"]
    same("what was chosen", [(a["chosen"].split("/")[-1], a.get("instead", False)) for a in answers],
         [("option-1", False), ("option-2", True)])


def a_run_that_failed_is_asked_which_way_back():
    document(block("echo new > release\nfalse") + "\n## Rollback\n\n### Option 1: Downgrade\n\n" +
             block("echo down >> log") + "\n### Option 2: Restore\n\n" + block("echo restored >> log"))
    write("prusik.yaml", "environment: test\naccept_gaps: a test\nchoices: {option-1: ask}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    same("the exit status of the run", t.end(), 4)
    t = Terminal(PRUSIK, "rollback", "--operator", "ann")
    t.await_text(r"1, 2 or none")
    t.send("2\n")
    same("the exit status", t.end(), 5)
    same("what was done", read("log"), "restored\n")


def chosen_by(said):
    ways_back("true")
    t = Terminal(PRUSIK, "rollback", "--operator", "ann")
    t.await_text(r"1, 2 or none")
    t.send("the second\n")
    t.await_text(r"1, 2 or none")
    t.send("\n")
    t.await_text(r"1, 2 or none")
    t.send(said)
    t.await_text(r"ROLLED BACK")
    same("the exit status", t.end(), 5)
    return read("log")


def one_of_several_ways_is_chosen_by_its_number():
    same("what was done", chosen_by("2 the dump is new\n"), "restored\nlooked\n")


def none_of_several_ways_can_be_chosen():
    same("what was done", chosen_by("none it is as it was\n"), "looked\n")


def what_is_for_a_failure_says_that_nothing_has_failed():
    document(block("echo new > release") + "\n## Rollback\n\n### Downgrade\n\n" + block("echo down >> log") +
             "\n### Restore (only if the downgrade fails)\n\n" + block("echo restored >> log"))
    write("prusik.yaml", "environment: test\naccept_gaps: a test\nchoices: {restore: ask}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    same("the exit status of the run", t.end(), 0)
    t = Terminal(PRUSIK, "rollback", "--operator", "ann")
    t.await_text(r"only if the downgrade fails.*; no step of the way back has failed")
    t.await_text(r"Do it\? \(no: it is left out\)")
    t.send("no\n")
    t.await_text(r"ann: no, 'Restore' \(line \d+\), only if the downgrade fails")
    same("the exit status", t.end(), 5)
    same("what was done", read("log"), "down\n")


def a_kill_behind_the_choice_asks_nobody_twice():
    ways_back("test -e never")
    t = Terminal(PRUSIK, "rollback", "--operator", "ann")
    t.await_text(r"1, 2 or none")
    t.send("2\n")
    t.await_text(r"ann: yes, 'Restore from the backup'")
    os.kill(t.pid, signal.SIGKILL)
    t.end()
    same("the exit status", prusik("resume", "--operator", "ann", "--unattended").returncode, 5)
    check("restored" in read("log") and "down" not in read("log"), read("log"))


def all_that_is_expected_of_one_output_is_asked_at_once():
    document(block("echo open", "the banner looks right\n\nExpected: the colours are those of the shop"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"the banner looks right")
    t.await_text(r"the colours are those of the shop")
    t.await_text(r"Is it as expected\?")
    check("the banner looks right, and 1 more" in prusik("status").stdout, prusik("status").stdout)
    time.sleep(1.2)  # what is thought over is no work of the command
    t.send("yes\n")
    t.await_text(r"\d ms, waited 1\.\d s for an answer")
    t.await_text(r"DONE")
    same("the exit status", t.end(), 0)
    same("how often it was asked", t.plain().count("Is it as expected?"), 1)
    checks = [c for e in events("r-0001") for c in e["data"].get("expectations", [])]
    same("what holds", [c["result"] for c in checks], 3 * ["holds"])


def two_steps_that_end_alike_are_told_apart():
    document("### 1. Web\n\n#### 1. Look\n\n- [ ] It is green\n\n### 2. App\n\n#### 1. Look\n\n- [ ] It is green\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    for number in "12":
        t.await_text(rf"step {number}/1/\S*, line")
        t.await_text(r"yes or no")
        t.send("yes\n")
    same("the exit status", t.end(), 0)


def what_happens_while_a_question_is_open_stands_below_it():
    write("shop", "1\n")
    document(block("cp shop copy") + "\n- [ ] Look at the shop\n\n## Rollback Procedures\n\n" + block("rm copy"))
    write("prusik.yaml", "environment: test\nsources: {file.shop: {path: shop}}\n"
          "rules: {closed: 'rollback when file.shop.json.open == 0', odd: 'investigate when file.shop.json.open == 1'}\n"
          "watch: {interval: 1s, until: T+1m}\n")
    write("shop", '{"open": 2}\n')
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"a note may follow\): ")
    write("shop", '{"open": 1}\n')
    t.await_text(r"verdict")
    t.await_text(r"a note may follow\): ")  # once more, below it
    write("shop", '{"open": 0}\n')
    t.await_text(r"ROLLED BACK")
    same("the exit status", t.end(), 5)
    same("what stands behind a prompt", re.findall(r"may follow\): *([^ \r\n]+)", t.plain()), [])


def what_runs_is_shown_while_it_runs():
    document(block("{ echo begun; until [ -e go ]; do :; done; echo ended; }", '"ended"'))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"until \[ -e go \]")
    t.await_text(r"begun")  # its last line, while it runs
    write("go", "")
    t.await_text(r"\u2713")
    same("the exit status", t.end(), 0)
    check("\x1b[" in t.seen, "there are no colours")


def colours_can_be_refused():
    for argv, env in ((("--color", "never"), {}), ((), {"NO_COLOR": "1"})):
        document(block("true"))
        t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", *argv, env=env)
        same("the exit status", t.end(), 0)
        check(not re.search(r"\x1b\[[0-9;]*m", t.seen), f"there are colours with {argv} {env}")


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def lines_are_not_broken_and_a_question_says_what_it_is_about():
    document(block("{ touch begun; until [ -e go ]; do sleep 0.01; done; echo the shop is open; }", "the banner looks right"))
    write("prusik.yaml", "environment: test\nsteps: {'1': {undo: x}}\n")
    for columns in (110, 90, 40, 24):
        t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=columns)
        started("begun")
        bar = t.await_text(r"\r?\n([^\n]*0 of 1 [^\n]*)\n").group(1)
        bar = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", bar).rstrip("\r")
        check(width(bar) <= columns, f"{bar!r} is wider than {columns}")
        write("go", "")
        t.await_text(r"(?s)step\s+steps/1,\s+line\s+6.*:\s+\{\s+touch.*\|\s+the\s+shop\s+is\s+open.*expected:.*the\s+banner\s+looks\s+right.*Is\s+it\s+as\s+expected")
        t.send("y\n")
        same("the exit status", t.end(), 0)
        os.unlink("go")
        os.unlink("begun")


def a_question_about_nothing_says_so_and_a_yes_at_a_gate_is_a_yes():
    long = "true " + " ".join(f"word{i}" for i in range(20))
    document("### 1. Go\n\n" + block("echo fine") + "\n### 2. Look\n\n" + block(long, "the banner looks right"))
    write("prusik.yaml", 'environment: test\ngates: {"1": {confirm: {text: is it time}}}\n')
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"(?s)is it time.*Go on\?.*yes or no")
    t.send("y\n")
    t.await_text(r"(?s)echo fine.*ann: yes")
    t.await_text(r"(?s): true word0 [^\n]*\.\.\..*it has printed nothing.*expected:")
    t.await_text(r"yes or no")
    t.send("y\n")
    same("the exit status", t.end(), 0)


def what_a_command_has_printed_into_a_file_is_shown_where_it_is_asked_about():
    document("### 1. Look\n\n" + block("mkdir -p sub && cd sub\nseq 1 500 > $NAME-$(date +%Y).txt", "the counts look right"))
    write("prusik.yaml", "environment: test\nenv: {NAME: counts}\naccept_gaps: t\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=150)
    t.await_text(r"it has printed into")
    t.await_text(r"yes or no")
    t.send("y\n")
    same("the exit status", t.end(), 0)
    shown = t.plain().replace("\r", "")
    check(re.search(r"printed into /\S+/sub/counts-\d+\.txt, 1892 bytes\n +its last 20 lines:\n +\| 481\n", shown), shown)
    check("    | 500\n" in shown and "it has printed nothing" not in shown, shown)


def what_is_expected_of_all_commands_is_asked_below_what_all_have_printed():
    document("### 1. Look\n\n" + block("echo two left\necho the end", "all values are converted") +
             "\n### 2. Look\n\n" + block("echo alone", "all of it looks right"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"yes or no")
    shown = t.plain().replace("\r", "")
    check("    the commands before it have printed:\n    | $ echo two left\n    | two left\n    | the end\n    expected:\n" in shown, shown)
    t.send("y\n")
    t.await_text(r"(?s)\| alone.*yes or no")
    same("how often it is shown", t.plain().count("the commands before it"), 1)
    t.send("y\n")
    same("the exit status", t.end(), 0)


def a_terminal_without_utf_8_is_shown_ascii():
    document(block("echo gr\u00fcn \u2713", '"gr"'))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", env={"LC_ALL": "de_DE.ISO-8859-1"})
    same("the exit status", t.end(), 0)
    check(t.seen.isascii(), f"there is more than ASCII: {t.seen!r}")
    check("+ echo gr?n +" in t.plain(), f"the step is not shown: {t.plain()}")
    for locale in ("C", "de_DE.UTF-8"):
        t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", env={"LC_ALL": locale})
        same("the exit status", t.end(), 0)
        check("\u2713 echo" in t.plain(), f"the mark is not shown with {locale}")


def an_approval_that_is_waited_for_says_how_it_is_given():
    document(block("echo a", '"a"'))
    write("prusik.yaml", "environment: test\ngates: {'1': {approve: }}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"waits for 1 approval")
    t.await_text(r"from another terminal: prusik approve r-0001")
    same("approve", prusik("approve", "r-0001", "--as", "bo").returncode, 0)
    t.await_text(r"approved by bo")
    same("the exit status", t.end(), 0)


def a_terminal_that_was_stopped_stops_no_run():
    document(block("{ touch begun; until [ -e go ]; do sleep 0.01; done; }\n" + "\n".join(f"touch {n}" for n in range(150))))
    write("prusik.yaml", "environment: test\nsteps: {" + ", ".join(f"'{n}': {{undo: x}}" for n in range(1, 152)) + "}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    started("begun")
    t.await_text(r"0 of 151")
    t.send("\x13")  # ctrl-s
    t.await_silence()
    write("go", "")
    await_("the end of the run", lambda: "finished, done" in prusik("status").stdout)
    t.send("\x11")  # ctrl-q
    same("the exit status", t.end(), 0)
    for n in (0, 149):
        check(f"touch {n}" in t.plain(), f"step {n} is not shown afterwards")


def a_command_gets_a_terminal_that_was_stopped():
    write("ask.sh", "read -r -p 'who are you? ' x < /dev/tty; echo \"hello $x\"\n")
    document(block("{ touch begun; until [ -e go ]; do sleep 0.01; done; }") + "\n" + block("bash ask.sh", '"hello"'))
    write("prusik.yaml", "environment: test\nsteps: {'1': {undo: x}, '2': {terminal: yes, undo: it only asks}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    started("begun")
    t.await_text(r"0 of 2")
    t.send("\x13")
    t.await_silence()
    write("go", "")
    t.await_text(r"who are you\? ")
    t.send("ann\r")
    same("the exit status", t.end(), 0)


def a_narrow_terminal_is_enough():
    document(block("echo a line that is rather longer than the forty columns of this terminal",
                   '"forty columns"'))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=40)
    same("the exit status", t.end(), 0)
    for line in re.split(r"[\r\n]+", t.plain()):
        if "report:" not in line:  # a path is not cut: it is to be copied
            check(width(line) <= 40, f"{line!r} is wider than the terminal")


def why_a_step_is_left_out_is_read_to_its_end():
    document(block("echo one\ntouch /srv/a/folder/with/a/name/that/is/rather/long"))
    why = "the folder is made by the machine's own first start, see ticket 4711"
    write("prusik.yaml", f"environment: test\nsteps: {{steps/2: {{skip: \"{why}\"}}}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=90)
    same("exit code", t.end(), 0)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", t.seen)
    check(f"left out: {why}\r\n" in shown, shown)
    same("too long", [line for line in re.split(r"[\r\n]+", shown) if len(line) > 90], [])


def a_command_that_waits_for_a_person_gets_the_terminal():
    write("ask.sh", "read -r -p 'who are you? ' x < /dev/tty; stty size; echo \"hello $x\"\n")
    document(block("bash ask.sh", '"hello"') + "\n" + block("echo afterwards"))
    with open("prusik.yaml", "a", encoding="utf-8") as f:
        f.write("steps: {\"1\": {terminal: yes, undo: it only asks}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=70)
    t.await_text(r"the terminal is the command's")
    t.await_text(r"who are you\? ")
    t.send("anx\x7fn\r")  # a typing error, mended as at any terminal
    t.await_text(r"40 70")
    t.await_text(r"hello ann")
    t.await_text(r"afterwards")
    same("the exit status", t.end(), 0)
    check("hello ann" in prusik("report", "--json").stdout, "what it showed is not in the record")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", env={"CI": "true"})
    same("the exit status", t.end(), 3)
    check("waits for a person at a terminal" in t.plain(), "it is not said what waits")


def output_cannot_command_the_terminal():
    document(block(r"printf '\033]0;owned\007\033[2Jhello\n'", '"hello"'))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    same("the exit status", t.end(), 0)
    check("\x1b]0;" not in t.seen and "\x1b[2J" not in t.seen, "escape sequences of the output pass")
    check("hello" in t.plain(), "the output is not shown")


def ctrl_c_stops_the_command_and_the_run_goes_on_later():
    document(block("{ trap '' TERM; echo $$ > pid; until [ -e go ]; do :; done; }"))
    write("prusik.yaml", "environment: test\nsteps: {'1': {undo: a file that says who waits}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"until")
    end = time.monotonic() + DEADLINE_S
    while not (os.path.exists("pid") and os.path.getsize("pid")):
        check(time.monotonic() < end, "the command did not begin")
        select.select([], [], [], 0.01)
    t.send("\x03")
    t.await_text(r"ends the command, killed after 5 s")  # it does not listen
    same("the exit status", t.end(), 130)
    with open("pid", encoding="ascii") as f:
        check(not os.path.exists(f"/proc/{f.read().strip()}"), "the shell was left running")
    check("prusik resume r-0001" in t.plain(), "it is not said how to go on")
    write("go", "")
    done = prusik("resume", "--unattended")
    check(done.returncode in (0, 7), done.stdout + done.stderr)


def ctrl_c_stops_a_loop_in_its_round_and_the_step_begins_again_in_its_state():
    document(block("mkdir -p sub; cd sub; KEEP='a b'\n"
                   "{ for i in 1 2 3; do echo \"$i $KEEP\" >> rounds; cd /; KEEP=half; [ -e $OLDPWD/go ] || sleep 300; "
                   "cd $OLDPWD; KEEP='a b'; done; }\necho \"$PWD $KEEP\" > ../after"))
    write("prusik.yaml", "environment: test\nsteps: {steps: {undo: a file, in_doubt: again}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    started("sub/rounds")
    t.send("\x03")
    same("the exit status", t.end(), 130)
    same("the rounds", read("sub/rounds"), "1 a b\n")  # the next one would have begun when its sleep was ended
    status = json.loads(prusik("status", "--json").stdout)
    same("the status", status["status"], "interrupted")
    write("sub/go", "")
    done = prusik("resume", "--unattended")
    same("the exit status of resume", (done.returncode, done.stderr), (0, ""))
    same("the rounds", read("sub/rounds"), "1 a b\n1 a b\n2 a b\n3 a b\n")
    same("the state after", read("after"), os.getcwd() + "/sub a b\n")


def a_time_limit_stops_a_loop_in_its_round():
    document(block("for i in 1 2 3; do echo $i >> rounds; sleep 300; done"))
    write("prusik.yaml", "environment: test\nsteps: {'1': {undo: a file, timeout: 2s}}\n")
    done = prusik("run", "deploy.md", "--unattended")
    same("the exit status", done.returncode, 4)
    same("the rounds", read("rounds"), "1\n")
    check("did not end within 2000 ms" in done.stdout + done.stderr, done.stdout + done.stderr)


def a_terminal_that_goes_away_leaves_a_run_that_can_be_resumed():
    document(block("echo x", "it looks fine"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"yes or no")
    t.close()
    check(t.end() != 0, "the exit status is 0")
    check("prusik resume r-0001" in prusik("status").stdout, "status does not say how to go on")
    again = Terminal(PRUSIK, "resume", "--operator", "ann")
    again.await_text(r"yes or no")
    again.send("y\n")
    same("the exit status", again.end(), 0)


def started(path):
    end = time.monotonic() + DEADLINE_S
    while not os.path.exists(path):
        check(time.monotonic() < end, f"{path} was not made")
        select.select([], [], [], 0.01)


def a_key_holds_the_run_before_its_next_step_until_it_is_released():
    document(block("{ touch begun; until [ -e go ]; do :; done; }\ntouch second"))
    write("prusik.yaml", "environment: test\nsteps: {'1': {undo: x}, '2': {undo: x}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=120)
    t.await_text(r"p hold")
    started("begun")
    t.send("p")
    t.await_text(r"held; p goes on")
    write("go", "")
    t.await_text(r"\u2713")
    t.await_text(r"1 of 2 steps.*held")
    check(not os.path.exists("second"), "the next step was begun")
    status = subprocess.run([PRUSIK, "status"], capture_output=True, text=True, check=True).stdout
    check("ann, who holds it, to let it go on (the key p)" in status, f"status does not say who holds it:\n{status}")
    t.send("p")
    same("the exit status", t.end(), 0)
    check(os.path.exists("second"), "the next step was not begun")
    shown = subprocess.run([PRUSIK, "report", "--json"], capture_output=True, text=True, check=True).stdout
    same("the events", [(e["event"], e["step"], e["data"].get("how")) for e in json.loads(shown)["events"] if e["data"].get("gate") == "hold"],
         [("gate-waiting", "steps/2", None), ("gate-passed", "steps/2", "released")])


def a_run_that_is_held_behind_its_last_step_is_stopped_and_ends_when_it_is_resumed():
    document(block("{ touch begun; until [ -e go ]; do :; done; }"))
    write("prusik.yaml", "environment: test\nsteps: {'1': {undo: x}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=120)
    t.await_text(r"p hold")
    started("begun")
    t.send("p")
    t.await_text(r"held; p goes on")
    write("go", "")
    t.await_text(r"1 of 1 step.*held")
    t.send("q")
    same("the exit status", t.end(), 130)
    status = subprocess.run([PRUSIK, "status"], capture_output=True, text=True, check=True).stdout
    check("holds it" not in status, f"it stands no longer held:\n{status}")
    same("the resume", subprocess.run([PRUSIK, "resume"], capture_output=True, check=False).returncode, 0)


def a_key_stops_it_after_the_step_and_it_goes_on_later():
    document(block("{ touch begun; until [ -e go ]; do :; done; }\ntouch second"))
    write("prusik.yaml", "environment: test\nsteps: {'1': {undo: x}, '2': {undo: x}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    started("begun")
    t.send("q")
    t.await_text(r"stops after this step")
    write("go", "")
    same("the exit status", t.end(), 130)
    check("\u2713" in t.plain(), "the step in progress was not let end")
    check(not os.path.exists("second"), "the next step was begun")
    done = prusik("resume", "--unattended")
    same("resumed", done.returncode, 0)
    check(os.path.exists("second"), "the next step was not begun")


def a_key_at_a_question_stops_or_holds_the_run_behind_the_answer():
    document("- [ ] The team was told\n\n" + block("touch first", "") + block("touch second"))
    write("prusik.yaml", "environment: test\nsteps: {steps: {undo: x}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=120)
    t.await_text(r"Is it done\?")
    t.await_text(r"yes or no")
    t.send("quit\n")
    t.await_text(r'"quit" is no answer; also: q stops and p holds')
    t.await_text(r"yes or no")
    t.send("s\n")
    t.await_text(r"step +steps/.*deploy.md:5")
    t.await_text(r"yes or no")
    t.send("p\n")
    t.await_text(r"held behind this answer")
    t.send("P\n")
    t.await_text(r"goes on behind this answer")
    t.send("q\n")
    t.await_text(r"stops behind this answer")
    t.await_text(r"yes or no")
    check(not os.path.exists("first"), "it went on without an answer")
    t.send("yes at noon\n")
    same("the exit status", t.end(), 130)
    check(not os.path.exists("first"), "the next step was begun")
    same("the answer", [e["data"]["note"] for e in events("r-0001") if e["event"] == "answer"], ["at noon"])
    t = Terminal(PRUSIK, "resume", "--operator", "ann")
    same("resumed", t.end(), 0)
    check("Is it done?" not in t.plain(), "it was asked again")


def what_is_held_at_a_question_begins_nothing_behind_the_answer():
    document(block("echo the shop is open", "the banner looks right") + block("touch second"))
    write("prusik.yaml", "environment: test\nsteps: {steps: {undo: x}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=120)
    t.await_text(r"yes or no")
    t.send("p\n")
    t.await_text(r"held behind this answer")
    t.await_text(r"yes or no")
    t.send("yes\n")
    t.await_text(r"1 of 2 steps.*held; p goes on")
    check(not os.path.exists("second"), "the next step was begun")
    same("how often it is asked", t.plain().count("yes or no"), 2)
    t.send("p")
    same("the exit status", t.end(), 0)
    check(os.path.exists("second"), "the next step was not begun")


def a_long_line_that_stays_goes_on_below_between_its_words():
    words = " ".join(f"word{i}" for i in range(15))
    document(block(f"{{ echo '{words}' >&2; false; }}"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=60)
    same("the exit status", t.end(), 4)
    lines = t.plain().replace("\r", "").split("\n")
    check("error: step" in t.plain() and all(f"word{i}" in t.plain() for i in range(15)), "the error is not told")
    same("lines that are too long", [line for line in lines if width(line) > 60], [])
    words = " ".join(f"word{i}" for i in range(40))
    document("### 1. Look\n\n" + block("true", words))
    t = Terminal(PRUSIK, "run", "deploy.md", "--env", "other", "--operator", "ann", columns=60)
    t.await_text(r"yes or no")
    lines = t.plain().replace("\r", "").split("\n")
    same("lines that are too long", [line for line in lines if width(line) > 60], [])
    check(sum("word" in line for line in lines) > 4, "it is not broken into several lines")
    same("lines that begin too far left", [line for line in lines if re.match(r" {0,5}word[1-9]", line)], [])
    check(all(f"word{i}" in t.plain() for i in range(40)), "a word is lost")
    t.send("yes\n")
    same("the exit status", t.end(), 0)


def a_plan_stays_within_the_lines_of_the_terminal():
    document("### Cleanup\n\n" + block("rm -rf /tmp/" + "x" * 10, " ".join(f"word{i}" for i in range(30))))
    for shape in ([], ["--questions"]):
        t = Terminal(PRUSIK, "plan", "deploy.md", *shape, columns=60)
        t.end()
        lines = t.plain().replace("\r", "").split("\n")
        same("lines that are too long", [line for line in lines if width(line) > 60 and " " in line.strip()[:50]], [])
        check("nothing in the document undoes" in " ".join(t.plain().split()), t.plain())


def each_thing_that_a_hint_offers_stands_on_a_line_of_its_own():
    document("### Cleanup of everything\n\n" + block("false"))
    write("prusik.yaml", "environment: test\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=50)
    same("the exit status", t.end(), 4)
    lines = t.plain().replace("\r", "").split("\n")
    at = lines.index("hint: mend it and go on: prusik resume r-0001")
    same("what can be done", lines[at + 1:at + 5],
         ["      or leave the step out:", '        prusik skip r-0001 steps/cleanup-of-everything/1 --why "..."',
          "      or end it as it is:", '        prusik abort r-0001 --why "..."'])
    t = Terminal(PRUSIK, "status", columns=50)
    t.end()
    lines = t.plain().replace("\r", "").split("\n")
    at = lines.index("next         mend it and go on:")
    same("what can be done", lines[at + 1:at + 6],
         ["               prusik resume r-0001", "             or leave the step out:",
          '               prusik skip r-0001 steps/cleanup-of-everything/1 --why "..."',
          "             or end it as it is:", '               prusik abort r-0001 --why "..."'])
    said = subprocess.run([PRUSIK, "resume", "--operator", "ann", "--unattended"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, timeout=DEADLINE_S).stderr
    same("a hint that goes into a file", said.count("\n"), 2)
    check("; or leave the step out: prusik skip" in said, said)


def what_a_way_back_will_do_is_not_broken_in_words():
    document("### Deploy\n\n" + block("echo new > release-of-the-shop && false") + "\n## Rollback\n\n" +
             block("echo old > release-of-the-shop && true || false"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=50)
    same("the exit status", t.end(), 4)
    t = Terminal(PRUSIK, "rollback", "--operator", "ann", columns=50)
    same("the exit status", t.end(), 5)
    shown = t.plain().replace("\r", "").partition("Deploy the shop")[0]
    same("lines that are too long", [line for line in shown.split("\n") if width(line) > 50], [])


def a_choice_is_asked_below_what_the_step_before_it_has_printed():
    document("### 1. Look\n\n" + block("seq 101 155\n{ printf 'half a '; sleep 0.2; echo line; }\ntrue") +
             "\n### Option 1: Go on\n\n" + block("touch on") + "\n### Option 2: Wait\n\n" + block("touch waited"))
    write("prusik.yaml", "environment: test\nchoices: {option-1: ask}\n"
          "steps: {option-1/1: {undo: a test}, option-2/1: {undo: a test}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"1, 2 or none")
    shown = t.plain().replace("\r", "").partition("what was printed last:\n")[2]
    same("what is shown", re.findall(r"^ +\| (.*)$", shown, re.M),
         ["$ seq 101 155", "151", "152", "153", "154", "155", "$ { printf 'half a '; sleep 0.2; echo line; }", "half a line"])
    check("step " not in t.plain(), "it is said to be about a step")
    check("Go on" not in t.plain().partition("what was printed last")[0], "a way is the heading of its question")
    t.send("2\n")
    t.await_text(r"✓ \S*ann: yes, 'Wait'")
    t.await_text(r"Option 1: Go on")
    t.await_text(r"Option 2: Wait")
    same("the exit status", t.end(), 0)


def a_key_shows_the_whole_step():
    document(block("{ touch begun; echo line $((1 + 1)); until [ -e go ]; do :; done; }", '"line 2"'))
    write("prusik.yaml", "environment: test\nsteps: {'1': {undo: a reason, timeout: 5m}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    started("begun")
    t.await_text(r"line 2")  # its output
    t.send("s")
    t.await_text(r"step +steps/1, deploy.md:6")
    t.await_text(r"runs +for .*, at most 5")
    t.await_text(r"expected +\"line 2\"")
    t.await_text(r"way back +a reason")
    t.await_text(r"last line +line 2")
    write("go", "")
    same("the exit status", t.end(), 0)


def a_resume_counts_what_was_done_before():
    document(block("touch one\ntouch two\ntest -e go && sleep 2\ntouch three"))
    write("prusik.yaml", "environment: test\nsteps: {steps/1: {undo: a test}, steps/2: {undo: a test}, steps/4: {undo: a test}}\n")
    same("the exit status", prusik("run", "deploy.md", "--operator", "ann").returncode, 4)
    write("go", "")
    t = Terminal(PRUSIK, "resume", "--operator", "ann")
    t.await_text(r"2 of 4 steps")
    t.send("s")
    t.await_text(r"way back +none is needed: it changes nothing")
    t.await_text(r"DONE")
    same("the exit status", t.end(), 0)
    check("0 of 4" not in t.plain() and "1 of 4" not in t.plain(), t.plain())


def while_a_person_is_asked_all_that_was_done_is_durable():
    document(block("echo once >> log") + "\n- [ ] The dashboard is green\n")
    write("prusik.yaml", "environment: test\nsteps: {steps/1: {undo: a test}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"yes or no")
    status = prusik("status").stdout
    check("waits for    an answer of ann, at the terminal of the run: The dashboard is green, since 2" in status, status)
    check("1 of 2 done" in status and "echo once" not in status, status)
    os.kill(t.pid, signal.SIGKILL)
    t.end()
    same("the exit status of resume", prusik("resume", "--operator", "ann").returncode, 7)
    same("what was done", read("log"), "once\n")
    t = Terminal(PRUSIK, "resume", "--operator", "ann")
    t.await_text(r"yes or no")
    t.send("yes\n")
    same("the exit status", t.end(), 0)
    same("what was done", read("log"), "once\n")
    status = prusik("status").stdout
    check("waits" not in status, status)


def while_an_output_is_asked_about_status_says_so():
    document(block("echo the shop is open", "the banner looks right"))
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"yes or no")
    status = prusik("status").stdout
    check("an answer of ann, at the terminal of the run: the banner looks right, since 2" in status, status)
    t.send("no\n")
    same("the exit status", t.end(), 4)
    status = prusik("status").stdout
    check("an answer of ann" not in status, status)


def a_resumed_way_back_counts_its_own_steps():
    document(block("touch one\ntouch two") + "\n## Rollback\n\n" +
             block("rm -f one\ntest -e go && sleep 2\nrm -f two"))
    same("the exit status", prusik("run", "deploy.md", "--operator", "ann").returncode, 0)
    same("the exit status of the way back", prusik("rollback", "--operator", "ann").returncode, 6)
    write("go", "")
    t = Terminal(PRUSIK, "resume", "--operator", "ann")
    t.await_text(r"\d of 3 steps")
    same("the exit status", t.end(), 5)
    check("0 of 3" not in t.plain() and "0 of 2" not in t.plain(), t.plain())


def keys_are_not_seen_and_answers_are():
    document(block("{ touch begun; until [ -e go ]; do :; done; }") + "\n- [ ] Tell the on-call engineer\n")
    write("prusik.yaml", "environment: test\nsteps: {steps/1: {undo: x}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"until")
    started("begun")
    t.send("xyzzy")
    write("go", "")
    t.await_text(r"yes or no")
    t.send("y to\x7fold bo\n")  # edited, as lines are
    same("the exit status", t.end(), 0)
    check("xyzzy" not in t.plain(), "keys are seen")
    check("told bo" in prusik("report", "--json").stdout, "the answer was not edited as a line")


def a_terminal_that_becomes_narrower_keeps_its_lines():
    document(block("{ touch begun; until [ -e go ]; do :; done; }\n" + "echo kept"))
    write("prusik.yaml", "environment: test\nsteps: {'1': {undo: x}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", columns=100)
    started("begun")
    t.await_text(r"until")
    seen = t.seen
    t.resize(40)
    t.await_text(r"\x1b\[[0-9]+A\x1b\[J")
    rows = max(int(n) for n in re.findall(r"\x1b\[([0-9]+)A", t.seen[len(seen):]))
    check(rows >= 3, f"two lines of 100 columns are {rows} rows of 40")
    write("go", "")
    same("the exit status", t.end(), 0)


class Metrics(BaseHTTPRequestHandler):
    looks = 0

    def do_GET(self):  # noqa: N802, the name is http.server's
        Metrics.looks += 1
        body = ("# TYPE requests_total counter\n"
                f'requests_total{{code="200"}} {Metrics.looks * 900}\n'
                f'requests_total{{code="500"}} {Metrics.looks * 100}\n').encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def the_watch_is_shown_and_its_rule_takes_the_way_back():
    server = HTTPServer(("127.0.0.1", 0), Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    document("### 1. Keep what was\n\n" + block("cp shop shop.old") +
             "\n### 2. Release\n\n" + block("echo new > shop") +
             "\n## Rollback\n\n" + block("cp shop.old shop") +
             "\n## Decision Matrix\n\n| Condition | Decision |\n|---|---|\n"
             "| Error rate > 5% for 5 minutes | Rollback |\n| Error rate < 5% | Continue |\n")
    write("prusik.yaml", "environment: test\nscrape: http://127.0.0.1:%d/metrics\n"
          "metrics:\n  error_rate: 'ratio(requests_total{code=\"500\"}, requests_total)[1m]'\n"
          "watch: {interval: 10s, until: T+30m}\ntime_scale: 0.01\n" % server.server_port)
    write("shop", "old\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"ROLLBACK")
    t.await_text(r"cp shop\.old shop")
    same("the exit status", t.end(), 5)
    server.shutdown()
    with open("shop", encoding="ascii") as f:
        same("the shop", f.read(), "old\n")


def an_answer_to_a_question_that_is_gone_is_no_key():
    server = HTTPServer(("127.0.0.1", 0), Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    document("### 1. Release\n\n" + block("cp shop shop.old; echo new > shop") + "\n### 2. Talk\n\n- [ ] The team was told\n" +
             "\n## Rollback\n\n" + block("until [ -e go ]; do sleep 0.05; done; cp shop.old shop\ntouch second") +
             "\n## Decision Matrix\n\n| Condition | Decision |\n|---|---|\n"
             "| Error rate > 5% for 5 minutes | Rollback |\n| Error rate < 5% | Continue |\n")
    write("prusik.yaml", "environment: test\nscrape: http://127.0.0.1:%d/metrics\n"
          "metrics:\n  error_rate: 'ratio(requests_total{code=\"500\"}, requests_total)[1m]'\n"
          "watch: {interval: 10s, until: T+30m}\ntime_scale: 0.01\n" % server.server_port)
    write("shop", "old\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"Is it done\?")
    t.await_text(r"ROLLBACK: Error rate")
    t.send("quite so\n")  # a q stops a run behind its step
    t.await_text(r"until \[ -e go \]")
    write("go", "")
    t.await_text(r"ROLLED BACK")
    same("the exit status", t.end(), 5)
    check(os.path.exists("second"), "the way back was stopped by an answer")
    server.shutdown()


def a_watch_of_more_rules_than_lines_shows_the_bad_ones_and_breaks_no_line():
    document(block("true"))
    write("prusik.yaml", "environment: test\nsources: {cmd.queue: {command: 'echo 7; sleep 0'}}\nwatch: {interval: 200ms}\n"
          "metrics: {length: cmd.queue.elapsed}\nrules:\n"
          + "".join(f"  r{i:02}: investigate when length > {i + 1}h and length > {i + 2}h  # and so on\n" for i in range(30))
          + "  bad: investigate when length >= 0s\n")
    t = Terminal(PRUSIK, "watch", "deploy.md", "--for", "3s", columns=80, rows=14)
    t.await_text(r"watching, T\+[^\n]*INVESTIGATE[^\n]*\n")
    t.await_text(r"ctrl-c stops it")
    t.await_text(r"ctrl-c stops it")
    same("the exit status", t.end(), 9)
    pictures = [p.split("\x1b[J")[0] for p in t.seen.split("watching, T+")[2:-1]]
    check(pictures, "nothing is drawn")
    for p in pictures:
        lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", "  watching, T+" + p).splitlines()
        check(len(lines) <= 13, f"{len(lines)} lines on a terminal of 14:\n" + "\n".join(lines))
        check(max(width(line.rstrip()) for line in lines) <= 80, "\n".join(lines))
        check("0 of 0 steps" not in p, p)
    check("investigate when length >=" in lines[1] and "INVESTIGATE" in lines[1], "\n".join(lines))
    check("and 21 more, which a higher terminal shows" in lines[-2], "\n".join(lines))


def a_value_and_its_limit_read_as_what_they_are():
    document(block("true"))
    write("prusik.yaml", "environment: test\nsources: {cmd.queue: {command: 'echo \"{\\\"n\\\": 7}\"'}}\nwatch: {interval: 200ms}\n"
          "rules:\n  many: investigate when cmd.queue.json.n > 100\n  few: expect cmd.queue.json.n > 50\n"
          "  twice: 'expect not (cmd.queue.json.n > 5)'\n")
    t = Terminal(PRUSIK, "watch", "deploy.md", "--for", "3s", columns=120, rows=30)
    t.await_text(r"OK [^\n]* 7 not > 100")
    t.await_text(r"INVESTIGATE[^\n]* 7 not > 50")
    t.await_text(r"INVESTIGATE[^\n]* 7 > 5")
    same("the exit status", t.end(), 9)


TESTS = [a_person_answers_what_no_machine_can_check,
         what_is_asked_stands_under_its_heading_and_says_what_it_leaves_out, a_build_server_is_nobody_to_ask, a_no_fails_the_step,
         a_plan_stays_within_the_lines_of_the_terminal, what_a_command_has_printed_into_a_file_is_shown_where_it_is_asked_about,
         what_is_expected_of_all_commands_is_asked_below_what_all_have_printed,
         a_manual_item_is_asked_and_a_choice_too, what_its_heading_says_is_not_said_again, a_way_back_is_chosen_when_it_is_gone_and_another_when_it_fails,
         a_run_that_failed_is_asked_which_way_back, one_of_several_ways_is_chosen_by_its_number, none_of_several_ways_can_be_chosen,
         what_is_for_a_failure_says_that_nothing_has_failed, a_kill_behind_the_choice_asks_nobody_twice, all_that_is_expected_of_one_output_is_asked_at_once,
         two_steps_that_end_alike_are_told_apart, what_happens_while_a_question_is_open_stands_below_it, what_runs_is_shown_while_it_runs, colours_can_be_refused,
         lines_are_not_broken_and_a_question_says_what_it_is_about, a_question_about_nothing_says_so_and_a_yes_at_a_gate_is_a_yes,
         a_terminal_without_utf_8_is_shown_ascii, an_approval_that_is_waited_for_says_how_it_is_given,
         while_a_person_is_asked_all_that_was_done_is_durable, while_an_output_is_asked_about_status_says_so,
         a_resume_counts_what_was_done_before, a_resumed_way_back_counts_its_own_steps,
         a_terminal_that_was_stopped_stops_no_run, a_value_and_its_limit_read_as_what_they_are,
         a_command_gets_a_terminal_that_was_stopped, a_narrow_terminal_is_enough, why_a_step_is_left_out_is_read_to_its_end,
         a_command_that_waits_for_a_person_gets_the_terminal,
         output_cannot_command_the_terminal,
         ctrl_c_stops_the_command_and_the_run_goes_on_later,
         ctrl_c_stops_a_loop_in_its_round_and_the_step_begins_again_in_its_state,
         a_time_limit_stops_a_loop_in_its_round,
         a_terminal_that_goes_away_leaves_a_run_that_can_be_resumed,
         a_key_holds_the_run_before_its_next_step_until_it_is_released,
         a_run_that_is_held_behind_its_last_step_is_stopped_and_ends_when_it_is_resumed,
         a_key_stops_it_after_the_step_and_it_goes_on_later, a_key_shows_the_whole_step,
         a_key_at_a_question_stops_or_holds_the_run_behind_the_answer,
         what_is_held_at_a_question_begins_nothing_behind_the_answer,
         a_long_line_that_stays_goes_on_below_between_its_words,
         each_thing_that_a_hint_offers_stands_on_a_line_of_its_own,
         what_a_way_back_will_do_is_not_broken_in_words,
         a_choice_is_asked_below_what_the_step_before_it_has_printed,
         keys_are_not_seen_and_answers_are, a_terminal_that_becomes_narrower_keeps_its_lines,
         an_answer_to_a_question_that_is_gone_is_no_key,
         the_watch_is_shown_and_its_rule_takes_the_way_back,
         a_watch_of_more_rules_than_lines_shows_the_bad_ones_and_breaks_no_line]


signal.signal(signal.SIGHUP, signal.SIG_IGN)
sys.exit(run_tests(TESTS))
