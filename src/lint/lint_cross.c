#include "lint/lint_cross.h"

#include <stdlib.h>

#include "base/sv.h"
#include "lint/lint_util.h"

#define CROSS_NAMES 2000u /* of one document: beyond it nobody compares by hand either */

static const char *const cross_words[NAME__N] = {[NAME_FILE] = "file",
                                                 [NAME_FOLDER] = "folder",
                                                 [NAME_SERVICE] = "service",
                                                 [NAME_DATABASE] = "database",
                                                 [NAME_LOG] = "log",
                                                 [NAME_HEALTH] = "health address",
                                                 [NAME_MIGRATION] = "migration",
                                                 [NAME_TESTS] = "number of tests"};

static const char *cross_rule(enum lint_name_kind kind)
{
    return kind == NAME_TESTS ? "RB511" : "RB510";
}

/* --- taking names --- */

static void cross_put(struct lint *l, struct lint_names *ret, enum lint_name_kind kind,
                      struct sv key, struct sv value, size_t line)
{
    struct lint_name *n;
    struct sv raw = document_line(l->rb->doc, line);
    size_t at = sv_find(raw, value, 0);

    for (size_t i = 0; i < ret->list.n; i++)
        if (ret->list.v[i].kind == kind && sv_eq(ret->list.v[i].key, key) &&
            sv_eq(ret->list.v[i].value, value))
            return;
    if (!key.n || !value.n || ret->list.n >= CROSS_NAMES)
        return;
    n = vec_add(&ret->list);
    *n = (struct lint_name){.kind = kind,
                            .key = arena_sv(&l->arena, key),
                            .value = arena_sv(&l->arena, value),
                            .line = line,
                            .column = at == SV_NPOS ? 1 : at + 1,
                            .ignored = lint_is_ignored(l, line, cross_rule(kind))};
}

/* What stands behind the last `c`. */
static struct sv cross_after(struct sv s, char c)
{
    while (sv_find_byte(s, c, 0) != SV_NPOS)
        s = sv_sub(s, sv_find_byte(s, c, 0) + 1, s.n);
    return s;
}

static void cross_service(struct lint *l, struct lint_names *ret, const struct lint_cmd *c)
{
    struct sv unit = c->unit, tail;

    if (sv_eq(c->program, SV("systemctl")) && !unit.n && c->run.n_words >= 3)
        unit = lint_word_text(&c->run.words[2]);
    while (unit.n && (ascii_is_digit(unit.p[unit.n - 1]) || unit.p[unit.n - 1] == '*' ||
                      unit.p[unit.n - 1] == '-'))
        unit.n--;
    tail = cross_after(unit, '-');
    if (tail.n >= 3 && tail.n < unit.n)
        cross_put(l, ret, NAME_SERVICE, tail, unit, c->line);
}

static void cross_database(struct lint *l, struct lint_names *ret, const struct lint_cmd *c)
{
    static const struct sv tails[] = {SV("prod"), SV("production"), SV("staging")};
    struct sv name = lint_option(c, "-d"), tail;

    if (!name.n && c->run.n_words > 1 && !sv_starts(c->run.words[1].raw, SV("-")))
        name = lint_word_text(&c->run.words[1]);
    tail = cross_after(name, '_');
    for (size_t i = 0; i < ARRAY_LEN(tails); i++)
        if (sv_eq(tail, tails[i]) && tail.n < name.n)
            cross_put(l, ret, NAME_DATABASE, i == 2 ? tail : tails[0], name, c->line);
}

/* "/api/health" of http://localhost:5001/api/health */
static void cross_health(struct lint *l, struct lint_names *ret, const struct lint_cmd *c)
{
    const struct shell_word *url = lint_word_with(c, "http");
    struct sv text = url ? lint_word_text(url) : (struct sv){NULL, 0};
    size_t from = sv_find(text, SV("://"), 0);

    from = from == SV_NPOS ? SV_NPOS : sv_find_byte(text, '/', from + 3);
    if (from != SV_NPOS && sv_ends(text, SV("/health")))
        cross_put(l, ret, NAME_HEALTH, SV("health"), sv_sub(text, from, text.n), c->line);
}

static void cross_command(struct lint *l, struct lint_names *ret, const struct lint_cmd *c)
{
    for (size_t i = 1; i < c->run.n_words; i++) {
        struct sv w = lint_word_text(&c->run.words[i]), base = cross_after(w, '/');

        if (sv_ends(w, SV(".log")) && base.n < w.n && (c->block || sv_starts(w, SV("/"))))
            cross_put(l, ret, NAME_LOG, base, w, c->line);
        if (sv_eq(c->program, SV("cd")) && base.n < w.n && base.n >= 6)
            cross_put(l, ret, NAME_FOLDER, sv_sub(base, 0, sv_find_byte(base, ' ', 0)), w, c->line);
    }
    if ((c->acts & (ACT_START | ACT_STOP | ACT_RESTART)) || lint_runs(c, "systemctl status"))
        cross_service(l, ret, c);
    if ((c->acts & ACT_BACKUP) || (c->acts & ACT_SQL_CLIENT))
        cross_database(l, ret, c);
    if (c->acts & ACT_REQUEST)
        cross_health(l, ret, c);
}

/* "20250215_deal_type_constraints.py", "004_add_deal_type_constraint.py": the words without number. */
static struct sv cross_migration_key(struct sv base)
{
    base = sv_sub(base, 0, sv_find_byte(base, '.', 0));
    while (base.n && (ascii_is_digit(*base.p) || *base.p == '_'))
        base = sv_sub(base, 1, base.n);
    sv_eat(&base, SV("add_"));
    sv_eat(&base, SV("create_"));
    return base.n && base.p[base.n - 1] == 's' ? sv_sub(base, 0, base.n - 1) : base;
}

static bool cross_is_path(char c)
{
    return ascii_is_word(c) || c == '/' || c == '.' || c == '-';
}

static void cross_path(struct lint *l, struct lint_names *ret, struct sv path, size_t line)
{
    static const struct sv ends[] = {SV(".py"), SV(".js"), SV(".ts"), SV(".sql"), SV(".rb")};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(path, ends[i]) && sv_find_byte(path, '/', 0) != SV_NPOS)
            cross_put(l, ret, NAME_FILE, path, path, line);
    if (sv_has(path, SV("versions/")) || sv_has(path, SV("migrations/")))
        cross_put(l, ret, NAME_MIGRATION, cross_migration_key(cross_after(path, '/')),
                  cross_after(path, '/'), line);
}

/* "All 572 tests pass", "Full test suite passing (821+ tests)" */
static void cross_tests(struct lint *l, struct lint_names *ret, struct sv line, size_t n)
{
    static const char *const wholes[] = {"all", "full", "existing", "total"};
    size_t at = sv_find_nocase(line, SV(" tests"), 0), from = at, to;

    if (at == SV_NPOS || !LINT_SAYS_ANY(line, wholes))
        return;
    if (from > 9 && sv_eq_nocase(sv_sub(line, from - 9, from), SV(" existing")))
        from -= 9;
    while (from > 0 && line.p[from - 1] == '+')
        from--;
    to = from;
    while (from > 0 && ascii_is_digit(line.p[from - 1]))
        from--;
    if (to - from >= 2)
        cross_put(l, ret, NAME_TESTS, SV("tests"), sv_sub(line, from, to), n);
}

void lint_names_read(struct lint *l, struct lint_names *ret)
{
    LINT_EACH_CMD (l, c)
        cross_command(l, ret, c);
    for (size_t n = 1; n <= l->rb->doc->n_lines; n++) {
        struct sv line = document_line(l->rb->doc, n);

        for (size_t i = 0, from = 0; i <= line.n; i++)
            if (i == line.n || !cross_is_path(line.p[i])) {
                if (i > from + 6)
                    cross_path(l, ret, sv_sub(line, from, i), n);
                from = i + 1;
            }
    }
    for (size_t n = 0; lint_next_line_with(l, SV(" tests"), &n);)
        cross_tests(l, ret, document_line(l->rb->doc, n), n);
}

void lint_names_release(struct lint_names *n)
{
    vec_release(&n->list);
}

/* --- comparing --- */

static const struct lint_name *cross_find(const struct lint_names *names,
                                          const struct lint_name *like)
{
    for (size_t i = 0; i < names->list.n; i++)
        if (names->list.v[i].kind == like->kind && sv_eq(names->list.v[i].key, like->key))
            return &names->list.v[i];
    return NULL;
}

static bool cross_has(const struct lint_names *names, const struct lint_name *like)
{
    for (size_t i = 0; i < names->list.n; i++)
        if (names->list.v[i].kind == like->kind && sv_eq(names->list.v[i].key, like->key) &&
            sv_eq(names->list.v[i].value, like->value))
            return true;
    return false;
}

/* Do both speak of one system: a folder of the application, or two files of the repository? */
static bool cross_related(const struct lint_names *a, const struct lint_names *b)
{
    size_t files = 0;

    for (size_t i = 0; i < a->list.n; i++) {
        const struct lint_name *n = &a->list.v[i];

        if ((n->kind == NAME_FOLDER || n->kind == NAME_FILE) && cross_find(b, n))
            files += n->kind == NAME_FOLDER ? 2 : 1;
    }
    return files >= 2;
}

static void cross_tell(const struct lint_cross_doc *doc, const struct lint_name *n,
                       const struct lint_cross_doc *other, const struct lint_name *m)
{
    const struct lint_rule *rule = lint_find_rule(sv_from(cross_rule(n->kind)));
    struct lint_finding *f;

    for (size_t i = 0; i < doc->lint->findings.n; i++)
        if (doc->lint->findings.v[i].id == rule->id && doc->lint->findings.v[i].line == n->line)
            return; /* one other document is enough */
    if (n->ignored)
        return;
    f = vec_add(&doc->lint->findings);
    f->id = rule->id;
    f->severity = rule->severity;
    f->line = f->end_line = n->line;
    f->column = f->chars = n->column;
    f->message = arena_fmt(&doc->lint->arena, "%s %.*s, and %.*s in %s:%zu", cross_words[n->kind],
                           SV_FMT(n->value), SV_FMT(m->value), other->path, m->line);
    f->hint = sv_from(rule->mend);
}

static void cross_pair(const struct lint_cross_doc *a, const struct lint_cross_doc *b)
{
    for (size_t i = 0; i < a->names->list.n; i++) {
        const struct lint_name *n = &a->names->list.v[i];
        const struct lint_name *m = n->kind == NAME_FILE ? NULL : cross_find(b->names, n);

        if (m && !cross_has(b->names, n) && !cross_has(a->names, m))
            cross_tell(a, n, b, m);
    }
}

#define CROSS_DOCS 64u /* more are not compared pair by pair: a folder of runbooks has 20 */

void lint_cross(const struct lint_cross_doc *docs, size_t n)
{
    for (size_t i = 0; i < n && n <= CROSS_DOCS; i++)
        for (size_t k = 0; k < n; k++)
            if (i != k && cross_related(docs[i].names, docs[k].names))
                cross_pair(&docs[i], &docs[k]);
    for (size_t i = 0; i < n; i++)
        lint_sort(docs[i].lint);
}
