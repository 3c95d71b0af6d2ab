/* exec/back: what a way back comes to when some of the steps were begun. */
#include "exec/back.h"

#include "base/file.h"
#include "base/sv.h"
#include "t.h"

#define SH(code) "```bash\n" code "\n```\n\n"

struct fixture {
    struct document doc;
    struct runbook rb;
    struct binding b;
    struct plan plan;
    struct back back;
    bool begun[32];
    struct err err;
};

static void fixture_make(struct fixture *f, const char *text, const char *yaml)
{
    json_t *json = NULL;

    *f = (struct fixture){.begun = {false}};
    T_OK(document_init("deploy.md", sv_from(text), &f->doc, &f->err), f->err);
    T_OK(runbook_read(&f->doc, &f->rb, &f->err), f->err);
    T_OK(binding_parse("prusik.yaml", "/srv/app", sv_from(yaml), &f->b, &f->err), f->err);
    T_OK(plan_make(&f->rb, &f->b, &json, &f->err), f->err);
    T_OK(plan_load(json, &f->plan, &f->err), f->err);
}

static void fixture_end(struct fixture *f)
{
    back_release(&f->back);
    plan_release(&f->plan);
    binding_release(&f->b);
    runbook_release(&f->rb);
    document_release(&f->doc);
}

/* The first n steps were begun, and `keep` of them stay. */
static void look(struct fixture *f, size_t n, size_t keep)
{
    back_release(&f->back);
    for (size_t i = 0; i < ARRAY_LEN(f->begun); i++)
        f->begun[i] = i < n;
    back_look(&f->plan, f->begun, keep, &f->back);
}

/* Of each step of the way back whether it is carried out: "+-+". */
static const char *carried(const struct fixture *f)
{
    static char text[64];

    for (size_t i = 0; i < f->back.steps.n; i++)
        text[i] = f->back.steps.v[i].left.n ? '-' : '+';
    text[f->back.steps.n] = '\0';
    return text;
}

/* What becomes of each change, the last first: "undone kept ". */
static const char *fates(const struct fixture *f)
{
    static char text[512];
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < f->back.changes.n; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ",
                              back_fate_name(f->back.changes.v[i].fate));
    return text;
}

static void want_bad(const struct fixture *f, const char *bad)
{
    T_CHECK(f->back.hint.n > 0 || !*bad);
    if (!sv_has(f->back.bad, sv_from(bad)) || (!*bad && f->back.bad.n))
        T_FAIL("'%.*s' does not say '%s'", SV_FMT(f->back.bad), bad);
}

static const char two_files[] = "# App\n\n## Deployment\n\n" SH("cp new/a.conf /etc/app/a.conf")
    SH("cp new/b.conf /etc/app/b.conf")
        SH("ls") "## Rollback\n\n" SH("cp old/b.conf /etc/app/b.conf")
            SH("cp old/a.conf /etc/app/a.conf") SH("ls /etc/app");

T(what_was_never_begun_is_not_undone)
{
    struct fixture f;

    fixture_make(&f, two_files, "environment: test\n");
    look(&f, 3, 0);
    T_STR(carried(&f), "+++");
    T_STR(fates(&f), "undone undone ");
    T_EQ(f.back.carried, 3);
    want_bad(&f, "");
    look(&f, 1, 0);
    /* "cp old/b.conf" changes something of the same kind as what was begun, and yet another file: kept to be safe */
    T_STR(fates(&f), "undone ");
    T_EQ(f.back.changes.v[0].by->line, f.plan.way_back[1].line);
    look(&f, 0, 0);
    T_STR(carried(&f), "--+");
    T_EQ(f.back.changes.n, 0);
    T_CHECK(sv_starts(f.back.steps.v[0].left, SV("what it undoes was never begun: ")));
    fixture_end(&f);
}

T(a_way_back_to_a_step_undoes_what_came_after_it)
{
    struct fixture f;

    fixture_make(&f, two_files, "environment: test\n");
    look(&f, 3, 1);
    T_STR(carried(&f), "+-+");
    T_STR(fates(&f), "undone kept ");
    want_bad(&f, "");
    T_CHECK(sv_has(f.back.steps.v[1].left, SV("what it undoes stays: deployment/1")));
    look(&f, 3, 2); /* behind the second nothing was changed */
    want_bad(&f, "nothing behind that step has to be undone");
    fixture_end(&f);
}

T(a_step_back_that_would_take_back_more_is_refused)
{
    struct fixture f;

    fixture_make(&f,
                 "# App\n\n## Deployment\n\n" SH("cd /srv/app && git pull origin one")
                     SH("cd /srv/app && git checkout two") "## Rollback\n\n" SH(
                         "cd /srv/app && git reset --hard before"),
                 "environment: test\n");
    look(&f, 2, 1);
    want_bad(&f,
             "of the way back would undo deployment/2 (line 10), and also deployment/1 (line 6)");
    look(&f, 2, 0);
    want_bad(&f, "");
    T_STR(fates(&f), "undone undone ");
    fixture_end(&f);
}

T(what_is_named_is_undone_by_that_alone)
{
    struct fixture f;

    fixture_make(&f,
                 "# App\n\n## Deployment\n\n"
                 "```bash {undo=rollback/1}\nsqlite3 a.db \"ALTER TABLE t ADD COLUMN x\"\n```\n\n"
                 "```bash {undo=rollback/2}\nsqlite3 a.db \"ALTER TABLE t ADD COLUMN y\"\n```\n\n"
                 "## Rollback\n\n" SH("sqlite3 a.db \"ALTER TABLE t DROP COLUMN x\"")
                     SH("sqlite3 a.db \"ALTER TABLE t DROP COLUMN y\""),
                 "environment: test\n");
    look(&f, 2, 1);
    want_bad(&f, "");
    T_STR(carried(&f), "-+");
    look(&f, 1, 0);
    T_STR(carried(&f), "+-");
    fixture_end(&f);
}

T(what_nothing_undoes_is_named_with_its_line)
{
    struct fixture f;

    fixture_make(&f, two_files, "environment: test\n");
    f.plan.steps[1].undo =
        UNDO_GAP; /* a run does not start with one, unless an older version let it */
    look(&f, 2, 1);
    want_bad(&f, "nothing undoes step deployment/2 (line 10): cp new/b.conf /etc/app/b.conf");
    T_STR(fates(&f), "gap kept ");
    look(&f, 2, 0); /* the whole way is taken all the same, and says so */
    want_bad(&f, "");
    T_EQ(f.back.counts[BACK_GAP], 1);
    fixture_end(&f);
}

/* Maintenance on, stop, migrate, start, off; the way back is framed in the same way. */
static const char framed[] =
    "# App\n\n## Deployment\n\n" SH("echo x > before.conf") SH("touch MAINTENANCE")
        SH("systemctl stop web") SH("sqlite3 a.db \"ALTER TABLE t ADD COLUMN x\"")
            SH("systemctl start web") SH("rm MAINTENANCE") "## Rollback\n\n" SH("touch MAINTENANCE")
                SH("systemctl stop web") SH("sqlite3 a.db \"ALTER TABLE t DROP COLUMN x\"")
                    SH("cp before.old before.conf") SH("systemctl start web") SH("rm MAINTENANCE");

T(what_frames_a_change_stays_as_long_as_it_frames_one)
{
    struct fixture f;

    fixture_make(&f, framed, "environment: test\n");
    look(&f, 6, 0);
    T_STR(carried(&f), "++++++");
    T_STR(fates(&f), "inverse undone undone undone inverse undone ");
    look(
        &f, 1,
        0); /* only the file: nothing was stopped, and nothing has to be for it; yet it is done between */
    T_STR(carried(&f), "++-+++");
    look(&f, 0, 0); /* nothing at all */
    T_STR(carried(&f), "------");
    fixture_end(&f);
}

T(a_service_that_was_stopped_before_the_step_stays_stopped)
{
    struct fixture f;

    fixture_make(&f, framed, "environment: test\n");
    look(&f, 6, 3); /* back to: maintenance is on, and it is stopped */
    want_bad(&f, "");
    T_STR(carried(&f), "+++---");
    T_STR(fates(&f), "inverse undone undone kept kept kept ");
    T_CHECK(f.back.keeps_flag);
    T_CHECK(sv_has(f.back.steps.v[4].left, SV("the service was stopped before")));
    T_CHECK(sv_has(f.back.steps.v[5].left, SV("maintenance was switched on before")));
    look(&f, 6, 1); /* back to before all that: the frame is opened and closed */
    want_bad(&f, "");
    T_STR(carried(&f), "+++-++");
    T_CHECK(!f.back.keeps_flag);
    look(&f, 6, 4); /* the database stays: the service is stopped again, and that is all */
    want_bad(&f, "");
    T_STR(carried(&f), "++----");
    fixture_end(&f);
}

T(what_is_not_stopped_again_cannot_be_gone_back_from)
{
    struct fixture f;

    fixture_make(&f,
                 "# App\n\n## Deployment\n\n" SH("touch MAINTENANCE") SH("systemctl stop web")
                     SH("systemctl start web")
                         SH("rm MAINTENANCE") "## Rollback\n\n" SH("systemctl start web"),
                 "environment: test\n");
    look(&f, 3, 2);
    want_bad(&f, "nothing undoes step deployment/3 (line 14): systemctl start web");
    look(&f, 4, 2); /* nor does anything switch it on again */
    want_bad(&f, "nothing undoes step deployment/4 (line 18): rm MAINTENANCE");
    fixture_end(&f);
}

T(nothing_is_left_out_when_nobody_knows_what_undoes_something)
{
    struct fixture f;

    fixture_make(&f,
                 "# App\n\n## Deployment\n\n" SH("./new")
                     SH("echo x > a") "## Rollback\n\n" SH("cp old a") SH("./old"),
                 "environment: test\nsteps: {deployment/1: {undo: by ./old}}\n");
    look(&f, 1, 0);
    T_STR(carried(&f), "++");
    T_STR(fates(&f), "accepted ");
    look(&f, 2, 1); /* ./old may be for what is to stay */
    want_bad(
        &f,
        "nobody knows what step rollback/2 (line 20) of the way back undoes, and deployment/1 (line 6)");
    fixture_end(&f);
}

T(a_plan_of_an_older_version_is_taken_back_whole)
{
    struct fixture f;

    fixture_make(&f, two_files, "environment: test\n");
    for (size_t i = 0; i < f.plan.n_steps; i++) {
        f.plan.steps[i].undo_by = UNDO_BY_NOTHING;
        f.plan.steps[i].undo_step = (struct sv){NULL, 0};
    }
    for (size_t i = 0; i < f.plan.n_way_back; i++) {
        f.plan.way_back[i].undoes = NULL;
        f.plan.way_back[i].n_undoes = 0;
    }
    look(&f, 1, 0);
    T_STR(carried(&f), "+++");
    T_STR(fates(&f), "undone ");
    T_CHECK(!f.back.changes.v[0].by);
    look(&f, 3, 1);
    want_bad(&f, "nobody knows what step rollback/1");
    f.plan.way_back[0].effect = f.plan.way_back[1].effect = SV("none");
    look(&f, 3, 1);
    want_bad(&f, "the plan of this run does not say what undoes which step");
    fixture_end(&f);
}

T(files_of_which_no_more_is_known_than_that_they_are_files)
{
    struct fixture f;

    fixture_make(&f,
                 "# App\n\n## Deployment\n\n" SH("rm -f a/*.x")
                     SH("rm -f b/*.x") "## Rollback\n\n" SH("cp old/*.x c") SH("cp older d"),
                 "environment: test\n");
    look(&f, 2, 1);
    want_bad(
        &f,
        "step rollback/1 (line 16) of the way back would undo deployment/2 (line 10), and also deployment/1");
    look(&f, 1, 1); /* the second was not begun */
    T_STR(carried(&f), "--");
    T_CHECK(sv_has(f.back.steps.v[1].left, SV("what it undoes stays:")));
    fixture_end(&f);
}

T(what_frames_nothing_is_left_out_on_the_way_to_a_step)
{
    struct fixture f;

    fixture_make(&f,
                 "# App\n\n## Deployment\n\n" SH("rm MAINTENANCE") SH("cp new a")
                     SH("rm MAINTENANCE")
                         SH("systemctl restart web") "## Rollback\n\n" SH("systemctl restart web")
                             SH("cp old a"),
                 "environment: test\n");
    look(&f, 3, 2); /* only the flag, which is its own opposite */
    want_bad(&f, "");
    T_STR(carried(&f), "--");
    T_CHECK(sv_has(f.back.steps.v[0].left, SV("nothing is undone for which it would be needed")));
    fixture_end(&f);
    fixture_make(&f,
                 "# App\n\n## Deployment\n\n" SH("cp new a") SH("rm -f b/*.x")
                     SH("cp new c") "## Rollback\n\n" SH("cp old c") SH("rm -f e/*.x"),
                 "environment: test\nsteps: {deployment/1: {undo: n}}\n");
    look(
        &f, 2,
        1); /* what only the third has to do with was not begun, and the second has only its kind */
    T_STR(carried(&f), "++");
    fixture_end(&f);
}

T(a_step_is_found_that_can_be_gone_back_to)
{
    struct fixture f;
    size_t keep = 7;

    fixture_make(&f, two_files, "environment: test\n");
    f.begun[0] = true;
    T_OK(back_keep(&f.plan, f.begun, SV("deployment/1"), &keep, &f.err), f.err);
    T_EQ(keep, 1);
    keep = 7;
    T_EQ(back_keep(&f.plan, f.begun, SV("deployment/2"), &keep, &f.err), ERR_INVALID);
    T_STR(f.err.msg, "step deployment/2 (line 10) was not carried out");
    T_EQ(back_keep(&f.plan, f.begun, SV("deploymant/1"), &keep, &f.err), ERR_INVALID);
    T_CHECK(strstr(f.err.hint, "deployment/1") != NULL);
    T_EQ(back_keep(&f.plan, f.begun, SV("rollback/1"), &keep, &f.err), ERR_INVALID);
    T_EQ(back_keep(&f.plan, f.begun, SV("zzz"), &keep, &f.err), ERR_INVALID);
    T_EQ(keep, 7);
    fixture_end(&f);
}

/* "2 Table" is what stands at the terminal. */
T(a_part_stands_for_its_last_step)
{
    struct fixture f;
    size_t keep = 7;

    fixture_make(&f,
                 "# App\n\n## Preparation\n\n### 1. Look\n" SH("ls")
                     SH("pwd") "## Deployment\n\n### 2. One\n" SH("cp new a")
                         SH("cp new b") "### 3. Two\n" SH("cp new c") "### 1. Three\n" SH(
                             "cp new d") "## Rollback\n\n### 2. Back\n" SH("cp old a"),
                 "environment: test\n");
    for (size_t i = 0; i < f.plan.n_steps; i++)
        f.begun[i] = true;
    T_OK(back_keep(&f.plan, f.begun, SV("2"), &keep, &f.err), f.err);
    T_EQ(keep, 4); /* of the way forward, although one of the way back is called so, too */
    T_OK(back_keep(&f.plan, f.begun, SV("deployment"), &keep, &f.err), f.err);
    T_EQ(keep, 6);
    T_OK(back_keep(&f.plan, f.begun, SV("deployment/2/1"), &keep, &f.err), f.err);
    T_EQ(keep, 3);
    f.begun[3] = false;
    T_EQ(back_keep(&f.plan, f.begun, SV("2"), &keep, &f.err), ERR_INVALID);
    T_CHECK(strstr(f.err.msg, "was not carried out") != NULL);
    T_EQ(back_keep(&f.plan, f.begun, SV("1"), &keep, &f.err), ERR_INVALID); /* there are two */
    T_EQ(keep, 3);
    fixture_end(&f);
}

T(what_is_a_part_and_a_step_elsewhere_is_neither)
{
    struct fixture f;
    size_t keep = 7;

    fixture_make(&f,
                 "# App\n\n## Deployment\n\n### 1. One\n" SH("cp new a")
                     SH("cp new b") "### 2. Two\n" SH("cp new c") "## Rollback\n\n" SH("cp old a"),
                 "environment: test\n");
    for (size_t i = 0; i < f.plan.n_steps; i++)
        f.begun[i] = true;
    T_EQ(back_keep(&f.plan, f.begun, SV("2"), &keep, &f.err), ERR_INVALID);
    T_STR(f.err.msg, "'2' is the step deployment/1/2 and the part of the step deployment/2/1");
    T_OK(back_keep(&f.plan, f.begun, SV("deployment/2"), &keep, &f.err), f.err);
    T_EQ(keep, 3);
    T_OK(back_keep(&f.plan, f.begun, SV("2/1"), &keep, &f.err), f.err);
    T_EQ(keep, 3);
    fixture_end(&f);
}

T_MAIN(T_CASE(a_part_stands_for_its_last_step),
       T_CASE(what_is_a_part_and_a_step_elsewhere_is_neither),
       T_CASE(what_was_never_begun_is_not_undone),
       T_CASE(what_frames_a_change_stays_as_long_as_it_frames_one),
       T_CASE(a_service_that_was_stopped_before_the_step_stays_stopped),
       T_CASE(what_is_not_stopped_again_cannot_be_gone_back_from),
       T_CASE(nothing_is_left_out_when_nobody_knows_what_undoes_something),
       T_CASE(a_plan_of_an_older_version_is_taken_back_whole),
       T_CASE(files_of_which_no_more_is_known_than_that_they_are_files),
       T_CASE(what_frames_nothing_is_left_out_on_the_way_to_a_step),
       T_CASE(a_step_is_found_that_can_be_gone_back_to),
       T_CASE(a_way_back_to_a_step_undoes_what_came_after_it),
       T_CASE(a_step_back_that_would_take_back_more_is_refused),
       T_CASE(what_is_named_is_undone_by_that_alone),
       T_CASE(what_nothing_undoes_is_named_with_its_line))
