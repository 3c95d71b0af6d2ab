#!/usr/bin/env python3
"""prusik on another host: a real sshd on loopback.  TAP on stdout.

usage: remote.py PRUSIK
"""
import http.server
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from pseudo import Terminal
from sshd import Server, children_of, command_line, runs
from tap import DEADLINE_S, await_, check, read, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])
HOME = tempfile.mkdtemp()


def prusik(*argv):
    return subprocess.run([PRUSIK, *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=DEADLINE_S)


def document(steps, more=""):
    write("deploy.md", f"# Deploy the shop\n\n## Steps\n\n{steps}\n")
    write("prusik.yaml", "environment: test\nenv: {GREETING: \"it's me\"}\n"
          f"hosts: {{'*': {{ssh: [-F, {HOME}/ssh_config]}}}}\n{more}")


def block(commands):
    return f"```bash\n{commands}\n```\n"


def accepted(*ids):
    return "steps: {" + ", ".join(f"'{i}': {{undo: a test}}" for i in ids) + "}\n"


def run(want, *argv):
    done = prusik("run", "deploy.md", "--operator", "ann", *argv)
    check(done.returncode == want, f"exit status {done.returncode} instead of {want}\n{done.stdout}{done.stderr}")
    return done


# --- the tests


def commands_run_over_there_and_the_shell_carries_on():
    document("### 1. There\n\n" + block("ssh web1\nmkdir -p \"$PWD/x\"\ncd /tmp\nX='a b'\nexport Y=2\n"
                                        "echo \"$WHERE $GREETING $PWD $X $Y\" > " + os.getcwd() + "/there\n"
                                        "printf 'out'; printf 'err' >&2\nexit") +
             "### 2. Here\n\n" + block("echo \"${WHERE:-here}\" > here"),
             "steps: {'1': {undo: a test}, '2': {undo: a test}}\n")
    run(0)
    same("there", read("there"), "there it's me /tmp a b 2\n")
    same("here", read("here"), "here\n")


def a_status_is_that_of_the_command():
    document(block("ssh web1\nfalse | true") + "\n")
    text = run(4).stdout
    check("false | true" in text, text)


class Ill(http.server.BaseHTTPRequestHandler):
    """Answers with an error page, and says who asks."""
    def do_GET(self):
        body = b'{"state": "ill"}'
        self.send_response(503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


def an_error_page_over_there_is_no_success():
    server = http.server.HTTPServer(("127.0.0.1", 0), Ill)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/health"
    try:
        document(block(f"ssh web1\ncurl -sS {url}"))
        text = run(4).stdout
        check("HTTP 503" in text, text)
        shutil.rmtree(".prusik")
        document(block(f"ssh web1\ncurl -sS {url}\n# Expected: HTTP 200"))
        text = run(4).stdout
        check('expected "HTTP 200": HTTP 503' in text, text)
        shutil.rmtree(".prusik")
        document(block(f"ssh web1\ncurl -sS {url}\n# Expected: HTTP 503, \"ill\"\necho it goes on"))
        run(0)
        record = prusik("report", "--json").stdout
        check('{\\"state\\": \\"ill\\"}' in record, record)
        check("\\u001e" not in record, "the mark is in the record")
    finally:
        server.shutdown()
        server.server_close()


def the_end_of_the_shell_is_the_end_of_the_command():
    document(block("ssh web1\ntrue\nexec sh -c 'exit 7'"), accepted("steps"))
    done = run(4)
    check("7" in done.stdout + done.stderr, done.stdout + done.stderr)


def what_nohup_has_begun_over_there_stays_and_everything_else_ends():
    here = os.getcwd()
    document(block(f"ssh web1\nsleep 300 & echo $! > {here}/ends\n"
                   f"nohup sleep 300 > /dev/null 2>&1 & echo $! > {here}/stays"), accepted("1", "2", "3", "4"))
    run(0)
    ends, stays = int(read("ends")), int(read("stays"))
    try:
        await_("the end of what was left in the background", lambda: not runs(ends))
        check(runs(stays), "what nohup has begun was ended")
    finally:
        os.kill(stays, signal.SIGKILL)


def much_output_comes_whole():
    document(block("ssh web1\nhead -c 3000000 /dev/zero | tr '\\0' x; echo; seq 1 20000; echo the end") +
             "\nExpected: \"the end\"\n", accepted("steps"))
    run(0)
    out = prusik("report", "--json").stdout
    check("the end" in out, "the end of the output is lost")


def a_host_that_is_not_bound_is_a_question():
    document(block("ssh web1\ntrue"))
    write("prusik.yaml", "environment: test\n")
    done = run(3)
    check("how is host 'web1' reached?" in done.stderr, done.stderr)


def local_says_that_the_host_is_this_one():
    document(block("ssh web1\ntest -z \"$WHERE\""))
    write("prusik.yaml", "environment: test\nhosts: {web1: local}\n")
    run(0)


def a_host_that_cannot_be_reached_is_said():
    document(block("ssh nowhere\ntrue"))
    done = run(4)
    check("cannot be reached" in done.stdout + done.stderr and "refused" in done.stdout + done.stderr,
          done.stdout + done.stderr)


def a_login_shell_reads_the_profile_over_there():
    write(f"{HOME}/home/.profile", "echo Welcome!; PATH=$PATH:/opt/own/bin; export FROM=profile GREETING=profile\n")
    try:
        for login, path, values in (("no", "", " it's me"), ("yes", ":/opt/own/bin", "profile it's me")):
            shutil.rmtree(".prusik", ignore_errors=True)
            document(block("ssh web1\necho \"$PATH\" > " + os.getcwd() + "/path; echo \"$FROM $GREETING\" > " +
                           os.getcwd() + "/values"), accepted("steps"))
            write("prusik.yaml", read("prusik.yaml").replace("ssh_config]}", f"ssh_config], login: {login}}}"))
            done = run(0)
            check("Welcome" not in done.stdout, done.stdout)
            check(read("path").strip().endswith(path or "bin"), read("path"))
            check(path or "/opt/own" not in read("path"), read("path"))
            same("values", read("values"), values + "\n")
    finally:
        os.unlink(f"{HOME}/home/.profile")


def what_takes_too_long_is_ended_over_there():
    document(block("ssh web1\nsh -c 'trap \"\" TERM; echo $$ > " + os.getcwd() + "/pid; while :; do sleep 1; done'"),
             "steps: {'steps': {undo: a test, timeout: 1s}}\n")
    run(4)
    pid = int(read("pid"))
    await_("its end", lambda: not runs(pid))


def contact_that_is_lost_leaves_the_step_in_doubt():
    document(block("ssh web1\nsh -c 'touch " + os.getcwd() + "/began; sleep 30; touch " + os.getcwd() + "/ended'"),
             accepted("steps"))
    p = subprocess.Popen([PRUSIK, "run", "deploy.md", "--operator", "ann"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    await_("the command", lambda: os.path.exists("began"))
    SERVER.cut()
    text, _ = p.communicate(timeout=DEADLINE_S)
    check(p.returncode in (4, 7), f"{p.returncode} {text}")
    check("web1" in text and "lost" in text, text)
    status = prusik("status").stdout
    check("doubt" in status or "waiting" in status, status)


def a_lost_connection_between_commands_is_made_anew():
    document(block("ssh web1\ncd /tmp; X=kept\ntouch " + os.getcwd() + "/began\nsleep 2\n"
                   "echo \"$PWD $X\" > " + os.getcwd() + "/after"), accepted("steps"))
    p = subprocess.Popen([PRUSIK, "run", "deploy.md", "--operator", "ann"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    await_("the command", lambda: os.path.exists("began"))
    time.sleep(0.5)  # its report has come, and the pause goes on
    SERVER.cut()
    text, _ = p.communicate(timeout=DEADLINE_S)
    same("the exit status", (p.returncode, text if p.returncode else ""), (0, ""))
    same("the state", read("after"), "/tmp kept\n")


def ctrl_c_ends_the_command_over_there():
    document(block("ssh web1\necho $BASHPID > " + os.getcwd() + "/shell; sleep 1000 & echo $! > " + os.getcwd() +
                   "/pid; wait"), accepted("steps"))
    p = subprocess.Popen([PRUSIK, "run", "deploy.md", "--operator", "ann"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    await_("the command", lambda: os.path.exists("pid") and read("pid"))
    p.send_signal(signal.SIGINT)
    text, _ = p.communicate(timeout=DEADLINE_S)
    same("the exit status", p.returncode, 130)
    pid = int(read("pid"))
    await_("its end", lambda: not runs(pid))


def a_loop_over_there_stops_in_its_round():
    here = os.getcwd()
    document(block(f"ssh web1\ncd {here}; KEEP='a b'\n"
                   "{ for i in 1 2 3; do echo \"$i $KEEP\" >> rounds; cd /; KEEP=half; [ -e $OLDPWD/go ] || sleep 300; "
                   "cd $OLDPWD; KEEP='a b'; done; }\n"
                   "echo \"$WHERE $PWD $KEEP\" > after"), "steps: {steps: {undo: a test, in_doubt: again}}\n")
    p = subprocess.Popen([PRUSIK, "run", "deploy.md", "--operator", "ann"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    await_("the command", lambda: os.path.exists("rounds") and read("rounds"))
    p.send_signal(signal.SIGINT)
    text, _ = p.communicate(timeout=DEADLINE_S)
    same("the exit status", p.returncode, 130)
    same("the rounds", read("rounds"), "1 a b\n")
    check("did it happen" not in text, text)  # it did not: contact was not lost, we ended it
    write("go", "")
    done = prusik("resume", "--unattended")
    same("the exit status of resume", (done.returncode, done.stderr), (0, ""))
    same("the rounds", read("rounds"), "1 a b\n1 a b\n2 a b\n3 a b\n")
    same("the state after", read("after"), f"there {here} a b\n")


def a_time_limit_stops_a_loop_over_there_and_the_next_attempt_has_its_state():
    here = os.getcwd()
    document(block(f"ssh web1\ncd {here}; KEEP='a b'\n"
                   "for i in 1 2 3; do echo \"$PWD $KEEP\" >> rounds; cd /; KEEP=; sleep 300; done"),
             "steps: {'steps': {undo: a test, timeout: 2s, retries: 1}}\n")
    done = run(4)
    same("the rounds", read("rounds"), f"{here} a b\n" * 2)
    check("did not end within 2000 ms" in done.stdout + done.stderr, done.stdout + done.stderr)


# --- a terminal over there

ASK = ("read -r -p 'who are you? ' x < /dev/tty; tty; stty size; echo \"hello $x of $WHERE\"\n"
       "printf '%s %s %s %s\\n' \"$PWD\" \"$MORE\" \"$TOKEN\" \"${HIDDEN-unset}\"\n")


def interactive(script, before="true", more="", host="web1", accept=""):
    """Commands over there, and then a script that wants a terminal; `accept` names what is not undone."""
    write("ask.sh", script)
    document("### 1. Ask\n\n" + block(f"ssh {host}\n{before}") +
             f"\n```bash {{name=ask}}\nbash {os.getcwd()}/ask.sh\n```\n",
             "steps: {ask: {terminal: yes, undo: it asks}" + accept + f"}}\n{more}")


def at_a_terminal(*argv, columns=80, env=None):
    return Terminal(PRUSIK, *argv, "--operator", "ann", columns=columns, env=env)


def an_interactive_command_has_a_terminal_over_there():
    write("secret.env", "TOKEN=c4nary-over-there\n")
    interactive(ASK, "cd /tmp; export MORE='a  b'; HIDDEN=1; set -eu",
                "secrets: [TOKEN]\nenv_files: [secret.env]\n")
    t = at_a_terminal("run", "deploy.md", columns=71)
    t.await_text(r"the terminal is the command's")
    t.await_text(r"who are you\? ")
    t.send("anx\x7fn\r")
    t.await_text(r"/dev/pts/\d+")
    t.await_text(r"40 71")
    t.await_text(r"hello ann of there")
    t.await_text(r"/tmp a  b ")
    t.await_text(r"unset")
    same("the exit status", t.end(), 0)
    record = prusik("report", "--json").stdout
    check("hello ann of there" in record, "what it showed is not in the record")
    check("c4nary" not in record, "the record has a secret")


def the_size_of_the_terminal_is_passed_on():
    interactive("trap 'stty size' WINCH; echo ready; while [ ! -e " + os.getcwd() + "/go ]; do sleep 0.1; done; stty size\n")
    t = at_a_terminal("run", "deploy.md", columns=90)
    t.await_text(r"ready")
    t.resize(66)
    t.await_text(r"40 66")
    write("go", "")
    same("the exit status", t.end(), 0)


def keys_go_to_the_command_and_ctrl_c_too():
    interactive("trap 'echo interrupted; exit 9' INT\nread -r -n 3 x; printf '<%s>' \"$x\" | cat -v\necho; echo ready\n"
                "while :; do sleep 0.1; done\n")
    t = at_a_terminal("run", "deploy.md")
    t.await_text(r"is the command's")
    t.send("\r~.x")  # no word to ssh
    t.await_text(r"ready")
    t.send("\x03")
    t.await_text(r"interrupted")
    same("the exit status", t.end(), 4)
    check("status 9" in t.plain() or " 9" in t.plain(), t.plain())


def a_status_of_255_over_there_is_a_status():
    interactive("exit 255\n")
    t = at_a_terminal("run", "deploy.md")
    same("the exit status", t.end(), 4)
    check("255" in t.plain() and "doubt" not in t.plain(), t.plain())


def a_large_state_comes_over():
    interactive("echo \"${#BIG} ${#MORE}\"\n", "export BIG=$(head -c 90000 /dev/zero | tr '\\0' x); export MORE=$(seq 9000)")
    t = at_a_terminal("run", "deploy.md")
    t.await_text(r"90000 43892")
    same("the exit status", t.end(), 0)


def contact_lost_while_it_has_the_terminal_is_in_doubt():
    interactive("touch " + os.getcwd() + "/began; read -r x && touch " + os.getcwd() + "/ended\n")
    t = at_a_terminal("run", "deploy.md")
    t.await_text(r"is the command's")
    await_("the command", lambda: os.path.exists("began"))
    SERVER.cut()
    t.await_text(r"contact with host 'web1' was lost")
    t.await_text(r"yes or no")  # did it happen?
    check(not os.path.exists("ended"), "it went on")
    t.send("no\n")  # so it is begun again
    t.await_text(r"is the command's")
    t.send("x\r")
    same("the exit status", t.end(), 0)
    check(os.path.exists("ended"), "it was not begun again")


def begun_again_it_does_not_meet_the_end_of_the_other_connection():
    interactive("touch " + os.getcwd() + "/began; read -r x && touch " + os.getcwd() + "/ended\n")
    t = at_a_terminal("run", "deploy.md")
    t.await_text(r"is the command's")
    await_("the command", lambda: os.path.exists("began"))
    shell = [p for p in children_of(t.pid) if b"-tt" not in command_line(p)]
    same("connections without a terminal", len(shell), 1)
    os.kill(shell[0], signal.SIGSTOP)  # it hears of the cut later than the other one
    SERVER.cut()
    t.await_text(r"yes or no")
    t.send("no\n")
    time.sleep(0.5)  # it was asked for its state
    os.kill(shell[0], signal.SIGCONT)
    t.await_text(r"is the command's")
    t.send("x\r")
    same("the exit status", t.end(), 0)
    check(os.path.exists("ended"), "it was not begun again")


def interrupted_from_outside_it_is_ended_over_there():
    interactive("trap '' TERM; echo $$ > " + os.getcwd() + "/pid; while :; do read -r x; done\n")
    t = at_a_terminal("run", "deploy.md")
    t.await_text(r"is the command's")
    await_("the command", lambda: os.path.exists("pid") and read("pid"))
    os.kill(t.pid, signal.SIGINT)
    same("the exit status", t.end(), 130)
    pid = int(read("pid"))
    await_("its end", lambda: not runs(pid))


def what_takes_too_long_at_a_terminal_is_ended_over_there():
    interactive("echo $$ > " + os.getcwd() + "/pid; while :; do read -r x; done\n")
    write("prusik.yaml", read("prusik.yaml").replace("terminal: yes,", "terminal: yes, timeout: 2s,"))
    t = at_a_terminal("run", "deploy.md")
    same("the exit status", t.end(), 4)
    check("did not end within" in t.plain(), t.plain())
    pid = int(read("pid"))
    await_("its end", lambda: not runs(pid))


def a_folder_that_is_gone_over_there_is_status_97():
    interactive("echo never\n", "mkdir -p " + os.getcwd() + "/gone && cd " + os.getcwd() + "/gone && rmdir ../gone",
                accept=", '1': {undo: a test}")
    t = at_a_terminal("run", "deploy.md")
    same("the exit status", t.end(), 4)
    check("97" in t.plain() and "never" not in prusik("report", "--json").stdout.replace("echo never", ""), t.plain())


def without_a_person_no_terminal_over_there_is_asked_for():
    interactive(ASK)
    done = prusik("run", "deploy.md", "--operator", "ann")
    same("the exit status", done.returncode, 3)
    check("waits for a person at a terminal" in done.stderr + done.stdout, done.stderr)


def a_command_that_knows_our_mark_says_nothing_for_the_shell():
    interactive("mark=$(tr '\\0' '\\n' < /proc/$PPID/cmdline | tail -n 2 | head -n 1)\n"
                "printf '\\0\\0%s\\0none\\0' \"$mark\"\nprintf '\\0\\0%s\\0%0100d' \"$mark\" 7\necho; echo \"mark ${#mark}\"; exit 3\n")
    t = at_a_terminal("run", "deploy.md")
    t.await_text(r"mark 32")
    same("the exit status", t.end(), 4)
    check("status 3" in t.plain(), t.plain())


def a_host_that_gives_no_terminal_is_said():
    interactive("echo never\n", host="webtty")
    t = at_a_terminal("run", "deploy.md")
    same("the exit status", t.end(), 4)
    check("gives no terminal" in t.plain(), t.plain())


TESTS = [an_interactive_command_has_a_terminal_over_there, the_size_of_the_terminal_is_passed_on,
         keys_go_to_the_command_and_ctrl_c_too, a_status_of_255_over_there_is_a_status, a_large_state_comes_over,
         contact_lost_while_it_has_the_terminal_is_in_doubt,
         begun_again_it_does_not_meet_the_end_of_the_other_connection, interrupted_from_outside_it_is_ended_over_there,
         what_takes_too_long_at_a_terminal_is_ended_over_there, a_folder_that_is_gone_over_there_is_status_97,
         without_a_person_no_terminal_over_there_is_asked_for, a_host_that_gives_no_terminal_is_said,
         a_command_that_knows_our_mark_says_nothing_for_the_shell]
TESTS += [commands_run_over_there_and_the_shell_carries_on, a_status_is_that_of_the_command,
          what_nohup_has_begun_over_there_stays_and_everything_else_ends,
         an_error_page_over_there_is_no_success, the_end_of_the_shell_is_the_end_of_the_command, much_output_comes_whole,
         a_host_that_is_not_bound_is_a_question, local_says_that_the_host_is_this_one,
         a_host_that_cannot_be_reached_is_said, a_login_shell_reads_the_profile_over_there, what_takes_too_long_is_ended_over_there,
         contact_that_is_lost_leaves_the_step_in_doubt,
         a_lost_connection_between_commands_is_made_anew, ctrl_c_ends_the_command_over_there,
         a_loop_over_there_stops_in_its_round,
         a_time_limit_stops_a_loop_over_there_and_the_next_attempt_has_its_state]


def main():
    global SERVER
    SERVER = Server(HOME)
    no_tty = Server(HOME, "bare", more="PermitTTY no\n")
    write(f"{HOME}/known_hosts", SERVER.known_host() + no_tty.known_host())
    write(f"{HOME}/ssh_config", SERVER.client_config("web1 web2") + no_tty.client_config("webtty") + "Host nowhere\n  HostName 127.0.0.1\n  Port 1\n")
    try:
        return run_tests(TESTS)
    finally:
        SERVER.stop()
        no_tty.stop()
        shutil.rmtree(HOME)


sys.exit(main())
