#include "cli/lint_alembic.h"

#include <string.h>

#include "base/child.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/sv.h"
#include "migrate/format.h"
#include "migrate/pattern.h"

#define ALEMBIC_TIMEOUT_MS 120000u
#define ALEMBIC_SAID_BYTES (64u << 10) /* of its messages: the last line is told */
#define ALEMBIC_FILE_BYTES (4u << 20)  /* of a revision */
#define ALEMBIC_QUOTE      100u        /* bytes of a statement in a message */
#define ALEMBIC_TELLING    8u /* a shorter line stands in many files without being the statement's */

/* --- which project --- */

static bool alembic_has(const char *dir, const char *name)
{
    CLEANUP(mem_freep) char *path = path_join(dir, name);

    return file_exists(path);
}

bool lint_alembic_is(const char *dir)
{
    CLEANUP(mem_freep) char *up = path_join(dir, "..");

    return alembic_has(dir, "alembic.ini") ||
           (alembic_has(dir, "env.py") && alembic_has(dir, "versions")) ||
           (alembic_has(up, "env.py") && strcmp(path_base(dir), "versions") == 0);
}

enum err_code lint_alembic_refuse(const char *dir, struct err *err)
{
    (void)err_set(err, ERR_NOT_FOUND,
                  "there is no .sql below '%s': revisions of Alembic are programs", dir);
    return err_hint(
        err,
        "prusik db lint --alembic heads %s  lints the SQL that they would run: it starts "
        "Alembic, env.py and the revisions, offline (A:heads: those behind A)",
        dir);
}

enum err_code lint_alembic_refuse_file(const char *path, struct err *err)
{
    (void)err_set(err, ERR_INVALID, "'%s' is a program, and no SQL", path);
    return err_hint(err, "a revision of Alembic: prusik db lint --alembic heads FOLDER  lints the"
                         " SQL that those of the folder would run (A:heads: those behind A)");
}

/* The folder of alembic.ini, where Alembic is run: the one that was named, or up to two above. */
static char *alembic_home(const char *dir)
{
    char *at = xstrdup(dir);

    for (unsigned up = 0; up < 3; up++) {
        char *above;

        if (alembic_has(at, "alembic.ini"))
            return at;
        above = path_join(at, "..");
        free(at);
        at = above;
    }
    free(at);
    return NULL;
}

/* --- what it prints --- */

struct alembic_run {
    uv_loop_t loop;
    struct child child;
    struct strbuf out, said;
    enum err_code rc;
};

static void alembic_on_output(struct child *c, enum child_stream stream, struct sv bytes)
{
    struct alembic_run *r = container_of(c, struct alembic_run, child);

    strbuf_add_sv(stream == CHILD_OUT ? &r->out : &r->said, bytes);
}

static void alembic_on_done(struct child *c, enum err_code rc)
{
    container_of(c, struct alembic_run, child)->rc = rc;
}

static struct sv alembic_last(struct sv said)
{
    struct sv line, last = {NULL, 0};

    while (sv_next_line(&said, &line))
        if (sv_trim(line).n)
            last = sv_trim(line);
    return last;
}

/* What it could not do: "FAILED: ..." behind what it printed, else the last line of a traceback. */
static struct sv alembic_why(const struct alembic_run *r)
{
    struct sv out = alembic_last(strbuf_sv(&r->out)), said = alembic_last(strbuf_sv(&r->said));

    return sv_starts(out, SV("FAILED:")) || !said.n ? out : said;
}

static enum err_code alembic_failed(const struct alembic_run *r, const char *home,
                                    const char *range, struct err *err)
{
    struct sv why = alembic_why(r);

    *err = r->child.err;
    if (!r->child.pid) {
        (void)err_wrap(err, "ask Alembic for its SQL");
        return err_hint(
            err,
            "activate the environment of the project, or there: alembic upgrade %s --sql "
            "> next.sql, and here: prusik db lint next.sql",
            range);
    }
    if (why.n)
        (void)err_set(err, r->rc, "%s: %.*s", r->child.err.msg, SV_FMT(why));
    (void)err_wrap(err, "ask Alembic for its SQL");
    return err_hint(err,
                    "mend it until this prints SQL: cd %s && alembic upgrade %s --sql; where "
                    "another program reads the settings (flask db upgrade --sql): ... > next.sql, "
                    "and prusik db lint next.sql",
                    home, range);
}

static enum err_code alembic_run(struct alembic_run *r, const char *home, const char *range,
                                 struct err *err)
{
    const char *argv[] = {"alembic", "-c", "alembic.ini", "upgrade", range, "--sql", NULL};

    if (uv_loop_init(&r->loop) != 0)
        return err_set(err, ERR_IO, "start an event loop");
    r->child = (struct child){
        .spec = {.argv = argv, .cwd = home, .timeout_ms = ALEMBIC_TIMEOUT_MS},
        .output = alembic_on_output,
        .done = alembic_on_done,
    };
    child_start(&r->child, &r->loop);
    (void)uv_run(&r->loop, UV_RUN_DEFAULT); /* ends when the child has */
    (void)uv_loop_close(&r->loop);
    if (r->rc != ERR_OK)
        return alembic_failed(r, home, range, err);
    if (r->out.overflow)
        return err_set(err, ERR_LIMIT, "Alembic prints more than %u MB of SQL",
                       LIMIT_SQL_BYTES >> 20);
    if (!sv_has(strbuf_sv(&r->out), SV("-- Running upgrade ")))
        return err_set(err, ERR_NOT_FOUND, "Alembic has no revision to run for '%s'", range);
    return ERR_OK;
}

/*
 * Where the files of the revisions are: where alembic.ini says, when that is the folder that was named, so that a whole
 * project with all its libraries is not gone through.
 */
static char *alembic_scripts(const char *dir)
{
    CLEANUP(mem_freep) char *ini = path_join(dir, "alembic.ini"), *named = NULL;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(ALEMBIC_FILE_BYTES);
    struct err ignored;
    struct regex_match g[2];
    struct sv where;

    if (file_read(ini, ALEMBIC_FILE_BYTES, &text, &ignored) != ERR_OK ||
        !pattern_find("^script_location[ \\t]*=[ \\t]*([^\\r\\n]*)", REGEX_MULTI, strbuf_sv(&text),
                      0, g, 2))
        return xstrdup(dir);
    where = sv_trim(sv_sub(strbuf_sv(&text), g[1].from, g[1].to));
    (void)sv_eat(&where, SV("%(here)s/")); /* may be left out */
    named = xstrdup_sv(where);
    return alembic_has(dir, named) ? path_join(dir, named) : xstrdup(dir);
}

enum err_code lint_alembic_add(struct lint_jobs *jobs, const char *dir, const char *range,
                               struct err *err)
{
    CLEANUP(mem_freep) char *home = alembic_home(dir);
    struct alembic_run r = {.out = STRBUF(LIMIT_SQL_BYTES), .said = STRBUF(ALEMBIC_SAID_BYTES)};
    enum err_code rc;

    if (!*range || *range == '-')
        return err_set(err, ERR_USAGE,
                       "--alembic '%s' is no range of revisions: heads, A:heads, A:B", range);
    if (!home) {
        (void)err_set(err, ERR_NOT_FOUND, "there is no alembic.ini in '%s', nor in the two above",
                      dir);
        return err_hint(err, "name the folder of the project: prusik db lint --alembic %s FOLDER",
                        range);
    }
    rc = alembic_run(&r, home, range, err);
    if (rc == ERR_OK) {
        struct lint_job *j = vec_add(&jobs->list);

        j->path = path_join(home, "alembic.ini");
        j->printed = xstrdup_sv(strbuf_sv(&r.out));
        j->sources = alembic_scripts(dir);
    }
    strbuf_release(&r.out);
    strbuf_release(&r.said);
    return rc;
}

/* --- where a finding is told --- */

/* A revision that was printed: from which line, and its file. */
struct alembic_section {
    size_t line;
    struct sv revision;
    size_t source; /* SIZE_MAX: no file says that it is this one */
    size_t job;    /* SIZE_MAX: nothing was found in it yet */
};

struct alembic_source {
    const char *path;
    struct strbuf text;
    struct sv revision; /* in text */
};

struct alembic_place {
    struct lint_jobs files; /* below the folder */
    VEC(struct alembic_source) sources;
    VEC(struct alembic_section) sections;
    VEC(struct sv) lines; /* of what was printed */
};

static void alembic_place_release(struct alembic_place *p)
{
    for (size_t i = 0; i < p->sources.n; i++)
        strbuf_release(&p->sources.v[i].text);
    vec_release(&p->sources);
    vec_release(&p->sections);
    vec_release(&p->lines);
    lint_jobs_release(&p->files);
}

static enum err_code alembic_sources(struct alembic_place *p, const char *dir, struct err *err)
{
    struct regex_match g[2];

    p->files.suffix = ".py";
    if (lint_jobs_add(&p->files, dir, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < p->files.list.n; i++) {
        struct alembic_source s = {.path = p->files.list.v[i].path,
                                   .text = STRBUF(ALEMBIC_FILE_BYTES)};

        if (file_read(s.path, ALEMBIC_FILE_BYTES, &s.text, err) != ERR_OK ||
            !pattern_find(FORMAT_ALEMBIC_REVISION, REGEX_MULTI, strbuf_sv(&s.text), 0, g, 2)) {
            strbuf_release(&s.text); /* not of Alembic: a module beside, or one that is too large */
            *err = (struct err){0};
            continue;
        }
        s.revision = sv_sub(strbuf_sv(&s.text), g[1].from, g[1].to);
        *vec_add(&p->sources) = s;
    }
    return ERR_OK;
}

/* "-- Running upgrade A -> B" */
static void alembic_sections(struct alembic_place *p, struct sv printed)
{
    struct sv line;

    while (sv_next_line(&printed, &line)) {
        size_t arrow = sv_starts(line, SV("-- Running ")) ? sv_find(line, SV("->"), 0) : SV_NPOS;
        struct alembic_section *s;

        *vec_add(&p->lines) = line;
        if (arrow == SV_NPOS)
            continue;
        s = vec_add(&p->sections);
        *s = (struct alembic_section){.line = p->lines.n,
                                      .revision = sv_trim(sv_sub(line, arrow + 2, line.n)),
                                      .source = SIZE_MAX,
                                      .job = SIZE_MAX};
        for (size_t i = 0; i < p->sources.n; i++)
            if (sv_eq(p->sources.v[i].revision, s->revision))
                s->source = i;
    }
}

/* The line of the file that has this text; 0: none, or more than one.  *column: of its first byte. */
static size_t alembic_line(struct sv file, struct sv text, size_t *column)
{
    size_t found = 0, n = 0;
    struct sv line;

    while (text.n >= ALEMBIC_TELLING && sv_next_line(&file, &line)) {
        size_t at = sv_find(line, text, 0);

        n++;
        if (at == SV_NPOS)
            continue;
        if (found)
            return 0;
        found = n;
        *column = at + 1;
    }
    return found;
}

/* From where it begins to where it ends, white space as one blank. */
static void alembic_quote(const struct alembic_place *p, const struct lint_finding *f,
                          struct strbuf *ret)
{
    for (size_t l = f->line; l <= f->end_line && l <= p->lines.n; l++) {
        struct sv rest = sv_sub(p->lines.v[l - 1], l == f->line ? f->column - 1 : 0, SIZE_MAX),
                  word;

        while (sv_next_word(&rest, &word)) {
            if (ret->n)
                strbuf_add_byte(ret, ' ');
            if (ret->n + word.n > ALEMBIC_QUOTE) {
                strbuf_add_str(ret, "...");
                return;
            }
            strbuf_add_sv(ret, word);
        }
    }
}

static struct lint_job *alembic_job(struct lint_jobs *jobs, struct alembic_section *s,
                                    const char *path)
{
    if (s->job == SIZE_MAX) {
        s->job = jobs->list.n;
        vec_add(&jobs->list)->path = xstrdup(path);
    }
    return &jobs->list.v[s->job];
}

/* The text of the line without what Alembic puts behind it, and where in the line it begins. */
static struct sv alembic_text(struct sv line)
{
    struct sv text = sv_trim(line);

    return sv_ends(text, SV(";")) ? sv_trim(sv_sub(text, 0, text.n - 1)) : text;
}

static void alembic_settle(const struct alembic_place *p, const struct alembic_section *s,
                           struct lint_job *j, const struct lint_finding *from)
{
    CLEANUP(strbuf_release) struct strbuf quote = STRBUF(0);
    struct lint_finding *f = vec_add(&j->lint.findings);
    struct sv line =
        from->line && from->line <= p->lines.n ? p->lines.v[from->line - 1] : (struct sv){NULL, 0};
    struct sv text = alembic_text(line);
    size_t column = 1, at = 0;

    *f = *from;
    f->lock = arena_sv(&j->lint.arena, from->lock);
    f->rewrite = arena_sv(&j->lint.arena, from->rewrite);
    if (s && s->source != SIZE_MAX)
        at = alembic_line(strbuf_sv(&p->sources.v[s->source].text), text, &column);
    if (at) {
        size_t in = (size_t)(text.p - line.p);
        size_t more = from->column > in + 1 ? from->column - in - 1 : 0;

        f->line = f->end_line = at;
        f->column = f->chars = column + more;
        f->message = arena_sv(&j->lint.arena, from->message);
        return;
    }
    alembic_quote(p, from, &quote);
    f->line = f->end_line = f->column = f->chars = 1;
    f->message =
        s && s->source == SIZE_MAX
            ? arena_fmt(&j->lint.arena, "%.*s: in revision %.*s: %s", SV_FMT(from->message),
                        SV_FMT(s->revision), strbuf_str(&quote))
            : arena_fmt(&j->lint.arena, "%.*s: %s", SV_FMT(from->message), strbuf_str(&quote));
}

/* Jobs of the files come behind all others, in the order of running. */
static enum err_code alembic_spread(struct lint_jobs *jobs, size_t of, struct err *err)
{
    CLEANUP(alembic_place_release) struct alembic_place p = {0};
    struct alembic_section front = {.source = SIZE_MAX, .job = SIZE_MAX};

    if (alembic_sources(&p, jobs->list.v[of].sources, err) != ERR_OK)
        return err->code;
    alembic_sections(&p, sv_from(jobs->list.v[of].printed));
    for (size_t i = 0; i < jobs->list.v[of].lint.findings.n; i++) {
        struct lint_finding f = jobs->list.v[of].lint.findings.v[i];
        struct alembic_section *s = NULL;
        struct lint_job *j;

        for (size_t k = 0; k < p.sections.n && p.sections.v[k].line <= f.line; k++)
            s = &p.sections.v[k];
        j = alembic_job(jobs, s ? s : &front,
                        s && s->source != SIZE_MAX ? p.sources.v[s->source].path
                                                   : jobs->list.v[of].path);
        alembic_settle(&p, s, j, &f);
    }
    for (size_t i = of + 1; i < jobs->list.n; i++)
        lint_sort(&jobs->list.v[i].lint);
    return ERR_OK;
}

static bool alembic_is_file(const struct lint_job *j, void *arg UNUSED)
{
    return !j->printed;
}

enum err_code lint_alembic_place(struct lint_jobs *jobs, struct err *err)
{
    size_t n = jobs->list.n;

    for (size_t i = 0; i < n; i++)
        if (jobs->list.v[i].printed && alembic_spread(jobs, i, err) != ERR_OK)
            return err->code;
    lint_jobs_keep(jobs, alembic_is_file, NULL);
    return ERR_OK;
}
