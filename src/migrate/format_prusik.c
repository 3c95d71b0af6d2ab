#include "base/sv.h"
#include "migrate/format.h"
#include "migrate/marker.h"
#include "migrate/ops.h"
#include "migrate/sqlkind.h"
#include "migrate/sqllex.h"

struct prusik_probe {
    struct sv query;
    size_t line;
};

/* The file that is being read. */
struct prusik_reader {
    const struct format_file *file;
    struct migrations *ret;
    size_t from;  /* of the text that belongs to the last part, or to none */
    bool in_part; /* a part has begun */
    bool whole_down, part_down;
    VEC(struct prusik_probe) probes; /* of this part */
};

static const struct sqltext *prusik_text(const struct prusik_reader *r)
{
    return &r->file->text;
}

static struct migration_part *prusik_part(const struct prusik_reader *r)
{
    const struct migration *m = vec_last(&r->ret->v);

    return &m->parts[m->n_parts - 1];
}

/* --- a part is complete --- */

static enum err_code prusik_check_backfill(const struct prusik_reader *r,
                                           const struct migration_part *p, size_t at,
                                           struct err *err)
{
    static const char *const keys[] = {"job", "table", "key"};
    bool ok = p->n_stmts == 1 && sv_starts_nocase(p->stmts[0].text, SV("UPDATE")) &&
              !sv_has_word(p->stmts[0].text, SV("RETURNING")) &&
              !sv_has_word(p->stmts[0].text, SV("returning"));

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        ok = ok && migration_attr(p, keys[i]).n > 0;
    if (ok)
        return ERR_OK;
    return sqltext_fail(err, prusik_text(r), at, "FMT016",
                        "backfill needs one UPDATE without RETURNING, and job=, table=, key=");
}

static void prusik_settle_probes(struct prusik_reader *r)
{
    struct migration_part *p = prusik_part(r);

    for (size_t i = 0; i < r->probes.n; i++)
        for (size_t s = 0; s < p->n_stmts; s++)
            if (p->stmts[s].line > r->probes.v[i].line) {
                p->stmts[s].probe = r->probes.v[i].query;
                break;
            }
    r->probes.n = 0;
}

/* The line of the marker of the last part is where faults of the whole part are told. */
static size_t prusik_part_at(const struct prusik_reader *r)
{
    size_t at = r->from;

    while (at > 1 && prusik_text(r)->text.p[at - 2] != '\n')
        at--;
    return at - (at > 0);
}

static enum err_code prusik_end_part(struct prusik_reader *r, size_t to, struct err *err)
{
    struct migration_part *p;

    if (format_add_text(r->file, r->from, to, r->ret, err) != ERR_OK)
        return err->code;
    prusik_settle_probes(r);
    p = prusik_part(r);
    if (migration_is_backfill(p))
        return prusik_check_backfill(r, p, prusik_part_at(r), err);
    if (p->none || p->restore)
        return p->n_stmts == 0 ? ERR_OK
                               : sqltext_fail(err, prusik_text(r), prusik_part_at(r), "FMT002",
                                              "statement behind \"down none\" or \"down restore\"");
    if (migration_attr(p, "from").n) /* its text is asked for when its time comes */
        return ERR_OK;
    if (p->n_stmts == 0)
        return sqltext_fail(err, prusik_text(r), prusik_part_at(r), "FMT013",
                            "%s part%s%.*s%s has no statement", migration_kind_text(p->kind),
                            p->name.n ? " \"" : "", SV_FMT(p->name), p->name.n ? "\"" : "");
    if (p->n_stmts > 1 && (p->kind == MIGRATION_CHECK || p->kind == MIGRATION_VERIFY))
        return sqltext_fail(err, prusik_text(r), prusik_part_at(r), "FMT013",
                            "%s takes one query, and has %zu statements",
                            migration_kind_text(p->kind), p->n_stmts);
    return ERR_OK;
}

static enum err_code prusik_end_text(struct prusik_reader *r, size_t to, struct err *err)
{
    sqlsplit_stmts stmts = {0};
    enum err_code rc;

    if (r->in_part)
        return prusik_end_part(r, to, err);
    rc = sqlsplit(prusik_text(r), r->from, to, DB_POSTGRES, &stmts, err);
    if (rc == ERR_OK && stmts.n) {
        struct sv first = stmts.v[0].text;

        (void)sv_next_line(&first, &first);
        rc = sqltext_fail(err, prusik_text(r), stmts.v[0].at, "FMT002",
                          "statement before the first marker: \"%.*s\"",
                          SV_FMT(sv_sub(first, 0, 40)));
    }
    vec_release(&stmts);
    return rc;
}

/* --- markers --- */

static void prusik_attrs(struct prusik_reader *r, const struct marker *m, struct migration_part *p)
{
    static const char *const own[] = {"part", "of", "tx", "db"};

    p->attrs = ARENA_NEWN(&r->ret->arena, struct migration_attr, m->n_attrs + 1);
    for (size_t i = 0; i < m->n_attrs; i++) {
        bool is_own = false;

        for (size_t k = 0; k < ARRAY_LEN(own); k++)
            is_own = is_own || sv_is(m->attrs[i].key, own[k]);
        if (!is_own)
            p->attrs[p->n_attrs++] = m->attrs[i];
    }
}

static void prusik_header(struct prusik_reader *r, const struct marker *mark)
{
    struct migration *m = vec_last(&r->ret->v);
    struct sv list = marker_attr(mark, "requires"), one;

    m->header = arena_memdup(&r->ret->arena, mark->attrs, sizeof(mark->attrs));
    m->n_header = mark->n_attrs;
    m->title = marker_attr(mark, "title");
    while (list.n && sv_split(&list, ',', &one) && m->n_requires < ARRAY_LEN(m->requires))
    m->requires[m->n_requires++] = one;
}

static enum err_code prusik_name_part(struct prusik_reader *r, struct migration_part *p,
                                      const struct marker *m, struct err *err)
{
    const struct migration *mig = vec_last(&r->ret->v);
    struct sv name = marker_attr(m, "part");

    if (name.n)
        p->name = name;
    for (size_t i = 0; i + 1 < mig->n_parts; i++)
        if (mig->parts[i].kind != MIGRATION_DOWN && sv_eq(mig->parts[i].name, p->name))
            return sqltext_fail(err, prusik_text(r), m->at, "FMT007",
                                "part \"%.*s\" twice (line %zu, line %zu)", SV_FMT(p->name),
                                mig->parts[i].line, p->line);
    return ERR_OK;
}

static enum err_code prusik_begin_part(struct prusik_reader *r, const struct marker *m,
                                       enum migration_kind kind, struct err *err)
{
    struct migration_part *p = format_add_part(r->ret, kind, !sv_is(marker_attr(m, "tx"), "no"));
    struct sv dbs = marker_attr(m, "db");

    if (dbs.p)
        p->dbs = marker_dbs(dbs);
    p->none = m->none;
    p->restore = m->restore;
    p->line = sqltext_line(prusik_text(r), m->at);
    prusik_attrs(r, m, p);
    r->in_part = true;
    if (kind == MIGRATION_UP || kind == MIGRATION_BACKFILL)
        return prusik_name_part(r, p, m, err);
    if (kind == MIGRATION_DOWN)
        p->name = marker_attr(m, "of");
    return ERR_OK;
}

static enum err_code prusik_marker(struct prusik_reader *r, const struct marker *m, size_t end,
                                   struct err *err)
{
    static const enum migration_kind kinds[MARKER__N] = {
        [MARKER_MIGRATION] = MIGRATION__N,  [MARKER_CHECK] = MIGRATION_CHECK,
        [MARKER_UP] = MIGRATION_UP,         [MARKER_BACKFILL] = MIGRATION_BACKFILL,
        [MARKER_VERIFY] = MIGRATION_VERIFY, [MARKER_DOWN] = MIGRATION_DOWN,
        [MARKER_IGNORE] = MIGRATION__N,     [MARKER_PROBE] = MIGRATION__N,
    };

    if (m->word == MARKER_IGNORE)
        return ERR_OK;
    if (m->word == MARKER_PROBE) {
        *vec_add(&r->probes) =
            (struct prusik_probe){.query = m->rest, .line = sqltext_line(prusik_text(r), m->at)};
        return ERR_OK;
    }
    if (prusik_end_text(r, m->at, err) != ERR_OK)
        return err->code;
    r->from = end;
    if (m->word == MARKER_MIGRATION) {
        if (r->in_part)
            return sqltext_fail(err, prusik_text(r), m->at, "FMT003",
                                "prusik:migration stands behind a part");
        prusik_header(r, m);
        return ERR_OK;
    }
    return prusik_begin_part(r, m, kinds[m->word], err);
}

/* A marker of another tool on a line of its own: who reads it means something else. */
static enum err_code prusik_foreign(const struct prusik_reader *r, const struct sqllex_token *t,
                                    struct err *err)
{
    static const struct {
        struct sv mark;
        const char *format;
    } marks[] = {{SV("migrate:up"), "dbmate"},
                 {SV("migrate:down"), "dbmate"},
                 {SV("+goose "), "goose"},
                 {SV("liquibase formatted sql"), "liquibase"}};
    struct sv s = sv_trim(sv_sub(t->text, 2, t->text.n));

    if (t->at > 0 && prusik_text(r)->text.p[t->at - 1] != '\n')
        return ERR_OK;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (sv_starts(s, marks[i].mark))
            return sqltext_fail(err, prusik_text(r), t->at, "FMT008",
                                "two formats in one file: prusik and, from here on, %s",
                                marks[i].format);
    return ERR_OK;
}

static enum err_code prusik_token(struct prusik_reader *r, const struct sqllex_token *t,
                                  struct err *err)
{
    const struct sqltext *text = prusik_text(r);
    struct marker m;

    if (t->kind == SQLLEX_PUNCT && t->text.p[0] == '$' && t->at + 1 < text->text.n &&
        text->text.p[t->at + 1] == '{') {
        size_t end = size_min(sv_find_byte(text->text, '}', t->at), text->text.n - 1);

        return sqltext_fail(err, text, t->at, "FMT015", "placeholder \"%.*s\" is not bound",
                            SV_FMT(sv_sub(text->text, t->at, end + 1)));
    }
    if (t->kind != SQLLEX_LINE_COMMENT)
        return ERR_OK;
    if (!marker_is(text, t->at, t->text))
        return prusik_foreign(r, t, err);
    if (marker_read(text, t->at, t->text, &r->ret->arena, &m, err) != ERR_OK)
        return err->code;
    return prusik_marker(r, &m, t->at + t->text.n, err);
}

/* --- the whole --- */

static enum err_code prusik_check_down(const struct prusik_reader *r,
                                       const struct migration_part *down, const struct migration *m,
                                       struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF(0);

    for (size_t i = 0; i < m->n_parts; i++) {
        const struct migration_part *p = &m->parts[i];

        if (p->kind != MIGRATION_UP && p->kind != MIGRATION_BACKFILL)
            continue;
        if (sv_eq(p->name, down->name))
            return ERR_OK;
        strbuf_addf(&names, "%s%.*s", names.n ? ", " : "", SV_FMT(p->name));
    }
    return err_set(err, ERR_INVALID,
                   "%.*s:%zu:1: down of \"%.*s\": no such part (parts: %s) "
                   "(FMT006)",
                   SV_FMT(prusik_text(r)->path), down->line, SV_FMT(down->name),
                   strbuf_str(&names));
}

static enum err_code prusik_check(const struct prusik_reader *r, struct err *err)
{
    const struct migration *m = vec_last(&r->ret->v);
    bool up = false, whole = false, of = false;

    for (size_t i = 0; i < m->n_parts; i++) {
        const struct migration_part *p = &m->parts[i];

        up = up || p->kind == MIGRATION_UP || p->kind == MIGRATION_BACKFILL;
        if (p->kind != MIGRATION_DOWN)
            continue;
        whole = whole || p->name.n == 0;
        of = of || p->name.n > 0;
        if (!r->file->stored && p->name.n && prusik_check_down(r, p, m, err) != ERR_OK)
            return err->code;
    }
    if (!up && !r->file->stored)
        return sqltext_fail(err, prusik_text(r), 0, "FMT001",
                            "no up part; a migration needs \"-- prusik:up\"");
    if (whole && of)
        return sqltext_fail(err, prusik_text(r), 0, "FMT006",
                            "downs with of= and one without: does it undo all, or the rest?");
    return ERR_OK;
}

static enum err_code prusik_read_sql(const struct format_file *f, struct migrations *ret,
                                     struct err *err)
{
    struct format_file file = *f;
    struct prusik_reader r = {.file = &file, .ret = ret};
    struct sqllex lex = {.text = f->text.text, .db = DB_POSTGRES};
    struct sqllex_token t;
    enum err_code rc = ERR_OK;

    file.db = DB_POSTGRES;
    (void)format_add(&format_prusik, f, ret);
    while (rc == ERR_OK && sqllex_next(&lex, &t)) {
        rc = prusik_token(&r, &t, err);
        if (rc == ERR_OK && r.in_part)
            lex.db = file.db =
                prusik_part(&r)->dbs == MIGRATION_DB(DB_SQLITE) ? DB_SQLITE : DB_POSTGRES;
    }
    if (rc == ERR_OK)
        rc = prusik_end_text(&r, f->text.text.n, err);
    vec_release(&r.probes);
    return rc == ERR_OK ? prusik_check(&r, err) : rc;
}

/* A file of operations is read as what it stands for; places are those of the operations. */
static enum err_code prusik_read_yaml(const struct format_file *f, struct migrations *ret,
                                      struct err *err)
{
    struct format_file file = *f;
    struct migration *m;
    struct ops_text ops;
    enum err_code rc = ops_write(f->text.path, f->text.text, &ops, err);

    if (rc != ERR_OK)
        return rc;
    file.text.text = arena_sv(&ret->arena, strbuf_sv(&ops.sql));
    rc = prusik_read_sql(&file, ret, err);
    if (rc == ERR_OK) {
        m = vec_last(&ret->v);
        for (size_t i = 0; i < m->n_parts; i++) {
            m->parts[i].line = ops_line(&ops, m->parts[i].line);
            for (size_t s = 0; s < m->parts[i].n_stmts; s++) {
                m->parts[i].stmts[s].line = ops_line(&ops, m->parts[i].stmts[s].line);
                m->parts[i].stmts[s].column = 1;
            }
        }
    } else {
        (void)err_wrap(err, "in the SQL of the operations");
    }
    ops_text_release(&ops);
    return rc;
}

static enum err_code prusik_read(const struct format_file *f, struct migrations *ret,
                                 struct err *err)
{
    return sv_ends(f->text.path, SV(".sql")) || f->stored ? prusik_read_sql(f, ret, err)
                                                          : prusik_read_yaml(f, ret, err);
}

static bool prusik_is(struct sv text)
{
    struct sqltext t = {.text = text};
    struct sv rest = text, line;

    while (sv_next_line(&rest, &line)) {
        struct sv comment = sv_trim_left(line);

        if (sv_starts(line, SV("prusik:"))) /* operations */
            return true;
        if (sv_starts(comment, SV("--")) && marker_is(&t, (size_t)(comment.p - text.p), comment))
            return true;
    }
    return false;
}

/* A name that a file of prusik can have. */
#define PRUSIK_NAME "([A-Za-z0-9][A-Za-z0-9_.-]*)"

static const struct format_rule prusik_rules[] = {
    {.pattern = "^([0-9]{1,18})_" PRUSIK_NAME "\\.sql$", .version = 1, .name = 2},
    {.pattern = "^([0-9]{1,18})[-_]" PRUSIK_NAME "\\.ya?ml$", .version = 1, .name = 2},
    {.pattern = "^R_" PRUSIK_NAME "\\.sql$", .name = 1, .repeatable = true},
    {.pattern = NULL},
};

const struct format format_prusik = {
    .name = "prusik",
    .files = "20260101000000_name.sql",
    .rules = prusik_rules,
    .runs = true,
    .whole = true,
    .is = prusik_is,
    .read = prusik_read,
};
