#!/usr/bin/env python3
"""prusik report against those who read it: JUnit's XML for a build server, HTML in a browser.  TAP on stdout.

usage: report.py PRUSIK
"""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from tap import DEADLINE_S, check, read, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])
FENCE = "```"


def sh(code):
    return f"\n{FENCE}bash\n{code}\n{FENCE}\n\n"


DOCUMENT = (
    "# Shop & <Co>\n\n## Pre-checks\n\n- [ ] Notes & news read\n\n## Deployment\n\n### Phase 1: Code\n"
    + sh("printf 'a\\001\\033[31mred\\377 &lt;b&amp; ]]> \\357\\277\\277'\necho 'out' && echo 'err' >&2")
    + "### Phase 2: Data (if needed)\n" + sh("echo never")
    + "### Phase 3: Look\n" + sh('echo 19 passed\n# Expected: "20 passed"') + sh("echo not reached")
    + "## Rollback\n" + sh("touch back"))
BINDING = ("environment: test\noperator: ann\nanswers: {notes-news-read/1: {answer: yes, by: bo}}\n"
           "choices: {phase-2: no}\n")


def prusik(*args, status=0):
    run = subprocess.run([PRUSIK, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE_S,
                         env={**os.environ, "CI": "1"}, check=False)
    check(run.returncode == status, f"prusik {' '.join(args)} ends with {run.returncode}:\n"
          + run.stdout.decode("utf-8", "replace") + run.stderr.decode("utf-8", "replace"))
    return run.stdout


def a_run(status=4):
    write("deploy.md", DOCUMENT)
    write("prusik.yaml", BINDING)
    prusik("run", "deploy.md", "--quiet", status=status)


# --- JUnit

# Of each element: its attributes (True: must be there) and what may stand in it.
SHAPE = {
    "testsuites": ({"name": 1, "tests": 1, "failures": 1, "errors": 1, "skipped": 0, "time": 1}, {"testsuite"}),
    "testsuite": ({"name": 1, "id": 1, "package": 1, "hostname": 1, "timestamp": 1, "tests": 1, "failures": 1,
                   "errors": 1, "skipped": 0, "time": 1}, {"testcase"}),
    "testcase": ({"name": 1, "classname": 1, "time": 1}, {"failure", "error", "skipped", "system-out", "system-err"}),
    "failure": ({"message": 1, "type": 1}, set()),
    "error": ({"message": 1, "type": 1}, set()),
    "skipped": ({"message": 1}, set()),
    "system-out": ({}, set()),
    "system-err": ({}, set()),
}
FORMS = {
    "tests": r"\d+", "failures": r"\d+", "errors": r"\d+", "skipped": r"\d+", "id": r"\d+", "time": r"\d+\.\d{3}",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "name": r"(?s).*\S.*", "classname": r"(?s).*\S.*",
}
RESULTS = ("failure", "error", "skipped")


def check_shape(e):
    check(e.tag in SHAPE, f"an unknown element {e.tag}")
    attributes, inside = SHAPE[e.tag]
    for name, wanted in attributes.items():
        check(name in e.attrib or not wanted, f"{e.tag} has no {name}")
    for name, value in e.attrib.items():
        check(name in attributes, f"{e.tag} has an unknown attribute {name}")
        check(re.fullmatch(FORMS.get(name, r"(?s).*"), value), f"{e.tag} {name} is {value!r}")
    for child in e:
        check(child.tag in inside, f"a {child.tag} in a {e.tag}")
        check_shape(child)
    check(sum(child.tag in RESULTS for child in e) <= 1 or e.tag != "testcase", "a case with two results")


def check_counts(e, cases):
    same(f"tests of {e.get('name')}", int(e.get("tests")), len(cases))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        same(f"{attribute} of {e.get('name')}", int(e.get(attribute)),
             sum(case.find(tag) is not None for case in cases))


def junit():
    root = ElementTree.fromstring(prusik("report", "--format", "junit"))
    same("the root", root.tag, "testsuites")
    check_shape(root)
    for suite in root:
        check_counts(suite, list(suite))
    check_counts(root, list(root.iter("testcase")))
    same("ids", [s.get("id") for s in root], [str(i) for i in range(len(root))])
    return root


def junit_has_the_shape_that_build_servers_read():
    a_run()
    root = junit()
    same("suites", [s.get("name") for s in root],
         ["Pre-checks / Notes & news read", "Deployment / Code", "Deployment / Data", "Deployment / Look"])
    same("results", [[c.tag for c in case if c.tag in RESULTS] for case in root.iter("testcase")],
         [[], [], [], ["skipped"], ["failure"], ["skipped"]])


def junit_keeps_what_was_printed_as_far_as_xml_can():
    a_run()
    outs = [case.findtext("system-out") for case in junit().iter("testcase")]
    same("the first output", outs[1], "a\ufffd\ufffd[31mred\ufffd &lt;b&amp; ]]> \ufffd")
    same("the second", outs[2], "out\n")
    failure = next(junit().iter("failure"))
    check("20 passed" in failure.text, f"the failure says {failure.text!r}")


# --- HTML

HERE = os.path.dirname(os.path.realpath(__file__))


def look_at(page):
    run = subprocess.run(["node", os.path.join(HERE, "report_page.mjs"), os.environ.get("CHROMIUM", "chromium"),
                          os.path.realpath(page), os.path.realpath("profile")],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE_S, check=False)
    same(f"what is wrong with {page}", run.stdout.decode() + run.stderr.decode(), "")


def the_page_of_a_failed_run_reads_well_and_asks_for_nothing():
    a_run()
    prusik("report", "--output", "failed.html")
    look_at("failed.html")
    check('href="#step-' in read("failed.html"), "no way to the failed step")


def the_page_of_a_run_that_was_taken_back_reads_well():
    a_run()
    prusik("rollback", "r-0001", "--why", "<script>it</script> failed", status=5)
    prusik("report", "--output", "back.html")
    look_at("back.html")
    check("Rolled back" in read("back.html") and "<script" not in read("back.html"), "what it says")


if __name__ == "__main__":
    sys.exit(run_tests([
        junit_has_the_shape_that_build_servers_read,
        junit_keeps_what_was_printed_as_far_as_xml_can,
        the_page_of_a_failed_run_reads_well_and_asks_for_nothing,
        the_page_of_a_run_that_was_taken_back_reads_well,
    ]))
