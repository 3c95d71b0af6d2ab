#include "exec/dry.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sv.h"
#include "t.h"

/* A document as a plan, looked at. */
struct fixture {
    struct document doc;
    struct runbook rb;
    struct binding b;
    struct plan plan;
    struct dry dry;
};

static void write_file(const char *name, const char *text, mode_t mode)
{
    struct err err;

    T_EQ(file_write_atomic(name, sv_from(text), mode, &err), ERR_OK);
}

static void look(struct fixture *f, const char *doc, const char *binding)
{
    struct binding_options opt = {.environment = "test", .operator_name = "o"};
    struct err err = {0};
    json_t *json = NULL;

    *f = (struct fixture){.dry = {.counts = {0}}};
    write_file("doc.md", doc, 0600);
    write_file("prusik.yaml", binding, 0600);
    T_EQ(document_load("doc.md", &f->doc, &err), ERR_OK);
    T_EQ(runbook_read(&f->doc, &f->rb, &err), ERR_OK);
    if (binding_load("doc.md", &opt, &f->b, &err) != ERR_OK)
        T_STR(err.msg, "");
    T_EQ(plan_make(&f->rb, &f->b, &json, &err), ERR_OK);
    T_STR(err.msg, "");
    T_EQ(plan_load(json, &f->plan, &err), ERR_OK);
    dry_look(&f->plan, &f->dry);
}

static void done(struct fixture *f)
{
    dry_release(&f->dry);
    plan_release(&f->plan);
    binding_release(&f->b);
    runbook_release(&f->rb);
    document_release(&f->doc);
}

/* The checks of a step as "state: text; ...". */
static const char *said(const struct dry_step *s)
{
    static char text[2000];

    text[0] = '\0';
    for (size_t i = 0; i < s->checks.n; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s: %.*s",
                       i ? "; " : "", dry_state_name(s->checks.v[i].state),
                       SV_FMT(s->checks.v[i].text));
    return text;
}

static const char *would(const struct dry_step *s)
{
    static char text[500];

    (void)snprintf(text, sizeof(text), "%.*s", SV_FMT(s->would));
    return text;
}

#define BLOCK(commands) "# D\n\n## Steps\n\n```bash\n" commands "```\n"

static void make_bin(void)
{
    char *cwd = get_current_dir_name();
    char path[4096];

    T_EQ(mkdir("bin", 0700), 0);
    write_file("bin/migrate", "#!/bin/sh\n", 0700);
    write_file("bin/notes", "text\n", 0600);
    (void)snprintf(path, sizeof(path), "%s/bin", cwd);
    T_EQ(setenv("PATH", path, 1), 0);
    free(cwd);
}

T(programs_are_looked_for_in_path)
{
    struct fixture f;

    make_bin();
    look(&f, BLOCK("migrate up\nmigrate up && nothere x | notes\nnothere\necho hi; true\n"), "");
    T_CHECK(strstr(said(&f.dry.steps.v[0]), "found: migrate is /") &&
            strstr(said(&f.dry.steps.v[0]), "/bin/migrate"));
    T_CHECK(strstr(said(&f.dry.steps.v[1]), "wrong: no program 'nothere' in PATH"));
    T_CHECK(strstr(said(&f.dry.steps.v[1]), "wrong: no program 'notes' in PATH"));
    T_STR(said(&f.dry.steps.v[2]), "wrong: no program 'nothere' in PATH");
    T_STR(said(&f.dry.steps.v[3]), ""); /* the shell's own */
    T_EQ(f.dry.counts[DRY_FOUND], 2);
    T_EQ(f.dry.counts[DRY_WRONG], 3);
    T_EQ(f.dry.counts[DRY_OPEN], 0);
    done(&f);
}

T(what_a_step_before_may_bring_is_open_and_not_wrong)
{
    struct fixture f;

    make_bin();
    look(&f, BLOCK("nothere\nsource venv/bin/activate\nnothere\n"), "");
    T_STR(said(&f.dry.steps.v[0]), "wrong: no program 'nothere' in PATH");
    T_STR(said(&f.dry.steps.v[2]),
          "open: no program 'nothere' in PATH: a command before it may change that");
    done(&f);
    look(&f, BLOCK("export PATH=$HOME/bin:$PATH\nnothere\n"), "");
    T_STR(said(&f.dry.steps.v[1]),
          "open: no program 'nothere' in PATH: a command before it may change that");
    done(&f);
    look(&f, BLOCK("greet() { echo hi; }\ngreet\n"), "");
    T_STR(said(&f.dry.steps.v[1]),
          "open: no program 'greet' in PATH: a command before it may change that");
    done(&f);
    look(&f, BLOCK("sudo apt-get install jq\njq . x\n"), "");
    T_CHECK(strstr(said(&f.dry.steps.v[0]), "wrong: no program 'sudo' in PATH"));
    T_CHECK(strstr(said(&f.dry.steps.v[0]), "wrong: no program 'apt-get' in PATH"));
    T_STR(said(&f.dry.steps.v[1]), "open: no program 'jq' in PATH: a step before it may bring it");
    done(&f);
    look(&f, BLOCK("$RUNNER go\n"), "env: {RUNNER: x}\n");
    T_STR(said(&f.dry.steps.v[0]), "open: which program '$RUNNER' is");
    done(&f);
}

T(paths_of_programs_are_looked_at_as_long_as_the_folder_is_known)
{
    struct fixture f;

    make_bin();
    look(&f, BLOCK("./bin/migrate\n./bin/notes\n./bin/later\ncd /tmp\n./bin/migrate\n"), "");
    T_STR(said(&f.dry.steps.v[0]), "found: ./bin/migrate is there");
    T_STR(said(&f.dry.steps.v[1]), "wrong: ./bin/notes is no program: not executable");
    T_STR(said(&f.dry.steps.v[2]), "open: ./bin/later is not there: a step before it may make it");
    T_STR(said(&f.dry.steps.v[3]), "found: folder /tmp is there");
    T_STR(said(&f.dry.steps.v[4]),
          "open: ./bin/migrate is not there: a step before it may make it");
    done(&f);
    look(&f, BLOCK("cd \"$SOMEWHERE\"\n./bin/migrate\ncd bin\n"), "");
    T_STR(said(&f.dry.steps.v[0]), "");
    T_STR(said(&f.dry.steps.v[1]), "open: ./bin/migrate: the shell is in another folder then");
    T_STR(said(&f.dry.steps.v[2]), "open: bin: the shell is in another folder then");
    done(&f);
    look(&f, BLOCK("cd bin/<release>\n./migrate\n"), "variables: {release: {command: date}}\n");
    T_STR(said(&f.dry.steps.v[0]),
          "open: placeholder 'release' has no value yet: `date` tells it when the run begins");
    T_STR(said(&f.dry.steps.v[1]), "open: ./migrate: the shell is in another folder then");
    done(&f);
}

/* Where a session is goes on from step to step: "cd backend" twice is backend/backend. */
T(folders_that_a_step_enters_are_looked_at)
{
    struct fixture f;
    char cwd[PATH_MAX], text[PATH_MAX + 80];

    make_bin();
    T_CHECK(getcwd(cwd, sizeof(cwd)));
    look(&f, BLOCK("cd bin && cat notes\ncat notes && cd bin\ncat x\n"), "");
    (void)snprintf(text, sizeof(text), "found: folder %s/bin is there", cwd);
    T_CHECK(strstr(said(&f.dry.steps.v[0]), text));
    (void)snprintf(text, sizeof(text), "wrong: no folder %s/bin/bin", cwd);
    T_CHECK(strstr(said(&f.dry.steps.v[1]), text));
    done(&f);
    look(&f, BLOCK("mkdir -p app && cd app\ncd src\n(cd x)\ncd src\n"), "");
    T_CHECK(strstr(said(&f.dry.steps.v[0]), "app: a step before it may make it"));
    T_CHECK(strstr(said(&f.dry.steps.v[1]), "app/src: a step before it may make it"));
    T_STR(said(&f.dry.steps.v[2]), "");
    T_STR(said(&f.dry.steps.v[3]), "open: src: the shell is in another folder then");
    done(&f);
}

T(a_database_is_known_by_its_header)
{
    struct fixture f;
    struct err err;

    write_file("text.db", "this is no database at all\n", 0600);
    write_file("empty.db", "", 0600);
    T_EQ(file_write_atomic("good.db", (struct sv){"SQLite format 3\0and more", 24}, 0600, &err),
         ERR_OK);
    look(&f,
         BLOCK(
             "sqlite3 text.db 'SELECT 1'\nsqlite3 empty.db 'SELECT 1'\nsqlite3 none.db 'SELECT 1'\n"
             "sqlite3 good.db 'DELETE FROM t'\n"),
         "");
    T_STR(said(&f.dry.steps.v[0]), "wrong: text.db is no SQLite database");
    T_STR(said(&f.dry.steps.v[1]), "found: database empty.db is there");
    T_STR(said(&f.dry.steps.v[2]),
          "open: database none.db is not there: a step before it may make it");
    T_STR(would(&f.dry.steps.v[0]), "would run the statements");
    T_STR(said(&f.dry.steps.v[3]), "found: database good.db is there");
    T_STR(would(&f.dry.steps.v[3]), "would run the statements, which change the database");
    done(&f);
}

T(each_kind_says_what_it_would_do)
{
    struct fixture f;

    make_bin();
    T_EQ(mkdir("flags", 0700), 0);
    look(&f,
         "# D\n\n## Steps\n\n```bash\ncurl -fsS http://127.0.0.1:1/health\nsleep 5\n"
         "touch flags/maintenance\nrm flags/maintenance\ntouch nowhere/maintenance\n"
         "systemctl restart shop\n```\n\n- [ ] Tell the team\n",
         "services: {shop: {manager: process, command: [migrate, serve], pid_file: shop.pid}}\n");
    T_STR(would(&f.dry.steps.v[0]), "would send GET http://127.0.0.1:1/health");
    T_STR(said(&f.dry.steps.v[0]), "open: what it answers: no request is sent");
    T_STR(would(&f.dry.steps.v[1]), "would wait 5.0 s");
    T_STR(would(&f.dry.steps.v[2]), "would switch maintenance on");
    T_CHECK(strstr(said(&f.dry.steps.v[2]), "found: folder /"));
    T_STR(would(&f.dry.steps.v[3]), "would switch maintenance off");
    T_CHECK(strstr(said(&f.dry.steps.v[4]), "open: folder /"));
    T_STR(would(&f.dry.steps.v[5]), "would restart shop");
    T_CHECK(strstr(said(&f.dry.steps.v[5]), "found: migrate is /"));
    T_STR(would(&f.dry.steps.v[6]), "would ask whether it is done");
    done(&f);
}

T(a_server_is_asked_whether_it_answers_and_a_person_is_waited_for)
{
    struct fixture f;

    look(
        &f,
        "# D\n\n## Deployment\n\n```bash\nvim app.conf\n```\n\n```sql\nSELECT 1;\nDELETE FROM t;\n```\n",
        "databases: {main: {url: 'postgresql://u@/d?host=/nonexistent'}}\n");
    T_EQ(f.dry.steps.n, 3);
    T_CHECK(sv_has(f.dry.steps.v[0].would, SV("lend it the terminal")));
    T_CHECK(sv_eq(f.dry.steps.v[1].would, SV("would run the statements")));
    T_CHECK(strstr(said(&f.dry.steps.v[1]), "wrong: postgresql://u@/d: ") != NULL);
    T_CHECK(sv_has(f.dry.steps.v[2].would, SV("which change the database")));
    done(&f);
}

T(a_manager_of_services_is_not_asked)
{
    struct fixture f;

    make_bin();
    look(&f, BLOCK("systemctl restart shop\n"), "services: {shop: {manager: systemd}}\n");
    T_STR(would(&f.dry.steps.v[0]), "would restart shop");
    T_STR(said(&f.dry.steps.v[0]), "open: what it does now: systemd is not asked");
    done(&f);
}

T(nothing_of_another_host_or_of_what_is_left_out_is_looked_at)
{
    struct fixture f;

    make_bin();
    look(&f, "# D\n\n## Steps\n\n```bash\nssh web1\nnothere\nexit\nnothere2\n```\n",
         "hosts: {web1: web1.example}\nsteps: {\"2\": {skip: not now}}\n");
    T_STR(would(&f.dry.steps.v[0]), "would run it on web1");
    T_STR(said(&f.dry.steps.v[0]), "open: host web1 is not contacted");
    T_STR(would(&f.dry.steps.v[1]), "is left out: not now");
    T_STR(said(&f.dry.steps.v[1]), "");
    T_EQ(f.dry.counts[DRY_WRONG], 0);
    done(&f);
}

T(what_has_no_value_yet_is_open)
{
    struct fixture f;

    make_bin();
    look(&f, BLOCK("migrate <release>\nmigrate up\n"), "");
    T_STR(said(&f.dry.steps.v[0]), "open: placeholder 'release' has no value");
    T_CHECK(strstr(said(&f.dry.steps.v[1]), "found"));
    done(&f);
}

/* What is said of each command, without its programs. */
static void want_read(const char *commands, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), doc = STRBUF(0);
    struct fixture f;

    strbuf_addf(&doc, "# D\n\n## Steps\n\n```bash\n%s```\n", commands);
    look(&f, strbuf_str(&doc), "");
    for (size_t i = 0; i < f.dry.steps.n; i++)
        for (size_t k = 0; k < f.dry.steps.v[i].checks.n; k++) {
            const struct dry_check *c = &f.dry.steps.v[i].checks.v[k];

            if (sv_starts(c->text, SV("would read ")))
                strbuf_addf(&text, "%s %.*s\n", dry_state_name(c->state),
                            SV_FMT(sv_sub(c->text, 11, c->text.n)));
        }
    T_STR(strbuf_str(&text), want);
    done(&f);
}

T(files_that_a_command_reads_are_looked_at)
{
    make_bin();
    write_file("there.sql", "", 0600);
    want_read("psql -f x.sql\npsql --file=x.sql shop\npsql -fx.sql\npsql shop < x.sql\n. x.sql\n",
              "wrong x.sql: not there now\nwrong x.sql: not there now\nwrong x.sql: not there now\n"
              "wrong x.sql: not there now\nwrong x.sql: not there now\n");
    want_read("psql -f there.sql -d shop\n", "found there.sql: it is there\n");
    want_read("docker run --env-file=a.env --rm app\nkubectl apply -f a.yaml --filename b.yaml\n",
              "wrong a.env: not there now\nwrong a.yaml: not there now\n"
              "wrong b.yaml: not there now\n");
    want_read("cp -r a there.sql b\nrsync -a c host:/srv/\nscp web:/etc/x .\n",
              "wrong a: not there now\nfound there.sql: it is there\nwrong c: not there now\n");
    want_read("cat - a /dev/null http://h/x\ntar xzf a.tgz\ntar czf b.tgz src\n",
              "wrong a: not there now\nwrong a.tgz: not there now\n");
    want_read("pg_restore --clean a.dump\npg_restore a.dump -d shop\nbash -c true\npsql -f\n",
              "wrong a.dump: not there now\n");
    /* what nobody knows yet is not looked at */
    want_read("cp \"$X\" b\ncp *.txt b/\n", "");
    T_EQ(setenv("HOME", "/nonexistent", 1), 0);
    want_read("cat ~/a\n", "wrong ~/a: not there now\n");
}

T(a_file_that_an_earlier_step_may_make_is_open)
{
    make_bin();
    want_read("cp there b\npsql -f b\n",
              "wrong there: not there now\nopen b: not there now, a step before it may make it\n");
    want_read("pg_dump shop > s_$(date +%Y).sql\npg_dump shop > t.sql\npsql -f out/t.sql\n",
              "open out/t.sql: not there now, a step before it may make it\n");
    want_read("git pull\ncat VERSION\n",
              "open VERSION: not there now, a step before it may make it\n");
    want_read("pushd x\ncat a\n", "open a: the shell is in another folder then\n");
    want_read("test -f a && cat a\nif true; then cat b; fi\n",
              "open a: not there now\nopen b: not there now\n");
    want_read("sudo cat a\n", "open a: it is not seen from here\n");
}

T(a_file_that_may_not_be_read_is_wrong)
{
    make_bin();
    (void)!setresuid(65534, (uid_t)-1, (uid_t)-1); /* who is not root is somebody else already */
    want_read(
        "cat /etc/shadow\nsudo cat /etc/shadow\n",
        "wrong /etc/shadow: it may not be read\nopen /etc/shadow: it may not be read from here\n");
}

T_MAIN(T_CASE(files_that_a_command_reads_are_looked_at),
       T_CASE(a_file_that_may_not_be_read_is_wrong),
       T_CASE(a_file_that_an_earlier_step_may_make_is_open),
       T_CASE(programs_are_looked_for_in_path),
       T_CASE(what_a_step_before_may_bring_is_open_and_not_wrong),
       T_CASE(paths_of_programs_are_looked_at_as_long_as_the_folder_is_known),
       T_CASE(folders_that_a_step_enters_are_looked_at), T_CASE(a_database_is_known_by_its_header),
       T_CASE(each_kind_says_what_it_would_do),
       T_CASE(a_server_is_asked_whether_it_answers_and_a_person_is_waited_for),
       T_CASE(a_manager_of_services_is_not_asked),
       T_CASE(nothing_of_another_host_or_of_what_is_left_out_is_looked_at),
       T_CASE(what_has_no_value_yet_is_open))
