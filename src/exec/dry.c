#include "exec/dry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/fd.h"
#include "base/sv.h"
#include "db/db.h"
#include "exec/dry_int.h"

#define DRY_CONNECT_MS 3000

const char *dry_state_name(enum dry_state state)
{
    static const char *const names[DRY__N] = {"found", "wrong", "open"};

    assert(state < DRY__N);
    return names[state];
}

void dry_add(struct dry_look *l, struct dry_step *s, enum dry_state state, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    for (size_t i = 0; i < s->checks.n; i++)
        if (sv_eq(s->checks.v[i].text, strbuf_sv(&text)))
            return; /* a program that a command names twice */
    *vec_add(&s->checks) =
        (struct dry_check){.state = state, .text = arena_sv(&l->d->arena, strbuf_sv(&text))};
    l->d->counts[state]++;
}

/* The command that tells a value of the text when the run begins; empty: none does. */
static struct sv dry_asked_then(const struct dry_look *l, const json_t *pieces)
{
    for (size_t i = 0; i < json_array_size(pieces); i++)
        for (size_t k = 0; k < l->plan->n_variables; k++)
            if (l->plan->variables[k].command.n &&
                sv_eq(l->plan->variables[k].name, json_get_sv(json_array_get(pieces, i), "value")))
                return l->plan->variables[k].command;
    return (struct sv){"", 0};
}

bool dry_text(struct dry_look *l, struct dry_step *s, const json_t *pieces, struct strbuf *out)
{
    struct values_of of = {.named = &l->values, .plan = l->plan};
    struct sv command = dry_asked_then(l, pieces);
    struct err err;

    if (values_text(&of, pieces, out, &err) == ERR_OK)
        return true;
    if (command.n)
        dry_add(l, s, DRY_OPEN, "%s yet: `%.*s` tells it when the run begins", err.msg,
                SV_FMT(command));
    else
        dry_add(l, s, DRY_OPEN, "%s", err.msg);
    return false;
}

/* A path of a parameter; relative ones are below the folder in which shells start. */
static struct sv dry_resolve(struct dry_look *l, struct sv path)
{
    if (sv_starts(path, SV("/")))
        return arena_sv(&l->d->arena, path);
    return arena_fmt(&l->d->arena, "%.*s/%.*s", SV_FMT(l->plan->workdir), SV_FMT(path));
}

static bool dry_param(struct dry_look *l, struct dry_step *s, const char *key, struct strbuf *out)
{
    return dry_text(l, s, json_object_get(s->step->action, key), out);
}

/* --- a row for each kind: what it would do, and what of it can be looked at --- */

/* By the plan's `effect`; others change what is not known. */
static const struct {
    struct sv effect, would;
} dry_effects[] = {
    {SV("none"), SV("would run it; it only looks")},
    {SV("session"), SV("would run it; it changes the shell only")},
    {SV("backup"), SV("would run it; it makes a copy")},
    {SV("flag"), SV("would run it; it changes a flag")},
    {SV("service"), SV("would run it; it changes what runs")},
    {SV("files"), SV("would run it; it changes files")},
    {SV("code"), SV("would run it; it changes the deployed code")},
    {SV("database"), SV("would run it; it changes the database")},
};

static void dry_shell(struct dry_look *l, struct dry_step *s)
{
    CLEANUP(strbuf_release) struct strbuf command = STRBUF(0);

    s->would = SV("would run it; what it changes is not known");
    for (size_t i = 0; i < ARRAY_LEN(dry_effects); i++)
        if (sv_eq(s->step->effect, dry_effects[i].effect))
            s->would = dry_effects[i].would;
    if (dry_param(l, s, "command", &command))
        dry_programs(l, s, strbuf_sv(&command));
    else
        dry_is_lost(l, s);
}

static void dry_poll(struct dry_look *l, struct dry_step *s)
{
    dry_shell(l, s);
    s->would = arena_fmt(
        &l->d->arena, "would run it every %s until it is as expected",
        duration_format(plan_bound(l->plan, json_get_int(s->step->action, "every_ms", 0))).s);
}

static void dry_terminal(struct dry_look *l, struct dry_step *s)
{
    dry_shell(l, s);
    s->would = SV("would lend it the terminal until a person has ended it");
}

static void dry_follow(struct dry_look *l, struct dry_step *s)
{
    dry_shell(l, s);
    s->would = SV("would show it for a while");
}

static void dry_http(struct dry_look *l, struct dry_step *s)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);

    if (dry_param(l, s, "url", &url))
        dry_add(l, s, DRY_OPEN, "what it answers: no request is sent");
    s->would = arena_fmt(&l->d->arena, "would send %.*s %.*s",
                         SV_FMT(json_get_sv(s->step->action, "method")),
                         SV_FMT(url.n ? strbuf_sv(&url) : SV("a request")));
}

/* The header of a database, as "Database File Format" of SQLite gives it. */
static void dry_database(struct dry_look *l, struct dry_step *s, struct sv path, bool changes)
{
    static const char magic[16] = "SQLite format 3";
    struct sv file = dry_resolve(l, path);
    char head[sizeof(magic)];
    struct err err;
    size_t n;
    CLEANUP(fd_closep) int fd = open(file.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        dry_add(l, s, DRY_OPEN, "database %.*s is not there: a step before it may make it",
                SV_FMT(path));
    else if (fd < 0)
        dry_add(l, s, DRY_WRONG, "database %.*s cannot be read", SV_FMT(path));
    else if (fd_read_full(fd, head, sizeof(head), &n, &err) != ERR_OK ||
             (n > 0 && (n < sizeof(head) || memcmp(head, magic, sizeof(head)) != 0)))
        dry_add(l, s, DRY_WRONG, "%.*s is no SQLite database", SV_FMT(path));
    else if (changes && access(file.p, W_OK) != 0)
        dry_add(l, s, DRY_WRONG, "database %.*s may not be written", SV_FMT(path));
    else
        dry_add(l, s, DRY_FOUND, "database %.*s is there", SV_FMT(path));
}

/* Would the statements change something? */
static bool dry_statements(struct dry_step *s)
{
    bool changes = !sv_eq(s->step->effect, SV("none")) && !sv_eq(s->step->effect, SV("backup"));

    s->would = changes ? SV("would run the statements, which change the database")
                       : SV("would run the statements");
    return changes;
}

/* A connection that can change nothing is made, and nothing is asked. */
static void dry_postgres(struct dry_look *l, struct dry_step *s)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    CLEANUP(db_closep) struct db *db = NULL;
    struct db_config c = {.read_only = true, .connect_ms = DRY_CONNECT_MS};
    struct err err;

    (void)dry_statements(s);
    if (!dry_param(l, s, "url", &url) || !url.n)
        return;
    c.url = strbuf_sv(&url);
    if (db_open(&c, &db, &err) != ERR_OK)
        dry_add(l, s, DRY_WRONG, "%s", err.msg);
    else
        dry_add(l, s, DRY_FOUND, "%s answers: PostgreSQL %d.%d", db_name(db),
                db_version(db) / 10000, db_version(db) % 10000);
}

static void dry_sqlite(struct dry_look *l, struct dry_step *s)
{
    CLEANUP(strbuf_release) struct strbuf file = STRBUF(0);
    bool changes = dry_statements(s);

    if (dry_param(l, s, "file", &file) && file.n)
        dry_database(l, s, strbuf_sv(&file), changes);
}

static void dry_service(struct dry_look *l, struct dry_step *s)
{
    struct sv name = json_get_sv(s->step->action, "service");

    s->would = arena_fmt(&l->d->arena, "would %.*s %.*s",
                         SV_FMT(json_get_sv(s->step->action, "verb")), SV_FMT(name));
    for (size_t i = 0; i < l->plan->n_services; i++) {
        const struct plan_service *p = &l->plan->services[i];
        CLEANUP(strbuf_release) struct strbuf words = STRBUF(0);

        if (!sv_eq(p->name, name))
            continue;
        if (p->n_command == 0) {
            dry_add(l, s, DRY_OPEN, "what it does now: %.*s is not asked", SV_FMT(p->manager));
            continue;
        }
        strbuf_add_sv(&words, p->command[0]);
        dry_programs(l, s, strbuf_sv(&words));
    }
}

static void dry_maintenance(struct dry_look *l, struct dry_step *s)
{
    CLEANUP(strbuf_release) struct strbuf file = STRBUF(0);
    struct sv dir;
    size_t slash;

    s->would = json_get_bool(s->step->action, "on", false) ? SV("would switch maintenance on")
                                                           : SV("would switch maintenance off");
    if (!dry_param(l, s, "file", &file))
        return;
    dir = dry_resolve(l, strbuf_sv(&file));
    for (slash = dir.n; slash > 1 && dir.p[slash - 1] != '/';)
        slash--;
    dir = arena_sv(&l->d->arena, sv_sub(dir, 0, slash));
    if (access(dir.p, W_OK | X_OK) == 0)
        dry_add(l, s, DRY_FOUND, "folder %.*s can be written", SV_FMT(dir));
    else if (errno == ENOENT)
        dry_add(l, s, DRY_OPEN, "folder %.*s is not there: a step before it may make it",
                SV_FMT(dir));
    else
        dry_add(l, s, DRY_WRONG, "folder %.*s cannot be written", SV_FMT(dir));
}

static void dry_disk(struct dry_look *l, struct dry_step *s)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);
    struct sv file;

    s->would = SV("would look how much is free");
    if (!dry_param(l, s, "path", &path))
        return;
    file = dry_resolve(l, strbuf_sv(&path));
    dry_add(l, s, access(file.p, F_OK) == 0 ? DRY_FOUND : DRY_OPEN,
            access(file.p, F_OK) == 0 ? "%.*s is there" : "%.*s is not there", SV_FMT(file));
}

static void dry_pause(struct dry_look *l, struct dry_step *s)
{
    s->would =
        arena_fmt(&l->d->arena, "would wait %s",
                  duration_format(plan_scale(l->plan, json_get_int(s->step->action, "ms", 0))).s);
}

static void dry_manual(struct dry_look *l, struct dry_step *s)
{
    const struct plan_step *p = s->step;

    s->would = p->answered ? arena_fmt(&l->d->arena, "was answered ahead by %.*s: %s",
                                       SV_FMT(p->answer_by), p->answer ? "yes" : "no")
                           : SV("would ask whether it is done");
    (void)l;
}

static void dry_approval(struct dry_look *l UNUSED, struct dry_step *s)
{
    s->would = SV("would wait for an approval");
}

static const struct {
    struct sv kind;
    void (*look)(struct dry_look *l, struct dry_step *s);
} dry_kinds[] = {
    {SV("shell"), dry_shell},       {SV("poll"), dry_poll},
    {SV("follow"), dry_follow},     {SV("http"), dry_http},
    {SV("sqlite"), dry_sqlite},     {SV("service"), dry_service},
    {SV("disk"), dry_disk},         {SV("maintenance"), dry_maintenance},
    {SV("pause"), dry_pause},       {SV("manual"), dry_manual},
    {SV("approval"), dry_approval}, {SV("postgres"), dry_postgres},
    {SV("terminal"), dry_terminal},
};

/* --- all of them --- */

static void dry_leave_out(struct dry_look *l, struct dry_step *s, struct sv why)
{
    s->left = true;
    s->would = arena_fmt(&l->d->arena, "is left out: %.*s", SV_FMT(why));
}

static void dry_one(struct dry_look *l, struct dry_step *s)
{
    if (s->step->skip.n) {
        dry_leave_out(l, s, s->step->skip);
        return;
    }
    if (s->step->n_on) {
        s->would = arena_fmt(&l->d->arena, "would run it on %.*s", SV_FMT(s->step->host));
        dry_add(l, s, DRY_OPEN, "no host of group '%.*s' is contacted", SV_FMT(s->step->group));
        return;
    }
    if (s->step->address.n) {
        s->would = arena_fmt(&l->d->arena, "would run it on %.*s", SV_FMT(s->step->host));
        dry_add(l, s, DRY_OPEN, "host %.*s is not contacted", SV_FMT(s->step->host));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(dry_kinds); i++)
        if (sv_eq(s->step->kind, dry_kinds[i].kind)) {
            dry_kinds[i].look(l, s);
            return;
        }
    s->would = arena_fmt(&l->d->arena, "would do it (%.*s)", SV_FMT(s->step->kind));
}

/* Whether it is carried out is asked when its turn has come. */
static void dry_asked(struct dry_look *l, struct dry_step *s)
{
    for (size_t i = 0; i < s->step->n_choices && !s->left; i++)
        if (s->step->choices[i].ask.n)
            s->would = arena_fmt(&l->d->arena, "asked then (%.*s): %.*s",
                                 SV_FMT(s->step->choices[i].text), SV_FMT(s->would));
}

/* What the steps behind it may find. */
static void dry_follows(struct dry_look *l, const struct dry_step *s)
{
    if (s->left)
        return;
    l->reads.n = 0;
    l->makes |= dry_may_make(s->step);
    l->brings |= dry_may_bring(s->step) || l->installs;
    if (!sv_eq(s->step->kind, SV("shell"))) /* its commands were looked at one by one */
        dry_say(l, s->step->command);
    for (size_t i = 0; i < json_array_size(json_object_get(s->step->action, "makes")); i++) {
        CLEANUP(strbuf_release) struct strbuf file = STRBUF(0);
        struct values_of of = {.named = &l->values, .plan = l->plan};
        struct err unknown;

        if (values_text(&of, json_array_get(json_object_get(s->step->action, "makes"), i), &file,
                        &unknown) == ERR_OK)
            dry_say(l, arena_sv(&l->d->arena, strbuf_sv(&file)));
    }
}

static void dry_all(struct dry_look *l, const struct plan_step *steps, size_t n, dry_steps *out)
{
    for (size_t i = 0; i < n; i++) {
        struct dry_step *s = vec_add(out);

        *s = (struct dry_step){.step = &steps[i]};
        dry_one(l, s);
        dry_asked(l, s);
        dry_follows(l, s);
    }
}

/* Placeholders that a command tells when the run starts are not known; the others are. */
static void dry_values(struct dry_look *l)
{
    l->values.started_us = clock_now_us();
    for (size_t i = 0; i < l->plan->n_variables; i++)
        if (!l->plan->variables[i].command.n)
            values_set(&l->values, l->plan->variables[i].name, l->plan->variables[i].value);
}

void dry_look(const struct plan *plan, struct dry *ret)
{
    struct dry_look l = {.d = ret, .plan = plan, .parser = shell_parser_new()};

    *ret = (struct dry){.counts = {0}};
    dry_values(&l);
    dry_all(&l, plan->steps, plan->n_steps, &ret->steps);
    dry_all(&l, plan->way_back, plan->n_way_back, &ret->way_back);
    shell_parser_free(l.parser);
    values_release(&l.values);
    vec_release(&l.shells);
    vec_release(&l.said);
    vec_release(&l.reads);
}

void dry_look_back(const struct plan *plan, const struct back *b, const struct sv *done,
                   const struct dry_known *known, struct dry *ret)
{
    struct dry_look l = {.d = ret, .plan = plan, .parser = shell_parser_new()};

    *ret = (struct dry){.counts = {0}};
    dry_values(&l);
    if (known->started_us)
        l.values.started_us = known->started_us;
    for (size_t i = 0; i < known->n_values; i++)
        values_set(&l.values, known->values[i].name, known->values[i].value);
    for (size_t i = 0; i < b->steps.n; i++) {
        struct dry_step *s = vec_add(&ret->way_back);

        *s = (struct dry_step){.step = b->steps.v[i].step};
        if (done && done[i].n)
            dry_leave_out(&l, s, done[i]);
        else if (b->steps.v[i].left.n)
            dry_leave_out(&l, s, b->steps.v[i].left);
        else
            dry_one(&l, s);
        dry_asked(&l, s);
        dry_follows(&l, s);
    }
    shell_parser_free(l.parser);
    values_release(&l.values);
    vec_release(&l.shells);
    vec_release(&l.said);
    vec_release(&l.reads);
}

void dry_release(struct dry *d)
{
    for (size_t i = 0; i < d->steps.n; i++)
        vec_release(&d->steps.v[i].checks);
    for (size_t i = 0; i < d->way_back.n; i++)
        vec_release(&d->way_back.v[i].checks);
    vec_release(&d->steps);
    vec_release(&d->way_back);
    arena_release(&d->arena);
}
