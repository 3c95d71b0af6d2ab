#!/usr/bin/env python3
"""Flags that a run switches, with the real program: by a rule, and what a crash leaves of it.  TAP.

usage: flags.py PRUSIK
"""
import json
import os
import signal
import sqlite3
import sys
import time

from program import prusik, start
from tap import DEADLINE_S, await_, check, read, run_tests, same, write

DOC = """# Shop

## Deployment

```bash
echo new > app.txt
```

## Rollback

```bash
sleep 0.5 && rm app.txt
```
"""
YAML = """environment: test
operator: ann
sources:
  cmd.queue: {command: cat queue.txt}
watch: {interval: 50ms, until: T+2s}
"""
KILL = "rules: {queue: 'flag-off NEW_UI when cmd.queue.json.length > 100'}\n"
DEFINITIONS = '{"flags":{"NEW_UI":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}}}'
# Read by a service that looks at its file when it is told to.
ELSEWHERE = """flags:
  NEW_UI:
    variants: {on: "true", off: "false"}
    env_file: {path: app.env, name: NEW_UI}
    apply: [sh, apply.sh]
"""


def begin(rules=KILL, flags="flags: {NEW_UI:}\n", queue=200):
    write("deploy.md", DOC)
    write("prusik.yaml", YAML + rules + flags)
    write("queue.txt", json.dumps({"length": queue}))
    write("flags.json", DEFINITIONS)


def elsewhere(apply, within="30s", **what):
    begin(flags=f"flags: {{NEW_UI: {{within: {within}}}}}\n", **what)
    write("prusik.flags.yaml", ELSEWHERE)
    write("apply.sh", apply)
    write("app.env", "NEW_UI=true\n")


def events(run="r-0001"):
    return json.loads(prusik("report", run, "--format", "json").stdout)["events"]


def of(kind, run="r-0001"):
    return [e["data"] for e in events(run) if e["event"] == kind]


def report(kind):
    return prusik("report", "r-0001", "--format", kind).stdout


# --- by a rule

def a_rule_switches_the_flag_off_and_it_is_read_back():
    begin()
    done = prusik("run", "deploy.md")
    same("exit code", done.returncode, 9)
    check("flag NEW_UI to off in-effect" in done.stdout, done.stdout)
    names = [e["event"] for e in events() if e["event"] in ("rule-state", "flag-intent", "flag-outcome")]
    same("the order", names[-3:], ["rule-state", "flag-intent", "flag-outcome"])
    intent, = of("flag-intent")
    outcome, = of("flag-outcome")
    same("intent", (intent["flag"], intent["to"], intent["rule"]), ("NEW_UI", "off", "queue"))
    same("outcome", (outcome["result"], outcome["from"] if "from" in outcome else None, outcome["already"]),
         ("in-effect", None, False))
    check(0 <= outcome["ms"] < 10000, outcome["ms"])
    same("the kill list", json.loads(read("flags.kill.json"))["kill"]["NEW_UI"]["variant"], "off")
    check("rule queue fired" in read("flags.log.jsonl"), read("flags.log.jsonl"))
    text = "NEW_UI to off by rule queue: in effect"
    for shown in (prusik("status", "r-0001").stdout, report("html")):
        check(text in shown, shown)
    check("in effect" in report("markdown"), report("markdown"))
    replayed = prusik("replay", "r-0001")
    check("flag NEW_UI to off in-effect" in replayed.stdout, replayed.stdout)
    same("verify", prusik("verify", "r-0001").returncode, 0)


def a_flag_that_is_read_elsewhere_is_set_and_its_program_run():
    elsewhere("cp app.env seen.env\n")
    same("exit code", prusik("run", "deploy.md").returncode, 9)
    outcome, = of("flag-outcome")
    same("outcome", (outcome["result"], outcome["from"]), ("in-effect", "on"))
    same("what the service saw", read("seen.env"), "NEW_UI=false\n")


def what_cannot_be_switched_is_said():
    elsewhere("echo no >&2; exit 3\n")
    done = prusik("run", "deploy.md")
    same("exit code", done.returncode, 9)
    outcome, = of("flag-outcome")
    same("result", outcome["result"], "failed")
    check("apply" in outcome["why"], outcome["why"])
    check("NEW_UI to off by rule queue: failed" in prusik("status", "r-0001").stdout, "status does not say it")


def a_program_that_hangs_ends_at_its_limit():
    elsewhere("exec sleep 1000\n", within="300ms")
    begun = time.monotonic()
    same("exit code", prusik("run", "deploy.md").returncode, 9)
    check(time.monotonic() - begun < 30, "it took too long")
    same("result", of("flag-outcome")[0]["result"], "in-doubt")


def a_way_back_does_not_wait_for_it():
    elsewhere("while [ -e app.txt ]; do sleep 0.05; done\n",
              rules="rules: {queue: 'rollback, flag-off NEW_UI when cmd.queue.json.length > 100'}\n")
    same("exit code", prusik("run", "deploy.md").returncode, 5)  # it would hang if one waited for the other
    same("app.txt", os.path.exists("app.txt"), False)
    order = [e["event"] for e in events() if e["event"] in ("flag-outcome", "rollback-started", "run-finished")]
    same("the order", order, ["rollback-started", "flag-outcome", "run-finished"])
    same("result", of("flag-outcome")[0]["result"], "in-effect")


def a_flag_that_is_not_there_is_refused_before_anything_runs():
    begin(flags="flags: {NEW_UI: {off: none}}\n")
    done = prusik("run", "deploy.md")
    check(done.returncode != 0 and "no variant 'none'" in done.stderr, done.stderr)
    write("flags.json", '{"flags":{}}')
    done = prusik("plan", "deploy.md")
    check("no flag 'NEW_UI'" in done.stderr, done.stderr)
    begin(flags="")
    done = prusik("run", "deploy.md")
    same("exit code", done.returncode, 3)
    check("no flag of this name is bound" in done.stderr, done.stderr)
    same("app.txt", os.path.exists("app.txt"), False)


def a_watch_that_stands_alone_switches_too():
    begin()
    same("exit code", prusik("watch", "deploy.md", "--for", "1s").returncode, 9)
    same("result", of("flag-outcome")[0]["result"], "in-effect")
    same("app.txt", os.path.exists("app.txt"), False)


def several_flags_are_switched_two_at_a_time():
    rules = "".join(f"  r{i}: 'flag-off F{i} when cmd.queue.json.length > 100'\n" for i in range(4))
    begin(rules="rules:\n" + rules, flags="flags: {F0:, F1:, F2:, F3:}\n")
    write("flags.json", json.dumps({"flags": {f"F{i}": {"state": "ENABLED", "variants": {"on": True, "off": False},
                                                       "defaultVariant": "on"} for i in range(4)}}))
    same("exit code", prusik("run", "deploy.md").returncode, 9)
    same("the flags", sorted(e["flag"] for e in of("flag-outcome") if e["result"] == "in-effect"),
         ["F0", "F1", "F2", "F3"])


def what_its_consumers_do_not_know_is_refused_before_anything_runs():
    elsewhere("true\n")
    write("prusik.yaml", YAML + KILL + "flags: {NEW_UI: {off: none}}\n")
    done = prusik("run", "deploy.md")
    check(done.returncode != 0 and "no variant 'none'" in done.stderr, done.stderr)
    write("prusik.flags.yaml", "flags: {NEW_UI: {variants: 7}}\n")
    done = prusik("run", "deploy.md")
    check(done.returncode != 0 and "prusik.flags.yaml" in done.stderr, done.stderr)
    same("app.txt", os.path.exists("app.txt"), False)


def a_rehearsal_switches_nothing():
    begin(rules=KILL + "rehearse: {scratch: made by this test, compare: {files: [app.txt]}}\n")
    done = prusik("rehearse", "deploy.md")
    check("a rehearsal switches no flag" in done.stdout, done.stdout + done.stderr)
    same("the kill list", os.path.exists("flags.kill.json"), False)


def a_rule_that_fires_at_a_gate_switches_too():
    begin(rules=KILL + "gates: {deployment/2: {wait_until: {command: test -e flags.kill.json, every: 100ms, timeout: 60s,"
          " at_timeout: stop}}}\n")
    write("deploy.md", DOC.replace("echo new > app.txt\n", "echo new > app.txt\necho newer > app.txt\n"))
    done = prusik("run", "deploy.md")  # without the flag the gate does not open
    same("exit code", (done.returncode, read("app.txt")), (9, "newer\n"))
    # the file is there a moment before it is known that consumers see it: which of the two is first is no promise
    names = {e["event"] for e in events() if e["event"] in ("flag-outcome", "gate-passed")}
    same("what happened", names, {"flag-outcome", "gate-passed"})


# --- stopped in between

def killed_in(apply, **what):
    """The run is killed while its program runs; the journal has the intent and no outcome."""
    elsewhere(apply, **what)
    p = start("run", "deploy.md", "--json")
    await_("the program", lambda: os.path.exists("begun"))
    p.send_signal(signal.SIGKILL)
    p.wait(DEADLINE_S)
    p.stdout.close()
    same("outcomes", of("flag-outcome"), [])
    check("begun, and nobody knows" in prusik("status", "r-0001").stdout, prusik("status", "r-0001").stdout)


ONCE = "echo $$ >> begun; [ $(wc -l < begun) -gt 1 ] || exec sleep 1000\n"


def end_the_program():
    for line in read("begun").split():
        try:
            os.kill(int(line), signal.SIGKILL)
        except ProcessLookupError:
            pass


def a_crash_in_between_is_finished_by_the_resume():
    killed_in(ONCE)
    end_the_program()
    same("exit code", prusik("resume", "r-0001").returncode, 9)
    outcome, = of("flag-outcome")
    same("outcome", (outcome["result"], outcome["resumed"], outcome["already"]), ("in-effect", True, False))
    check(outcome["ms"] > 0, outcome)
    same("intents", len(of("flag-intent")), 1)
    same("the file", read("app.env"), "NEW_UI=false\n")


def what_had_its_outcome_is_left_alone_by_the_resume():
    elsewhere(ONCE, rules="rules:\n  a: 'flag-off OTHER when cmd.queue.json.length > 100'\n"
              "  b: 'flag-off NEW_UI when cmd.queue.json.length > 100'\n")
    write("flags.json", DEFINITIONS.replace("NEW_UI", "OTHER"))
    write("prusik.yaml", read("prusik.yaml").replace("flags: {NEW_UI", "flags: {OTHER:, NEW_UI"))
    p = start("run", "deploy.md", "--json")
    await_("the program", lambda: os.path.exists("begun"))
    await_("the other", lambda: len(of("flag-outcome")) == 1)
    p.send_signal(signal.SIGKILL)
    p.wait(DEADLINE_S)
    p.stdout.close()
    end_the_program()
    same("exit code", prusik("resume", "r-0001").returncode, 9)
    same("outcomes", [(o["flag"], o["resumed"]) for o in of("flag-outcome")], [("OTHER", False), ("NEW_UI", True)])


def a_resume_runs_the_program_though_the_file_says_off_already():
    killed_in(ONCE)
    end_the_program()
    text = read("prusik.flags.yaml").replace("    apply: [sh, apply.sh]\n", "")
    write("other.yaml", text)
    same("set by hand", prusik("flag", "set", "NEW_UI", "off", "--why", "x", "--consumers", "other.yaml").returncode, 0)
    same("exit code", prusik("resume", "r-0001").returncode, 9)
    same("result", of("flag-outcome")[0]["result"], "in-effect")  # what stands in the plan has a program: it is run


def an_aborted_run_leaves_it_in_doubt():
    killed_in(ONCE)
    end_the_program()
    same("abort", prusik("abort", "r-0001", "--why", "enough").returncode, 0)
    outcome, = of("flag-outcome")
    same("outcome", (outcome["result"], outcome["why"]), ("in-doubt", "the run was aborted"))
    same("verify", prusik("verify", "r-0001").returncode, 0)


def an_interrupted_run_leaves_it_to_its_resume():
    elsewhere(ONCE)
    p = start("run", "deploy.md", "--json")
    await_("the program", lambda: os.path.exists("begun"))
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=DEADLINE_S)
    same("exit code", p.returncode, 130)
    same("outcomes", of("flag-outcome"), [])
    same("exit code of resume", prusik("resume", "r-0001").returncode, 9)
    same("result", of("flag-outcome")[0]["result"], "in-effect")


# --- by steps

STEPS = """# Shop

## Deployment

```bash
prusik flag set NEW_UI off --why "deployed dark"
%s
```

## Rollback

```bash
true
```
"""


def steps(more="true", yaml=""):
    begin(rules="", queue=1)
    write("prusik.yaml", "environment: test\noperator: ann\n" + yaml)
    write("deploy.md", STEPS % more)


def default():
    return json.loads(read("flags.json"))["flags"]["NEW_UI"]["defaultVariant"]


def a_step_that_sets_a_flag_is_brought_back_without_a_word_in_the_document():
    steps()
    plan = prusik("plan", "deploy.md").stdout
    check("prusik flag back NEW_UI run" in plan and "the flag becomes what it was" in plan, plan)
    same("exit code", (prusik("run", "deploy.md").returncode, default()), (0, "off"))
    done = prusik("rollback", "r-0001", "--why", "x")
    same("exit code of rollback", (done.returncode, default()), (5, "on"))
    same("a second program of this name is not needed", [e["data"]["state"] for e in events("r-0002")
                                                         if e["event"] == "step-outcome"], ["done", "done"])


def the_files_that_a_step_names_are_those_of_its_way_back():
    for files in ("--flags=other.json", "--flags other.json", "--consumers prusik.flags.yaml --flags=other.json"):
        steps()
        write("deploy.md", (STEPS % "true").replace('"deployed dark"', f'"deployed dark" {files}'))
        plan = prusik("plan", "deploy.md", "--json").stdout
        check(f"prusik flag back NEW_UI run {files}" in plan, plan)


def a_failure_behind_it_brings_it_back():
    steps(more="false", yaml="on_failure: rollback\n")
    same("exit code", (prusik("run", "deploy.md").returncode, default()), (5, "on"))


def what_was_never_begun_is_not_brought_back():
    begin(rules="", queue=1)
    write("prusik.yaml", "environment: test\noperator: ann\non_failure: rollback\n")
    write("deploy.md", STEPS.replace("prusik flag", "false\nprusik flag") % "true")
    same("set by hand", prusik("flag", "set", "NEW_UI", "off", "--why", "mine").returncode, 0)
    prusik("run", "deploy.md")
    same("the flag", default(), "off")
    check("step-intent" in [e["event"] for e in events()], "nothing was begun at all")


def a_document_that_says_how_is_taken_at_its_word():
    steps()
    write("deploy.md", (STEPS % "true").replace("```bash\ntrue", '```bash\nprusik flag set NEW_UI on --why back'))
    check("flag back" not in prusik("plan", "deploy.md").stdout, "two steps bring it back")
    prusik("run", "deploy.md")
    same("exit code of rollback", (prusik("rollback", "r-0001", "--why", "x").returncode, default()), (5, "on"))


def what_a_rule_has_killed_stays_killed():
    begin(rules="rules: {queue: 'rollback, flag-off NEW_UI when cmd.queue.json.length > 100'}\n")
    write("deploy.md", (STEPS % "true").replace("set NEW_UI off", "set NEW_UI on"))
    write("flags.json", DEFINITIONS.replace('"defaultVariant":"on"', '"defaultVariant":"off"'))
    same("exit code", (prusik("run", "deploy.md").returncode, default()), (5, "off"))
    same("the kill", json.loads(read("flags.kill.json"))["kill"]["NEW_UI"]["variant"], "off")


def a_crash_before_its_end_does_not_lose_what_it_was():
    elsewhere(ONCE, rules="", queue=1)
    write("prusik.yaml", "environment: test\noperator: ann\n")
    write("deploy.md", STEPS % "true")
    p = start("run", "deploy.md", "--json")
    await_("the program", lambda: os.path.exists("begun"))
    p.send_signal(signal.SIGKILL)
    p.wait(DEADLINE_S)
    p.stdout.close()
    end_the_program()
    same("exit code", prusik("resume", "r-0001").returncode, 0)
    same("the file", read("app.env"), "NEW_UI=false\n")
    same("exit code of rollback", prusik("rollback", "r-0001", "--why", "x").returncode, 5)
    same("the file", read("app.env"), "NEW_UI=true\n")


def audits_and_comparisons_decide_by_their_exit_code():
    write("prusik.yaml", "environment: test\noperator: ann\n")
    write("deals.csv", "id,type\n1,x\n2,y\n")
    write("prusik.data.yaml", "file:\n  deals: {path: deals.csv}\nsnapshots:\n  deals: {rows: file.deals, key: id}\n"
          "audits:\n  deals:\n    rows: file.deals\n    checks:\n"
          "      - {name: type is known, coverage: type}\n")
    write("deploy.md", "# Shop\n\n## Deployment\n\n```bash\nprusik snapshot deals --output before.snap\n"
          "prusik audit deals\nprusik backup create app.db --to backups\nprusik backup verify backups/*.prbak\n"
          "prusik snapshot deals --output after.snap\nprusik compare before.snap after.snap\n```\n")
    with sqlite3.connect("app.db") as db:
        db.execute("CREATE TABLE deals (id INTEGER)")
    db.close()
    done = prusik("run", "deploy.md")  # no step asks for a way back
    same("all is well", (done.returncode, done.stderr), (0, ""))
    write("deals.csv", "id,type\n1,\n2,\n")
    for name in ("before.snap", "after.snap"):
        os.unlink(name)
    done = prusik("run", "deploy.md")
    same("exit code", done.returncode, 4)
    check("step deployment/2 failed: exit status 4" in done.stderr, done.stderr)


if __name__ == "__main__":
    sys.exit(
    run_tests([
        a_rule_switches_the_flag_off_and_it_is_read_back,
        a_flag_that_is_read_elsewhere_is_set_and_its_program_run,
        what_cannot_be_switched_is_said,
        a_program_that_hangs_ends_at_its_limit,
        a_way_back_does_not_wait_for_it,
        a_flag_that_is_not_there_is_refused_before_anything_runs,
        a_watch_that_stands_alone_switches_too,
        a_crash_in_between_is_finished_by_the_resume,
        a_resume_runs_the_program_though_the_file_says_off_already,
        an_aborted_run_leaves_it_in_doubt,
        an_interrupted_run_leaves_it_to_its_resume,
        a_step_that_sets_a_flag_is_brought_back_without_a_word_in_the_document,
        a_failure_behind_it_brings_it_back,
        what_was_never_begun_is_not_brought_back,
        a_document_that_says_how_is_taken_at_its_word,
        what_a_rule_has_killed_stays_killed,
        a_crash_before_its_end_does_not_lose_what_it_was,
        audits_and_comparisons_decide_by_their_exit_code,
        several_flags_are_switched_two_at_a_time,
        what_its_consumers_do_not_know_is_refused_before_anything_runs,
        a_rehearsal_switches_nothing,
        a_rule_that_fires_at_a_gate_switches_too,
        what_had_its_outcome_is_left_alone_by_the_resume,
        the_files_that_a_step_names_are_those_of_its_way_back,
    ]))
