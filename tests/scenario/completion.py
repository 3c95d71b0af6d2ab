#!/usr/bin/env python3
"""What zsh and fish offer, asked as somebody at their prompts asks.  TAP on stdout; bash is in cmd_completion.md.

usage: completion.py PRUSIK
"""
import os
import re
import subprocess
import sys

from pseudo import Terminal
from tap import check, run_tests, same, write

PRUSIK = os.path.abspath(sys.argv[1])


def environment():
    return {**os.environ, "PATH": f"{os.path.dirname(PRUSIK)}:{os.environ['PATH']}", "HOME": os.getcwd(),
            "XDG_DATA_HOME": os.getcwd(), "XDG_CONFIG_HOME": os.getcwd(), "XDG_RUNTIME_DIR": os.getcwd()}


def script(shell):
    return subprocess.run([PRUSIK, "completion", shell], capture_output=True, text=True, check=True).stdout


def one_run():
    write("deploy.md", "# Deploy\n\n## Steps\n\n```bash\ntrue\n```\n")
    write("prusik.yaml", "environment: test\n")
    same("the run", subprocess.run([PRUSIK, "run", "deploy.md", "--unattended"], capture_output=True, check=False).returncode, 0)


def fish_offers(line):
    """The words, without what is said of them."""
    shown = subprocess.run(["fish", "--no-config", "-c", f"source prusik.fish; complete -C '{line}'"], env=environment(),
                           capture_output=True, text=True, check=True).stdout
    return [row.split("\t")[0] for row in shown.splitlines()]


class Zsh(Terminal):
    """zsh at a prompt, with the completion where it looks for it."""

    def __init__(self):
        os.mkdir("functions")
        write("functions/_prusik", script("zsh"))
        write(".zshrc", "fpath=($PWD/functions $fpath)\nautoload -Uz compinit\ncompinit -u -d $PWD/dump\nPS1='ready> '\n"
                        "unsetopt auto_menu\nzle-line-init() { print -n '[at the prompt]' }\nzle -N zle-line-init\n")
        super().__init__("/bin/zsh", "-d", "-i", env=environment())
        self.await_text(r"\[at the prompt\]")

    def completes(self, line, pattern):
        self.send(line)
        self.await_text(re.escape(line[-1]))
        self.send("\t")
        self.await_text(pattern)
        self.send("\x07")  # send-break, in its turn: Ctrl-C would come at any time, and end only the completion
        self.await_text(r"\[at the prompt\]")

    def close(self):
        self.send("exit\n")
        self.end()


# --- the tests


def fish_offers_verbs_and_only_as_the_first_word():
    write("prusik.fish", script("fish"))
    same("verbs", fish_offers("prusik ro"), ["rollback"])
    check("run" not in fish_offers("prusik status "), "a verb behind a verb")
    same("words of a verb", fish_offers("prusik db down"), ["down", "downgrade"])


def fish_offers_the_options_of_the_verb_and_no_other():
    write("prusik.fish", script("fish"))
    same("of lint", fish_offers("prusik lint --fi"), ["--fix"])
    same("of db lint, which is another verb", fish_offers("prusik db lint --fi"), ["--files", "--finish"])
    same("their values", fish_offers("prusik plan --color "), ["always", "auto", "never"])


def fish_offers_runs_and_files_where_they_are_taken():
    one_run()
    write("prusik.fish", script("fish"))
    same("runs", fish_offers("prusik resume "), ["r-0001"])
    same("documents", fish_offers("prusik plan dep"), ["deploy.md"])
    check({"deploy.md", "r-0001"} <= set(fish_offers("prusik verify ")), "a run or an archive")


def zsh_completes_verbs_options_runs_and_files():
    one_run()
    z = Zsh()
    z.completes("prusik rehe", r"arse")
    z.completes("prusik db lint --fi", r"--files[^$]*--finish")
    z.completes("prusik resume r", r"-0001")
    z.completes("prusik plan dep", r"loy\.md")
    z.completes("prusik verify ", r"r-0001 +-- .*deploy\.md")
    z.completes("prusik plan --graph=", r"dot +svg")
    z.close()


def a_shell_without_a_store_is_told_nothing():
    write("prusik.fish", script("fish"))
    same("runs", fish_offers("prusik resume "), [])
    check(not os.path.exists(".prusik"), "a store was made")


sys.exit(run_tests([
    fish_offers_verbs_and_only_as_the_first_word, fish_offers_the_options_of_the_verb_and_no_other,
    fish_offers_runs_and_files_where_they_are_taken, zsh_completes_verbs_options_runs_and_files,
    a_shell_without_a_store_is_told_nothing]))
