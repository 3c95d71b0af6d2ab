/* Commands that are told in a text: which are carried out, which a person does, and which are only spoken of. */
#include "runbook_want.h"

/* What is done below "## Deployment". */
static void want_told(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);

    strbuf_addf(&md, "# R\n## Deployment\n%s", text);
    want_steps(strbuf_str(&md), want);
}

T(a_remark_behind_a_command_is_one)
{
    want_told("- `systemctl stop app` (takes up to 30 s)\n", "deploy systemctl stop app");
    want_told("1. `systemctl stop app` (takes up to 30 s).\n", "deploy systemctl stop app");
    want_told("- `systemctl stop app` (see below)\n", "deploy [systemctl stop app (see below)]");
    want_told("- `systemctl stop app` (never on Friday)\n",
              "deploy [systemctl stop app (never on Friday)]");
    want_told("`systemctl stop app` (a b) does it\n", "");
    want_told("- `systemctl stop app` (~30 s)\n", "deploy systemctl stop app");
    want_told("- `systemctl stop app` (may take 5-10 minutes)\n", "deploy systemctl stop app");
    want_told("- `rm -rf /srv/data` (DO NOT RUN on production)\n",
              "deploy [rm -rf /srv/data (DO NOT RUN on production)]");
    want_told("- `systemctl stop app` (on web2)\n", "deploy [systemctl stop app (on web2)]");
    want_told("- `systemctl stop app` (after 30 days)\n",
              "deploy [systemctl stop app (after 30 days)]");
    want_told("- `systemctl stop app` (5 times)\n", "deploy [systemctl stop app (5 times)]");
    want_told("Never run this:\n\n- `systemctl stop nginx`\n", "");
    want_told("Do not run these commands:\n\n- `systemctl stop nginx` (takes 5 s)\n", "");
}

T(more_than_a_remark_is_left_to_a_person)
{
    want_told("- `systemctl start app` — as root\n", "deploy [systemctl start app — as root]");
    want_told("- `./migrate.sh` - runs it\n", "deploy [./migrate.sh - runs it]");
    want_told("- `kubectl rollout restart a` and wait\n",
              "deploy [kubectl rollout restart a and wait]");
    want_told("Useful commands:\n\n- `./migrate.sh` - runs it\n", "");
    want_told("- `config.yml` - main configuration\n", "");
    want_steps("# R\n## Deployment scripts\n- `./deploy.sh`\n- `./teardown.sh` - removes all\n",
               "");
}

T(the_name_of_a_script_is_a_command)
{
    want_told("`./deploy.sh`\n", "deploy ./deploy.sh");
    want_told("- [ ] Deploy: `./deploy.sh`\n", "deploy ./deploy.sh");
    want_told("1. `ops/deploy.sh`\n", "deploy ops/deploy.sh");
    want_told("- [ ] Configure: `./deploy.sh`\n", "deploy [Configure: ./deploy.sh]");
    want_told("- [ ] Script: `./deploy.sh`\n", "deploy [Script: ./deploy.sh]");
    want_told("`./`\n", "");
    want_told("1. Save the dump as: `./dump`\n", "deploy [Save the dump as: ./dump]");
    want_told("1. Deploy (old way): `./old.sh`\n", "deploy [Deploy (old way): ./old.sh]");
    want_told("1. Start: `./a.sh`, then wait 10 minutes\n",
              "deploy [Start: ./a.sh, then wait 10 minutes]");
    want_told("1. Restore from: `./backup.sql`\n", "deploy [Restore from: ./backup.sql]");
    want_told("1. Run the script: `./a.sh`\n", "deploy ./a.sh");
    want_told("1. `./clean/`\n", "deploy [./clean/]");
    want_told("1. `./backup.sql`\n", "deploy [./backup.sql]");
    want_told("- [ ] Check `./deploy.sh`\n", "deploy [Check ./deploy.sh]");
}

T(commands_that_were_typed_as_text_are_done_by_a_person)
{
    want_told("sudo apt-get update\nsudo apt-get install app=2.0\n",
              "deploy [sudo apt-get update]|deploy [sudo apt-get install app=2.0]");
    want_told("* Stop it\n  sudo systemctl stop app\n", "deploy [sudo systemctl stop app]");
    want_told("1. Stop it\n   sudo systemctl stop app\n", "deploy [sudo systemctl stop app]");
    want_told("docker is needed on each host\n", "");
    want_told("Do not run:\n\nsystemctl stop nginx -x\n", "");
    want_told("The old way was:\n\nsystemctl restart old-app\n", "");
    want_told("Then:\n\nsystemctl restart old-app\n", "deploy [systemctl restart old-app]");
    want_told("Server log:\n\nnginx -t ok on web1\n", "");
    want_told("kubectl access\n", "");
    want_told("kubectl get pods shows them.\n", "");
    want_told("> sudo systemctl stop app\n", "");
    want_steps("# R\n## Overview\n\nsudo systemctl stop app\n", "");
}

T(bullets_below_a_bullet_that_tells_to_do_it_are_commands)
{
    want_told("- Promote the standby:\n  - `./promote.sh --now`\n  - `systemctl restart app`\n",
              "deploy ./promote.sh --now|deploy systemctl restart app");
    want_told("- Useful:\n  - `./promote.sh --now`\n", "");
}

T(a_numbered_section_without_words_is_told_by_its_heading)
{
    want_steps("# R\n## Steps\n## Step 3\n\n" SH("./a") "\n## Step 4\n\n## Cleanup\n",
               "deploy ./a|deploy [Step 4]");
}

T(where_somebody_clicks_is_done_by_a_person)
{
    want_told("Settings → Feature flags → turn on `x`\n",
              "deploy [Settings → Feature flags → turn on x]");
    want_told("- Jenkins > deploy-prod > Build with Parameters\n",
              "deploy [Jenkins > deploy-prod > Build with Parameters]");
    want_told("Latency > 500 > 100\n", "");
    want_told("web → app → database\n", "");
    want_told("A > B\n", "");
    want_told("The request goes through the whole of the big system > The proxy > App\n", "");
    want_told("Staging → → Production\n", "");
    want_told("Client → Load balancer → App server → Database\n", "");
    want_told("Order created -> Payment -> Shipping\n", "");
    want_told("- Web app → Deployments → Redeploy\n", "deploy [Web app → Deployments → Redeploy]");
}

T(what_comes_before_is_seen_to_by_a_person)
{
    want_told("Traffic must be drained first.\n" SH("./a"),
              "deploy [Traffic must be drained first.]|deploy ./a");
    want_told("The job has to be stopped before the upgrade.\n" SH("./a"),
              "deploy [The job has to be stopped before the upgrade.]|deploy ./a");
    want_told("Start not before 22:00.\n" SH("./a"), "deploy [Start not before 22:00.]|deploy ./a");
    want_told("Do not start before the DBA has confirmed.\n" SH("./a"),
              "deploy [Do not start before the DBA has confirmed.]|deploy ./a");
    want_told("Wait at least 10 minutes between the nodes.\n" SH("./a"),
              "deploy [Wait at least 10 minutes between the nodes.]|deploy ./a");
    want_told("Wait 10 minutes.\n" SH("sleep 600"), "deploy sleep 600");
    want_told("Passwords must be hashed before they are stored.\n" SH("./a"), "deploy ./a");
    want_told("The data must be exported.\n" SH("./a"), "deploy ./a");
    want_rules("# R\n## Deployment\nWait at least 10 minutes between the nodes.\n", "");
}

T(a_comment_tells_what_no_command_below_does)
{
    want_told(SH("# Edit config.yml and set workers: 4\nsystemctl restart app"),
              "deploy [Edit config.yml and set workers: 4]|deploy systemctl restart app");
    want_told(SH("# Change DEBUG to false in .env\nsystemctl restart app"),
              "deploy [Change DEBUG to false in .env]|deploy systemctl restart app");
    want_told(SH("# Edit x.conf if needed\nsystemctl restart app"),
              "deploy systemctl restart app ?if needed");
    want_told(SH("# Edit config.yml\nsed -i s/a/b/ config.yml"), "deploy sed -i s/a/b/ config.yml");
    want_told(SH("# Set the version in etc/app.env\necho V=2 >> etc/app.env"),
              "deploy echo V=2 >> etc/app.env");
    want_told(SH("# Add it to requirements.txt\npip install -r requirements.txt"),
              "deploy pip install -r requirements.txt");
    want_told(SH("# Set it in app.yml\n./set.sh"), "deploy ./set.sh");
    want_told(SH("# Update values.yaml\n\nhelm upgrade a"), "deploy helm upgrade a");
    want_told(SH("# The port is open in the console\n./a"), "deploy ./a");
    want_told(SH("./a # edit config.yml"), "deploy ./a");
}

T(a_number_that_is_stated_above_a_command_is_looked_at)
{
    want_expects("# R\n## Checks\n- [ ] Disk has at least 5 GB free: `df -h /var`\n",
                 "0 free-space:");
    want_expects("# R\n## Checks\n- [ ] Disk on db01 is at most 80 % full: `df -h /var`\n",
                 "0 ask:Disk on db01 is at most 80 % full");
    want_expects("# R\n## Checks\n- [ ] Fewer than 50 connections: `psql -tc 'select 1'`\n",
                 "0 number:connections");
    want_expects("# R\n## Checks\n- [ ] On db01, more than 20 % is free: `df -h /data`\n",
                 "0 ask:more than 20 % is free");
    want_expects("# R\n## Checks\n- `ls /var/x` lists at least 3 files\n", "0 number:lists");
    want_expects("# R\n## Checks\n- [ ] Release 4.7 is there: `ls /srv/4.7`\n", "");
}

T(a_state_that_the_exit_status_does_not_tell_is_asked)
{
    want_expects("# R\n## Checks\n- [ ] Current version is 1.0: `curl -s http://h/version`\n",
                 "0 ask:Current version is 1.0");
    want_expects("# R\n## Checks\n- [ ] Redis has no keys: `redis-cli dbsize`\n",
                 "0 ask:Redis has no keys");
    want_expects("# R\n## Checks\n- [ ] Node is 20.x: `node --version`\n", "0 ask:Node is 20.x");
    want_expects("# R\n## Checks\n- [ ] The app is up: `curl -sf http://h/health`\n", "");
    want_expects("# R\n## Checks\n- [ ] Port is open: `ss -ltn | grep -q 5432`\n", "");
    want_expects("# R\n## Checks\n- [ ] Postgres is up: `pg_isready`\n", "");
    want_expects("# R\n## Checks\n- [ ] The log is shown by: `cat app.log`\n", "");
    want_expects("# R\n## Checks\n- [ ] Free memory: `free -m`\n", "");
    want_expects("# R\n## Checks\n- [ ] The cache is stale: `redis-cli flushall`\n", "");
}

T(a_command_runs_on_the_machine_of_which_something_is_stated)
{
    want_places("# R\n## Checks\n- [ ] Disk on db01 has 5 GB free: `df -h /var`\n",
                "db01:df -h /var");
    want_places("# R\n## Checks\n- [ ] The job on db01 or on db02 is done: `ls /var/job`\n",
                ":ls /var/job");
    want_places("# R\n## Checks\n- [ ] Lag on db01 is low: `psql -h db01 -c 'select 1'`\n",
                ":psql -h db01 -c 'select 1'");
    want_places("# R\n## Checks\n- [ ] All runs on python3: `df -h /var`\n", ":df -h /var");
}

/* "Run `a` and reboot.": nobody would reboot. */
T(what_is_told_behind_a_command_is_done_by_a_person)
{
    want_told("Run `systemctl stop a` and tell the team.\n",
              "deploy systemctl stop a|deploy [tell the team.]");
    want_told("Run `systemctl stop a`. Then tell the team. It is slow.\n",
              "deploy systemctl stop a|deploy [Then tell the team. It is slow.]");
    want_told("1. Run `systemctl stop a` and check the log, then reboot.\n",
              "deploy systemctl stop a|deploy [check the log, then reboot.]");
    want_told("1. Run `systemctl stop a`. Tell the team\n",
              "deploy systemctl stop a|deploy [Tell the team]");
    want_told("1. Run `systemctl stop a` on each node, and watch the graphs.\n",
              "deploy systemctl stop a|deploy [on each node, and watch the graphs.]");
    want_told("(1) Stop: `systemctl stop a` and tell the team.\n(2) Wait.\n",
              "deploy systemctl stop a|deploy [tell the team.]|deploy [Wait.]");
    want_steps(
        "# R\n## Rollback\nIt can go back: `apt-get install -y a=1` on all nodes and restart.\n",
        "rollback apt-get install -y a=1|rollback [on all nodes and restart.]");
}

T(what_follows_a_command_says_where_it_runs)
{
    want_places(
        "# R\n## Rollback\nIt can go back: `apt-get install -y x=1` on all nodes and restart.\n",
        "nodes:apt-get install -y x=1|[on all nodes and restart.]");
    want_places(
        "# R\n## Rollback\nIt can go back: `kubectl rollout undo x` on all nodes and restart.\n",
        ":kubectl rollout undo x|[on all nodes and restart.]");
    want_places(
        "# R\n## Rollback\nIt can go back: `apt-get install -y x=1` on Monday and restart.\n",
        ":apt-get install -y x=1|[on Monday and restart.]");
}

T(what_is_only_said_behind_a_command_is_not_asked)
{
    want_told("Run it as with `cp -p`: run `systemctl stop a` and tell the team.\n",
              "deploy systemctl stop a|deploy [tell the team.]");
    want_told(
        "Run `systemctl stop a`, not `systemctl stop b`, and not `systemctl stop c`, and tell the team.\n",
        "deploy systemctl stop a");
    want_told("Run `systemctl stop a` and wait until it has finished.\n",
              "deploy systemctl stop a");
    want_told("Run `systemctl stop a` and wait for it to complete.\n", "deploy systemctl stop a");
    want_told("Run `systemctl stop a` and all is well.\n", "deploy systemctl stop a");
    want_told("Run `systemctl stop a`. It is slow.\n", "deploy systemctl stop a");
    want_told("Run `systemctl stop a` and `systemctl stop b`.\n",
              "deploy systemctl stop a|deploy systemctl stop b");
    want_told("Run `systemctl stop a`. Do not run `systemctl stop b` and tell the team.\n",
              "deploy systemctl stop a");
    want_told("1. Run `pgrep a` → 0 and go on\n", "deploy pgrep a");
    want_told("1. Stop it: `systemctl stop a`\n", "deploy systemctl stop a");
}

/* What a command shows does not pass unseen because it ended with 0. */
T(what_stands_behind_a_command_is_what_it_must_show)
{
    want_expects("# R\n## Deploy\n1. Look: `pgrep -c java` → 0\n", "0 number:");
    want_expects("# R\n## Deploy\n1. Look (`pgrep -c java`) -> three of them. Then call Ben.\n",
                 "0 ask:three of them");
    want_expects("# R\n## Deploy\n1. `pgrep -c java` should return `ok`\n", "0 contains:ok");
    want_expects("# R\n## Deploy\nCheck it: `pgrep -c java` should be 3. It is slow.\n",
                 "0 number:");
    want_expects("# R\n## Deploy\n1. `pgrep -c java` is 88\n", "0 number:");
    want_expects("# R\n## Deploy\nRun `pgrep -c java` → \"2 found\"\n", "0 contains:2 found");
}

T(what_is_done_or_only_said_behind_a_command_is_nothing_to_show)
{
    want_expects("# R\n## Deploy\n1. Look: `pgrep -c java` → restart it\n", "");
    want_expects("# R\n## Deploy\n1. Look: `pgrep -c java` → if it is there, wait\n", "");
    want_expects("# R\n## Deploy\n1. Look: `pgrep -c java` – it is slow\n", "");
    want_expects("# R\n## Deploy\n1. Look: `pgrep -c java` → then:\n", "");
    want_expects("# R\n## Deploy\n1. Look: `pgrep -c java` is needed\n", "");
}

T(others_that_are_named_before_a_command_are_done_by_a_person)
{
    want_told(
        "1. Restart it on app-01, then 02, then 03: `ssh app-01 sudo systemctl reload puma`\n",
        "deploy ssh app-01 sudo systemctl reload puma|deploy [Restart it on app-01, then 02, then 03]");
    want_told("1. Restart it on app-01 and then on app-02: `systemctl reload puma`\n",
              "deploy systemctl reload puma");
    want_told("1. Stop it, then start it: `systemctl restart puma`\n",
              "deploy systemctl restart puma");
}

T(behind_then_any_verb_is_one)
{
    want_told("Run `systemctl stop a`, then frobnicate the flag.\n",
              "deploy systemctl stop a|deploy [frobnicate the flag.]");
    want_told("Run `systemctl stop a`, then the pods go away.\n", "deploy systemctl stop a");
}

T(a_warning_behind_a_command_is_of_its_step)
{
    want_remarks_at(
        "# R\n## Deploy\n1. Run `systemctl stop a`. Do not interrupt it!\n2. Run `systemctl start a`.\n",
        "0:Do not interrupt it!");
}

T(a_wait_in_the_title_of_a_block_comes_behind_it)
{
    want_told("1. Scale it and wait 10 minutes\n\n   ```sh\n   ./scale\n   ```\n",
              "deploy ./scale|deploy [wait 10 minutes]");
    want_told("Restart it, then wait until all is green:\n" SH("./restart"),
              "deploy ./restart|deploy [wait until all is green]");
    want_told("Scale it and wait 10 minutes:\n" SH("./scale\nsleep 600"),
              "deploy ./scale|deploy sleep 600");
    want_told("Scale it and wait until it has finished:\n" SH("./scale"), "deploy ./scale");
    want_told("Scale it and tell the team:\n" SH("./scale"), "deploy ./scale");
}

T(a_command_with_places_of_windows_is_for_a_person)
{
    want_told("Run `sqlcmd -S SQL01 -i \\\\files01\\rel\\upgrade.sql`.\n",
              "deploy [Run sqlcmd -S SQL01 -i \\\\files01\\rel\\upgrade.sql.]");
    want_told("1. Run `tar xf D:\\backup\\a.tar`\n", "deploy [Run tar xf D:\\backup\\a.tar]");
    want_told("1. Run `grep \\\\d a`\n", "deploy grep \\\\d a");
}

T(a_paragraph_that_names_its_command_behind_a_colon_tells_it)
{
    want_told("Restore it: `cp b.db a.db`, then tell the team.\n",
              "deploy cp b.db a.db|deploy [tell the team.]");
    want_told("Stop it: `systemctl stop a`. Copy the file: `cp a b`.\n",
              "deploy systemctl stop a|deploy cp a b");
    want_told("Restore it: `cp b.db a.db`, then `systemctl start a`.\n",
              "deploy cp b.db a.db|deploy systemctl start a");
    want_told("Add the line: `export A=1` to `~/.profile`.\n",
              "deploy [Add the line: `export A=1` to `~/.profile`.]");
    want_told("For those who restore: `cp b.db a.db`.\n",
              "deploy [For those who restore: `cp b.db a.db`.]");
    want_told("> Restore it: `cp b.db a.db`.\n", "");
}

/* "a [when]|b" */
static void want_cases(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf md = STRBUF(0), got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    strbuf_addf(&md, "# R\n## Deployment\n%s", text);
    read_text(&r, strbuf_str(&md));
    for (size_t i = 0; i < r.rb.n_steps; i++) {
        const struct rb_step *s = &r.rb.steps[i];

        strbuf_addf(&got, "%s%.*s", i ? "|" : "", SV_FMT(s->text));
        if (s->condition.n)
            strbuf_addf(&got, " [%.*s]", SV_FMT(s->condition));
    }
    T_STR(strbuf_str(&got), want);
}

T(of_commands_that_are_told_as_alternatives_none_is_done_unasked)
{
    want_cases("Run `make a` or `make b`.\n",
               "make a [instead of 'make b']|make b [instead of 'make a']");
    want_cases("1. Restart: `make a` (or `make b` on old hosts)\n",
               "make a [instead of 'make b']|make b [instead of 'make a']");
    want_cases("Run `make a`, `make b` or `make c`, then `make d`.\n",
               "make a [instead of 'make b']|make b [instead of 'make c']|make c [instead of "
               "'make b']|make d");
    want_cases("Run `make a`, or if that fails `make b`.\n", "make a|make b [if that fails]");
    want_cases("Run `make a` or, if it hangs: `make b`.\n", "make a|make b [if it hangs]");
    want_cases("Run `make a`, `make b` and `make c`.\n", "make a|make b|make c");
    want_cases("Run `make a` or call us. Run `make b`.\n", "make a|make b");
}

T_MAIN(T_CASE(a_paragraph_that_names_its_command_behind_a_colon_tells_it),
       T_CASE(of_commands_that_are_told_as_alternatives_none_is_done_unasked),
       T_CASE(a_command_with_places_of_windows_is_for_a_person),
       T_CASE(what_stands_behind_a_command_is_what_it_must_show),
       T_CASE(what_is_done_or_only_said_behind_a_command_is_nothing_to_show),
       T_CASE(others_that_are_named_before_a_command_are_done_by_a_person),
       T_CASE(behind_then_any_verb_is_one), T_CASE(a_warning_behind_a_command_is_of_its_step),
       T_CASE(a_wait_in_the_title_of_a_block_comes_behind_it),
       T_CASE(what_follows_a_command_says_where_it_runs),
       T_CASE(what_is_told_behind_a_command_is_done_by_a_person),
       T_CASE(what_is_only_said_behind_a_command_is_not_asked),
       T_CASE(a_number_that_is_stated_above_a_command_is_looked_at),
       T_CASE(a_state_that_the_exit_status_does_not_tell_is_asked),
       T_CASE(a_command_runs_on_the_machine_of_which_something_is_stated),
       T_CASE(a_remark_behind_a_command_is_one), T_CASE(more_than_a_remark_is_left_to_a_person),
       T_CASE(the_name_of_a_script_is_a_command),
       T_CASE(commands_that_were_typed_as_text_are_done_by_a_person),
       T_CASE(bullets_below_a_bullet_that_tells_to_do_it_are_commands),
       T_CASE(a_numbered_section_without_words_is_told_by_its_heading),
       T_CASE(where_somebody_clicks_is_done_by_a_person),
       T_CASE(what_comes_before_is_seen_to_by_a_person),
       T_CASE(a_comment_tells_what_no_command_below_does))
