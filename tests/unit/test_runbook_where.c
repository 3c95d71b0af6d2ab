/* runbook/where: what a sentence says of the host where commands run. */
#include "runbook/where.h"

#include "runbook_read.h"

T(sentences_name_hosts)
{
    static const struct {
        const char *text;
        enum where_kind kind;
        const char *host;
    } rows[] = {
        {"On web1:", WHERE_ONCE, "web1"},
        {"On web1, run:", WHERE_ONCE, "web1"},
        {"On web1 run:", WHERE_ONCE, "web1"},
        {"On db-2.example.com (the standby):", WHERE_ONCE, "db-2.example.com"},
        {"Then, on deploy@app-1:", WHERE_ONCE, "deploy@app-1"},
        {"Back on web1:", WHERE_ONCE, "web1"},
        {"On the primary:", WHERE_ONCE, "primary"},
        {"On each of the web servers, restart nginx:", WHERE_ONCE, "web servers"},
        {"On both hosts:", WHERE_ONCE, "hosts"},
        {"On the primary database:", WHERE_ONCE, "primary database"},
        {"On the old database server:", WHERE_ONCE, "old database server"},
        {"From the bastion:", WHERE_ONCE, "bastion"},
        {"On your laptop:", WHERE_ONCE, ""},
        {"From your local machine, run:", WHERE_ONCE, ""},
        {"On your own workstation:", WHERE_ONCE, ""},
        {"On localhost:", WHERE_ONCE, ""},
        {"SSH into web1 and run:", WHERE_STAY, "web1"},
        {"Log in to the new server as root.", WHERE_STAY, "new server"},
        {"Connect to app-1 via ssh.", WHERE_STAY, "app-1"},
        {"ssh to web1", WHERE_STAY, "web1"},
        {"Log out of web1.", WHERE_LEAVE, "web1"},
        {"Log out.", WHERE_LEAVE, ""},
        {"Then exit the session", WHERE_LEAVE, ""},
        {"Exit codes are listed below", WHERE_NOT, NULL},
        {"On web1 the config is another:", WHERE_NOT, NULL},
        {"On call: Sam", WHERE_NOT, NULL},
        {"On-call: Sam", WHERE_NOT, NULL},
        {"On failure:", WHERE_NOT, NULL},
        {"On Monday:", WHERE_NOT, NULL},
        {"On Ubuntu 22.04:", WHERE_NOT, NULL},
        {"On the command line:", WHERE_NOT, NULL},
        {"On PostgreSQL 15:", WHERE_NOT, NULL},
        {"On pre-prod:", WHERE_NOT, NULL},
        {"On 2026-11-22:", WHERE_NOT, NULL},
        {"On the day of the very long release of the server:", WHERE_NOT, NULL},
        {"Log in to the admin console.", WHERE_NOT, NULL},
        {"Connect to the database:", WHERE_NOT, NULL},
        {"On the", WHERE_NOT, NULL},
        {"On ", WHERE_NOT, NULL},
        {"Run on web1:", WHERE_NOT, NULL},
        {"", WHERE_NOT, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv host = {NULL, 0};
        enum where_kind kind = where_read(sv_from(rows[i].text), &host);

        if (kind != rows[i].kind || (kind != WHERE_NOT && !sv_eq(host, sv_from(rows[i].host))))
            T_FAIL("'%s' is %d, '%.*s'", rows[i].text, (int)kind, SV_FMT(host));
    }
}

/* The hosts of the steps of a text below "## Deployment": "web1 - web1". */
static void want_hosts(const char *body, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    strbuf_addf(&text, "## Deployment\n%s", body);
    read_text(&r, strbuf_str(&text));
    for (size_t i = 0; i < r.rb.n_steps; i++) {
        struct sv host = r.rb.steps[i].host;

        strbuf_addf(&got, "%s%.*s", i ? " " : "", SV_FMT(host.n ? host : SV("-")));
    }
    if (!sv_eq(strbuf_sv(&got), sv_from(want)))
        T_FAIL("'%s' runs on '%s' and should on '%s'", body, strbuf_str(&got), want);
}

#define SH(code) "\n```sh\n" code "\n```\n"

T(a_label_says_where_the_block_below_it_runs)
{
    want_hosts("On web1:" SH("./a") SH("./b"), "web1 -");
    want_hosts("**On web1**" SH("./a"), "web1");
    want_hosts("It is big. On the primary:" SH("./a") "\nOn your laptop:" SH("./b"), "primary -");
    want_hosts("- On web1: `systemctl restart x`\n- Restart here: `systemctl restart x`\n",
               "web1 -");
    want_hosts("On web1:" SH("ssh web2 ./a"), "-"); /* it says so itself */
    want_hosts("On web1:\n\n<!-- prusik: host=local -->" SH("./a"), "-");
}

T(whoever_logs_in_stays_there)
{
    want_hosts("SSH into web1 and run:" SH("./a") "\nThen:" SH("./b"), "web1 web1");
    want_hosts("Log in to web1." SH("./a") "\nLog out of web1." SH("./b"), "web1 -");
    want_hosts("SSH into web1:" SH("ssh web1\n./a") SH("./b"), "web1 web1");
    want_hosts("Log in to web1:" SH("ssh web1 ./a") SH("./b"), "- -");
    want_hosts("1. SSH into web1\n2. Restart: `systemctl restart x`\n", "web1");
    want_hosts(
        "1. SSH into web1\n2. Restart: `systemctl restart x`\n3. Log out\n4. Go: `systemctl restart y`\n",
        "web1 -");
    want_hosts("1. SSH into web1 and look around\n2. Restart: `systemctl restart x`\n",
               "web1 web1");
    want_hosts(
        "1. SSH into web1:\n\n   ```sh\n   ./a\n   ```\n2. Go:\n\n   ```sh\n   ./b\n   ```\n",
        "web1 web1");
    want_hosts("SSH into web1." SH("./a") "\n### Locally\n" SH("./b"), "web1 -");
}

T(a_heading_says_where_what_is_below_it_runs)
{
    want_hosts("\n### On web1\n" SH("./a") SH("./b") "\n### Then\n" SH("./c"), "web1 web1 -");
    want_hosts("\n### 1. On web1\n" SH("./a") "\n### 2. Then\n" SH("./c"), "web1 -");
}

T(a_column_says_where_each_row_runs)
{
    want_hosts(
        "| Step | Task | Host | Command |\n|--|--|--|--|\n| 1 | a | web1 | `systemctl restart x` |\n"
        "| 2 | b | local | `ls -l` |\n| 3 | c | all of them | `ls -l` |\n"
        "| 4 | d | web2 | `ssh web3 ls` |\n| 5 | e | web4 | |\n| 6 | f | n/a | `ls -l` |\n",
        "web1 - - - - -");
    want_hosts(
        "| Step | Task | Command | Server output |\n|--|--|--|--|\n| 1 | a | `ls -l` | nothing |\n",
        "-");
}

T_MAIN(T_CASE(a_column_says_where_each_row_runs), T_CASE(sentences_name_hosts),
       T_CASE(a_label_says_where_the_block_below_it_runs), T_CASE(whoever_logs_in_stays_there),
       T_CASE(a_heading_says_where_what_is_below_it_runs))
