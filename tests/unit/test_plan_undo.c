/* plan/make_undo: the way back of each step (promise P4). */
#include "test_plan_util.h"

#include <unistd.h>

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"
#define FORWARD  "# Web\n\n## Deployment\n"
#define BACK     "## Rollback\n"
#define BOUND    "environment: test\n"
#define WEB      "services: {web: {manager: process, command: [web], pid_file: p}}\n"

static void want_undo(const struct world *w, const char *step, enum plan_undo how, const char *text)
{
    const struct plan_step *s = find_step(w, step);

    if (s->undo != how)
        T_FAIL("'%s' is undone by '%s', not '%s'", step, plan_undo_name(s->undo),
               plan_undo_name(how));
    want_text(s->undo_text, text);
}

T(what_changes_nothing_needs_nothing)
{
    struct world w;

    world_make(&w, FORWARD SH("ls\ncd /srv\nexport A=1\nsqlite3 a.db \".backup b.db\""), BOUND);
    for (size_t i = 0; i < w.plan.n_steps; i++) {
        T_EQ(w.plan.steps[i].undo, UNDO_NOTHING);
        T_EQ(w.plan.steps[i].undo_text.n, 0);
    }
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
}

T(a_gap_is_a_question_before_any_run)
{
    struct world w;

    world_make(&w, FORWARD SH("git pull \\\n  origin main"), BOUND);
    want_undo(&w, "deployment/1", UNDO_GAP, "no rollback section undoes this");
    want_question(&w, "way-back", 6, "nothing in the document undoes 'git pull origin main'",
                  "steps: {\"1\": {undo: why nothing has to be done}}");
    T_CHECK(find_question(&w, "way-back", 0)->at_plan);
    world_end(&w);
}

T(one_yes_to_all_gaps_is_kept_at_each_and_covers_nothing_else)
{
    struct world w;

    world_make(&w,
               FORWARD SH("git pull origin main\n./unknown\nls") BACK SH("git reset --hard HEAD~1"),
               BOUND "accept_gaps: a test machine\n");
    want_undo(&w, "deployment/2", UNDO_ACCEPTED, "a test machine");
    want_undo(&w, "deployment/3", UNDO_NOTHING, "");
    T_CHECK(!find_question(&w, "way-back", 0));
    T_CHECK(sv_has(json_get_sv(json_object_get(step_json(&w, "deployment/1"), "undo"), "how"),
                   SV("section")));
    world_end(&w);
}

T(a_section_that_changes_the_same_covers_it)
{
    struct world w;

    world_make(&w, FORWARD SH("git pull origin main") BACK SH("git reset --hard HEAD~1"), BOUND);
    want_undo(&w, "deployment/1", UNDO_SECTION, "rollback (line 12)");
    want_undo(&w, "rollback/1", UNDO_NOTHING, ""); /* a way back is not undone */
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
    world_make(&w, FORWARD SH("git pull origin main") BACK SH("sqlite3 a.db \"DROP TABLE x\""),
               BOUND);
    want_undo(&w, "deployment/1", UNDO_GAP, "no rollback section undoes this");
    world_end(&w);
}

/* The schema stays as it was migrated, whichever release stands beside it. */
T(the_code_of_a_release_undoes_no_migration)
{
    struct world w;

    world_make(&w, FORWARD SH("npm run db:migrate") BACK SH("git reset --hard HEAD~1"), BOUND);
    want_undo(&w, "deployment/1", UNDO_GAP, "no rollback section undoes this");
    world_end(&w);
    world_make(
        &w, FORWARD SH("sqlite3 app.db \"CREATE TABLE x (a)\"") BACK SH("git reset --hard HEAD~1"),
        BOUND);
    want_undo(&w, "deployment/1", UNDO_GAP, "no rollback section undoes this");
    world_end(&w);
    world_make(&w,
               FORWARD SH("npm run db:migrate")
                   BACK SH("git reset --hard HEAD~1\npsql shop < old.sql"),
               BOUND);
    want_undo(&w, "deployment/1", UNDO_SECTION, "rollback (line 13)");
    T_EQ(find_step(&w, "deployment/1")->undo_by, UNDO_BY_KIND);
    world_end(&w);
}

T(nobody_knows_what_undoes_an_unknown_program)
{
    struct world w;

    world_make(&w, FORWARD SH("frobnicate --on") BACK SH("frobnicate --off"), BOUND);
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_GAP);
    world_end(&w);
}

/* Whether it was done or not, it is done again. */
T(the_same_program_on_both_ways_belongs_to_both)
{
    struct world w;

    world_make(&w,
               FORWARD SH("git pull\n./again.sh") BACK SH("git reset --hard HEAD~1\n./again.sh"),
               BOUND);
    want_undo(&w, "deployment/2", UNDO_SECTION, "rollback (line 14)");
    T_EQ(find_step(&w, "rollback/2")->n_undoes, 0);
    T_CHECK(!find_step(&w, "rollback/2")->undoes);
    world_end(&w);
    world_make(&w,
               FORWARD SH("git pull\n./again.sh") BACK SH("git reset --hard HEAD~1\n./again.sh"),
               BOUND "steps: {rollback/2: {skip: it takes hours}}\n");
    T_EQ(find_step(&w, "deployment/2")->undo, UNDO_GAP);
    world_end(&w);
    world_make(&w, FORWARD SH("ssh a ./again.sh") BACK SH("./again.sh"), BOUND);
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_GAP);
    world_end(&w);
}

T(a_persons_word_is_kept_and_stands_before_a_section)
{
    struct world w;

    world_make(&w, FORWARD SH("git pull origin main") BACK SH("git reset --hard HEAD~1"),
               BOUND "steps: {deployment/1: {undo: harmless}, rollback/1: {undo: ignored}}\n");
    want_undo(&w, "deployment/1", UNDO_ACCEPTED, "harmless");
    want_undo(&w, "rollback/1", UNDO_NOTHING, "");
    T_CHECK(!json_object_get(step_json(&w, "deployment/1"), "undo_accepted"));
    T_CHECK(!json_object_get(step_json(&w, "rollback/1"), "undo_accepted"));
    world_end(&w);
}

T(a_maintenance_flag_is_its_own_opposite)
{
    struct world w;

    world_make(&w, FORWARD SH("touch run/MAINTENANCE\nrm run/MAINTENANCE"), BOUND);
    want_undo(&w, "deployment/1", UNDO_INVERSE, "the flag is removed");
    want_undo(&w, "deployment/2", UNDO_INVERSE, "nothing: the flag only hides the service");
    world_end(&w);
}

T(a_flag_that_is_set_outside_of_all_sections_has_a_way_back)
{
    struct world w;

    world_make(&w, "```sh\nprusik flag set X on --why y\n```\n", "environment: test\n");
    T_EQ(w.plan.n_way_back, 1);
    T_SV(w.plan.way_back[0].effect, "flag");
    world_end(&w);
}

T(a_step_that_is_left_out_is_neither_undone_nor_undoes)
{
    struct world w;

    world_make(&w, FORWARD SH("git pull origin a\ngit pull origin b") BACK SH("git reset --hard x"),
               BOUND "steps: {deployment/1: {skip: not here}}\n");
    want_undo(&w, "deployment/1", UNDO_NOTHING, "");
    want_undo(&w, "deployment/2", UNDO_SECTION, "rollback (line 13)");
    world_end(&w);
    world_make(&w, FORWARD SH("git pull origin a") BACK SH("git reset --hard x"),
               BOUND "steps: {rollback/1: {skip: not here}}\n");
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_GAP);
    world_end(&w);
}

/* The way back stops first and starts at the end: the start is what undoes. */
T(a_service_is_undone_by_what_starts_it)
{
    struct world w;
    static const char md[] = FORWARD SH("systemctl stop web\nsystemctl restart web") BACK SH(
        "systemctl stop web\nsystemctl reload web\nsystemctl start web.service\nsystemctl restart web");

    for (int bound = 0; bound < 2;
         bound++) { /* managed by prusik, or by the document's own command */
        world_make(&w, md, bound ? BOUND WEB : BOUND);
        want_undo(&w, "deployment/1", UNDO_SECTION, "rollback (line 15)");
        want_undo(&w, "deployment/2", UNDO_SECTION, "rollback (line 15)");
        world_end(&w);
    }
}

/* What is done on one machine is not undone on another. */
T(a_way_back_elsewhere_undoes_nothing)
{
    static const char hosts[] =
        BOUND "hosts: {web1: {}, web2: {}, 'ops@web1': {}, all: {group: [web1, web2]}}\n";
    static const struct {
        const char *forward, *back;
        bool undone;
    } rows[] = {
        {"ssh web1\nsystemctl restart web", "ssh web1\nsystemctl restart web", true},
        {"ssh web1\nsystemctl restart web", "ssh ops@web1\nsystemctl restart web", true},
        {"ssh web1\nsystemctl restart web", "ssh web2\nsystemctl restart web", false},
        {"ssh web1\nsystemctl restart web", "systemctl restart web", false},
        {"systemctl restart web", "ssh web1\nsystemctl restart web", false},
        {"ssh web1\nsystemctl restart web", "ssh all\nsystemctl restart web", true},
        {"ssh all\nsystemctl restart web", "ssh web1\nsystemctl restart web", true},
        {"ssh web1\ncd /srv\ngit pull origin a", "ssh web2\ncd /srv\ngit reset --hard x", false},
        {"ssh web1\ncd /srv\ngit pull origin a", "ssh web1\ncd /srv\ngit reset --hard x", true},
        {"ssh web1\nkubectl rollout restart deploy/x", "kubectl rollout restart deploy/x", true},
        {"ssh web1\nalembic upgrade head", "alembic downgrade -1",
         true}, /* a database is reached */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        struct world w;
        size_t gaps = 0;

        strbuf_addf(&md, FORWARD SH("%s") BACK SH("%s"), rows[i].forward, rows[i].back);
        world_make(&w, strbuf_str(&md), hosts);
        for (size_t k = 0; k < w.plan.n_steps; k++)
            gaps += w.plan.steps[k].undo == UNDO_GAP;
        if ((gaps == 0) != rows[i].undone)
            T_FAIL("'%s' is%s undone by '%s'", rows[i].forward, rows[i].undone ? " not" : "",
                   rows[i].back);
        world_end(&w);
    }
}

T(where_the_way_back_runs_is_asked_and_said)
{
    static const char md[] =
        FORWARD SH("ssh web1\nsystemctl restart web") BACK SH("systemctl restart web");
    struct world w;

    world_make(&w, md, BOUND "hosts: {web1: {}}\n");
    want_question(
        &w, "way-back", 7,
        "'systemctl restart web' is done on 'web1', and what would undo it, on this "
        "machine (line 13)",
        "steps: {\"rollback\": {host: \"web1\"}}, or {\"deployment/1\": {undo: why nothing has "
        "to be done}}");
    world_end(&w);
    world_make(&w,
               FORWARD SH("ssh web2\nsystemctl restart web") SH("ssh web1\nsystemctl restart web")
                   BACK SH("ssh web1\nsystemctl restart web"),
               BOUND "hosts: {web1: {}, web2: {}}\n");
    want_question(
        &w, "way-back", 7, /* it cannot be moved: it is needed where it is */
        "'systemctl restart web' is done on 'web2', and what would undo it, on 'web1' (line 20)",
        "steps: {\"deployment/1\": {undo: why nothing has to be done}}");
    T_EQ(w.plan.n_questions, 1);
    world_end(&w);
    world_make(&w, FORWARD SH("ssh web1\necho x > /srv/x") BACK SH("rm /srv/x\nrm /srv/y"),
               BOUND "hosts: {web1: {}}\n");
    T_CHECK(
        sv_has(find_question(&w, "way-back", 0)->text, SV("what would undo it, on this machine")));
    world_end(&w);
    world_make(&w, FORWARD SH("ssh web1\necho x > /srv/x") BACK SH("rm /srv/y"),
               BOUND "hosts: {web1: {}}\n");
    T_CHECK(sv_has(find_question(&w, "way-back", 0)->text, SV("nothing in the document undoes")));
    world_end(&w);
    world_make(&w, md, BOUND "hosts: {web1: {}}\nsteps: {rollback: {host: web1}}\n");
    T_EQ(w.plan.n_questions, 0);
    want_undo(&w, "deployment/1", UNDO_SECTION, "rollback (line 13)");
    want_text(find_step(&w, "rollback/1")->address, "web1");
    world_end(&w);
    world_make(&w, md, BOUND "hosts: {web1: {}}\nsteps: {deployment: {host: local}}\n");
    T_EQ(w.plan.n_questions, 0);
    want_text(find_step(&w, "deployment/1")->host, "local");
    world_end(&w);
    world_make(&w, md, BOUND "hosts: {web1: {}}\nsteps: {rollback: {host: web3}}\n");
    T_CHECK(find_question(&w, "host", 0)); /* nobody knows it */
    world_end(&w);
}

T(stopping_once_more_does_not_undo_a_stop)
{
    struct world w;

    world_make(&w,
               FORWARD SH("systemctl stop web\nsystemctl start web") BACK SH("systemctl stop web"),
               BOUND WEB);
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_GAP);
    want_undo(&w, "deployment/2", UNDO_SECTION,
              "rollback (line 13)"); /* what was started is stopped */
    world_end(&w);
}

T(another_service_undoes_nothing)
{
    struct world w;

    world_make(&w, FORWARD SH("systemctl stop web") BACK SH("systemctl start db"), BOUND);
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_GAP);
    world_end(&w);
    world_make(&w, FORWARD SH("systemctl stop $UNSET_UNIT") BACK SH("systemctl start $UNSET_UNIT"),
               BOUND);
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_SECTION); /* neither is known before the run */
    world_end(&w);
}

#define CONDITIONAL                                                                  \
    FORWARD SH("git pull origin a\nsystemctl stop web") BACK                         \
        "### Step 1: Database (if the release migrated)\n" SH("git reset --hard a\n" \
                                                              "systemctl start web")

T(what_is_always_done_beats_what_is_done_only_if)
{
    struct world w;

    world_make(&w, CONDITIONAL "### Step 2: Code\n" SH("git reset --hard b\nsystemctl restart web"),
               BOUND "choices: {rollback/1: {when: deployment/1, contains: x}}\n");
    want_undo(&w, "deployment/1", UNDO_SECTION, "rollback/2 (line 21)");
    want_undo(&w, "deployment/2", UNDO_SECTION, "rollback/2 (line 22)");
    world_end(&w);
}

T(a_cover_that_is_done_only_if_says_so)
{
    struct world w;

    world_make(&w, CONDITIONAL, BOUND "choices: {rollback/1: {when: deployment/1, contains: x}}\n");
    want_undo(&w, "deployment/1", UNDO_SECTION, "rollback/1 (line 14), if the release migrated");
    world_end(&w);
    /* a conditional start still beats an unconditional stop */
    world_make(&w, CONDITIONAL "### Step 2: Halt\n" SH("systemctl stop web"),
               BOUND "choices: {rollback/1: {when: deployment/1, contains: x}}\n");
    want_undo(&w, "deployment/2", UNDO_SECTION, "rollback/1 (line 15), if the release migrated");
    world_end(&w);
}

/* --- how well it is known --- */

/* A step forward, one back, and how the plan knows that the second undoes the first. */
static const struct {
    const char *forward, *back;
    enum plan_undo_by by;
} known[] = {
    {"cp a /etc/app.conf", "cp b /etc/app.conf", UNDO_BY_THING},
    {"cp a /etc/app.conf", "cp b /etc/other.conf", UNDO_BY_KIND},
    {"echo x > /srv/x", "rm -f /srv/x", UNDO_BY_THING},
    {"echo x > /srv/x", "rm -rf /srv/", UNDO_BY_THING},
    {"rm -rf /srv", "cp x /srv/x", UNDO_BY_KIND}, /* only a part of it comes back */
    {"echo x > /srv/x", "rm -rf /srv/xy", UNDO_BY_KIND},
    {"echo x >> ./a.conf", "mv a.old a.conf", UNDO_BY_THING},
    {"cd /srv/app; echo x > a.conf", "cp old /srv/app/a.conf", UNDO_BY_THING},
    {"(cd /srv/app; true); echo x > a.conf", "cp old /srv/app/a.conf", UNDO_BY_KIND},
    {"chmod 600 /srv/key", "chmod 644 /srv/key", UNDO_BY_THING},
    {"sed -i s/a/b/ /srv/a.conf", "sudo cp old /srv/a.conf", UNDO_BY_THING},
    {"gunzip /srv/dump.gz", "rm /srv/dump", UNDO_BY_THING},
    {"tar -xzf new.tgz -C /srv/app", "tar xzf old.tgz -C /srv/app", UNDO_BY_THING},
    {"unzip new.zip -d /srv/app", "unzip old.zip -d /srv", UNDO_BY_THING},
    {"tar czf /srv/a.tgz .", "rm /srv/a.tgz", UNDO_BY_KIND}, /* what it makes is not read */
    {"rm -f /srv/*.pyc", "rm -f /srv/*.pyc", UNDO_BY_KIND},
    {"touch $APP/on", "rm $APP/on", UNDO_BY_THING},
    {"touch \"$LATER/on\"", "rm \"$LATER/on\"", UNDO_BY_THING},
    {"git pull origin a", "git reset --hard x", UNDO_BY_THING},
    {"git -C /srv/a pull", "git -C /srv/b reset --hard x", UNDO_BY_KIND},
    {"npm ci", "git reset --hard x", UNDO_BY_THING},
    {"git pull origin a", "npm ci", UNDO_BY_KIND},
    {"npm --prefix /srv/web ci", "make -C /srv/web", UNDO_BY_THING},
    {"ln -sfn new current", "ln -sfn old current", UNDO_BY_THING},
    {"rsync -a new/ /srv/app/", "rsync -a old/ /srv/app/", UNDO_BY_THING},
    {"install new /srv/app/till", "cp old /srv/app/till", UNDO_BY_THING},
    {"sqlite3 a.db \"DROP TABLE x\"", "sqlite3 a.db < dump", UNDO_BY_THING},
    {"sqlite3 a.db \"DROP TABLE x\"", "sqlite3 b.db < dump", UNDO_BY_NOTHING},
    {"sqlite3 a.db \"DROP TABLE x\"", "cp backup/old.db a.db", UNDO_BY_THING},
    {"sqlite3 a.db \"DROP TABLE x\"", "cp backup/old.db b.db", UNDO_BY_NOTHING},
    {"psql -d shop -c \"DROP TABLE x\"", "psql shop -f dump.sql", UNDO_BY_THING},
    {"psql -h db -U app shop -c \"DROP TABLE x\"", "pg_restore --dbname=shop dump", UNDO_BY_THING},
    {"psql -d shop -c \"DROP TABLE x\"", "pg_restore -d other dump", UNDO_BY_NOTHING},
    {"redis-cli SET version 2", "redis-cli -h cache SET version 1", UNDO_BY_THING},
    {"redis-cli SET version 2", "redis-cli -n 3 SET version 1", UNDO_BY_NOTHING},
    {"redis-cli SET version 2", "psql -d shop -c \"DROP TABLE x\"", UNDO_BY_NOTHING},
    {"alembic upgrade head", "alembic downgrade -1", UNDO_BY_KIND},
    {"createdb shop", "dropdb shop", UNDO_BY_THING},
    {"systemctl restart web", "systemctl restart web", UNDO_BY_THING},
    {"nginx -s reload", "nginx -s reload", UNDO_BY_KIND},
};

T(how_well_it_is_known_is_said)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        const struct plan_step *s = NULL;
        struct world w;

        strbuf_addf(&md, FORWARD SH("%s") BACK SH("%s"), known[i].forward, known[i].back);
        world_make(&w, strbuf_str(&md), BOUND "env: {APP: /srv/app}\n");
        for (size_t k = 0; k < w.plan.n_steps; k++)
            if (w.plan.steps[k].undo != UNDO_NOTHING)
                s = &w.plan.steps[k];
        if (!s)
            T_FAIL("'%s' changes nothing", known[i].forward);
        if (s->undo_by != known[i].by)
            T_FAIL("'%s' is undone by '%s' as '%s', not '%s'", known[i].forward, known[i].back,
                   plan_undo_by_name(s->undo_by), plan_undo_by_name(known[i].by));
        T_EQ(s->undo, known[i].by == UNDO_BY_NOTHING ? UNDO_GAP : UNDO_SECTION);
        if (known[i].by != UNDO_BY_NOTHING)
            T_CHECK(sv_starts(s->undo_step, SV("rollback/")));
        world_end(&w);
    }
}

T(what_changes_the_same_comes_before_what_is_of_the_same_kind)
{
    struct world w;

    world_make(&w, FORWARD SH("echo x > a\necho x > b") BACK SH("cp old c\ncp old b\ncp old a"),
               BOUND);
    want_undo(&w, "deployment/1", UNDO_SECTION, "rollback (line 15)");
    want_undo(&w, "deployment/2", UNDO_SECTION, "rollback (line 14)");
    T_EQ(find_step(&w, "rollback/1")->n_undoes, 0); /* and it is known that it undoes nothing */
    T_CHECK(find_step(&w, "rollback/1")->undoes != NULL);
    T_EQ(find_step(&w, "rollback/2")->n_undoes, 1);
    want_text(find_step(&w, "rollback/2")->undoes[0].step, "deployment/2");
    T_EQ(find_step(&w, "rollback/2")->undoes[0].by, UNDO_BY_THING);
    world_end(&w);
    world_make(&w, FORWARD SH("echo x > a") BACK SH("./restore"),
               BOUND "steps: {deployment/1: {undo: n}}\n");
    T_CHECK(!find_step(&w, "rollback/1")->undoes); /* nobody knows what it undoes */
    world_end(&w);
}

/* The ids of the way back, as "a b c". */
static const char *way_back(const struct world *w)
{
    static char text[1000];
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < w->plan.n_way_back; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", i ? " " : "",
                              SV_FMT(w->plan.way_back[i].id));
    return text;
}

T(the_last_phase_is_undone_first)
{
    struct world w;

    world_make(
        &w,
        "# Web\n\n## Phase 1: Files\n\n### Deployment\n\n" SH("echo x > a") "### Phase 1 Rollback\n\n" SH("cp old a\nls a") "## Phase 2: More\n\n### Deployment\n\n" SH(
            "echo x > b") "### Phase 2 Rollback\n\n" SH("cp old b\nls b") "## Emergency Rollback\n\n" SH("ls c\nls d"),
        BOUND);
    T_STR(way_back(&w), "phase-2/phase-2/1 phase-2/phase-2/2 phase-1/phase-1/1 phase-1/phase-1/2"
                        " emergency-rollback/1 emergency-rollback/2");
    world_end(&w);
    world_make(&w,
               FORWARD SH("echo x > a") "## Rollback\n\n### 1. One\n\n" SH(
                   "ls a") "### 2. Two\n\n" SH("cp old a"),
               BOUND);
    T_STR(way_back(&w),
          "rollback/1/1 rollback/2/1"); /* what stands alone is in the document's order */
    world_end(&w);
}

T(a_block_of_sql_changes_the_database_that_is_bound)
{
    CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
    char dir[4096];
    struct world w;

    T_CHECK(getcwd(dir, sizeof(dir)) != NULL); /* the binding's folder, in which shells start */
    strbuf_addf(&md,
                FORWARD "\n" FENCE "sql\nDROP TABLE x;\n" FENCE
                        "\n\n" BACK SH("cp backup/a.db %s/a.db"),
                dir);
    world_make(&w, strbuf_str(&md), BOUND "databases: {shop: {url: sqlite:a.db}}\n");
    T_EQ(find_step(&w, "deployment/1")->undo_by, UNDO_BY_THING);
    world_end(&w);
    world_make(&w,
               FORWARD "\n" FENCE "sql\nDROP TABLE x;\n" FENCE
                       "\n\n" BACK SH("pg_restore -d shop dump"),
               BOUND "databases: {main: {url: 'postgresql://app@db/shop?sslmode=require'}}\n");
    T_EQ(find_step(&w, "deployment/1")->undo_by, UNDO_BY_THING);
    world_end(&w);
    world_make(
        &w,
        FORWARD "\n" FENCE "sql\nDROP TABLE x;\n" FENCE "\n\n" BACK SH("pg_restore -d shop dump"),
        BOUND
        "env: {WHERE_TOKEN: 'postgresql://db/shop'}\ndatabases: {main: {url: $WHERE_TOKEN}}\n"); /* only the run knows */
    T_EQ(find_step(&w, "deployment/1")->undo_by, UNDO_BY_KIND);
    world_end(&w);
}

T(what_leaves_a_service_running_is_in_the_plan)
{
    struct world w;

    world_make(
        &w, FORWARD SH("systemctl stop web\nsystemctl status web") BACK SH("systemctl restart web"),
        BOUND);
    want_text(find_step(&w, "deployment/1")->verb, "stop");
    T_EQ(find_step(&w, "deployment/2")->verb.n, 0);
    want_text(find_step(&w, "rollback/1")->verb, "restart");
    world_end(&w);
}

T(settings_that_count_nowhere_are_refused)
{
    struct world w;

    T_EQ(world_try(&w, "# Web\n\n## Deployment\n" SH("true") SH("false"),
                   "steps:\n  deployment: {undo: so}\n  deployment/1: {timeout: 5s}\n", NULL),
         ERR_INVALID);
    want_message(&w.err,
                 "prusik.yaml:3: 'deployment/1' in steps counts nowhere: 'deployment' before "
                 "it covers it");
    T_STR(w.err.hint,
          "of several entries that cover a step the first counts: it has to have all that "
          "is to be set there");
    world_end(&w);
    world_make(&w, "# Web\n\n## Deployment\n" SH("true") SH("false"),
               "steps:\n  deployment/1: {undo: so, timeout: 5s}\n  deployment: {undo: so}\n");
    T_EQ(find_step(&w, "deployment/1")->timeout_ms, 5000);
    T_EQ(find_step(&w, "deployment/2")->timeout_ms, 0);
    world_end(&w);
}

T(a_command_of_several_lines_is_asked_about_by_its_first)
{
    struct world w;

    world_make(
        &w,
        "# Web\n\n## Deployment\n" SH("./go") "\nIf it hangs:\n" SH("./cancel --all \\\n  --now"),
        BOUND);
    want_text(find_question(&w, "choice", 0)->text,
              "'./cancel --all ...' is done if it hangs: does this run do it?");
    world_end(&w);
}

T_MAIN(T_CASE(a_command_of_several_lines_is_asked_about_by_its_first),
       T_CASE(settings_that_count_nowhere_are_refused), T_CASE(what_changes_nothing_needs_nothing),
       T_CASE(a_gap_is_a_question_before_any_run),
       T_CASE(one_yes_to_all_gaps_is_kept_at_each_and_covers_nothing_else),
       T_CASE(a_section_that_changes_the_same_covers_it),
       T_CASE(the_code_of_a_release_undoes_no_migration),
       T_CASE(nobody_knows_what_undoes_an_unknown_program),
       T_CASE(the_same_program_on_both_ways_belongs_to_both),
       T_CASE(a_persons_word_is_kept_and_stands_before_a_section),
       T_CASE(a_maintenance_flag_is_its_own_opposite),
       T_CASE(a_flag_that_is_set_outside_of_all_sections_has_a_way_back),
       T_CASE(a_step_that_is_left_out_is_neither_undone_nor_undoes),
       T_CASE(a_service_is_undone_by_what_starts_it), T_CASE(a_way_back_elsewhere_undoes_nothing),
       T_CASE(where_the_way_back_runs_is_asked_and_said),
       T_CASE(stopping_once_more_does_not_undo_a_stop), T_CASE(another_service_undoes_nothing),
       T_CASE(what_is_always_done_beats_what_is_done_only_if),
       T_CASE(a_cover_that_is_done_only_if_says_so), T_CASE(how_well_it_is_known_is_said),
       T_CASE(what_changes_the_same_comes_before_what_is_of_the_same_kind),
       T_CASE(the_last_phase_is_undone_first),
       T_CASE(a_block_of_sql_changes_the_database_that_is_bound),
       T_CASE(what_leaves_a_service_running_is_in_the_plan))
