/*
 * What `alembic upgrade --sql` and `alembic downgrade --sql` print: a section for each revision.
 *
 * "-- Running upgrade A -> B" begins what revision B does, "-- Running downgrade B -> A" how it is undone (alembic 1.8,
 * runtime/migration.py).  BEGIN and COMMIT say where its transactions are; statements about Alembic's own table are left
 * out, as prusik keeps its own.
 */
#include "base/sv.h"
#include "migrate/format.h"
#include "migrate/pattern.h"
#include "migrate/sqlkind.h"
#include "migrate/sqllex.h"

#define ALEMBIC_SECTION \
    "^-- Running (upgrade|downgrade) ([^\\n]*?)[ \\t]*->[ \\t]*([^\\n]*?)[ \\t]*$"

struct alembic_section {
    bool there, up;
    size_t at, from;    /* of its line, and of what stands behind it */
    struct sv old, new; /* revisions, with commas between */
};

static struct alembic_section alembic_find(struct sv text, size_t from)
{
    struct regex_match g[4];
    struct alembic_section s = {.there = false};

    if (!pattern_find(ALEMBIC_SECTION, REGEX_MULTI, text, from, g, ARRAY_LEN(g)))
        return s;
    return (struct alembic_section){.there = true,
                                    .up = g[1].to - g[1].from == 7,
                                    .at = g[0].from,
                                    .from = g[0].to,
                                    .old = sv_sub(text, g[2].from, g[2].to),
                                    .new = sv_sub(text, g[3].from, g[3].to)};
}

static bool alembic_is(struct sv text)
{
    return alembic_find(text, 0).there;
}

/* A statement about the table of Alembic itself. */
static bool alembic_is_own(struct sv stmt)
{
    struct sqllex lex = {.text = stmt, .db = DB_POSTGRES};
    struct sqllex_token t;

    for (size_t i = 0; i < 6 && sqllex_next_word(&lex, &t); i++)
        if (sqllex_is(&t, "alembic_version"))
            return true;
    return false;
}

/* "a, b" */
static void alembic_requires(struct migration *m, struct sv list)
{
    struct sv one;

    while (m->n_requires < ARRAY_LEN(m->requires) && sv_split(&list, ',', &one))
        if (sv_trim(one).n)
    m->requires[m->n_requires++] = sv_trim(one);
}

/* Where the statements are: in a transaction, which BEGIN and COMMIT change. */
struct alembic_place {
    bool in_tx, begun; /* begun: the section has a part for it */
};

static void alembic_statement(const struct format_file *f, const struct sqlsplit_stmt *s, bool up,
                              struct alembic_place *p, struct migrations *ret)
{
    if (sqlkind_of(s->text, f->db) == SQLKIND_TRANSACTION) {
        bool in_tx = sv_eq_nocase(sv_sub(s->text, 0, 5), SV("BEGIN"));

        p->begun = p->begun && in_tx == p->in_tx;
        p->in_tx = in_tx;
        return;
    }
    if (alembic_is_own(s->text))
        return;
    if (!p->begun)
        (void)format_add_part(ret, up ? MIGRATION_UP : MIGRATION_DOWN, p->in_tx);
    p->begun = true;
    format_add_stmt(f, s->text, s->at, ret);
}

static enum err_code alembic_text(const struct format_file *f, const struct alembic_section *in,
                                  size_t to, struct alembic_place *p, struct migrations *ret,
                                  struct err *err)
{
    sqlsplit_stmts stmts = {0};
    enum err_code rc = sqlsplit(&f->text, in->from, to, f->db, &stmts, err);

    for (size_t i = 0; rc == ERR_OK && i < stmts.n; i++)
        alembic_statement(f, &stmts.v[i], in->up, p, ret);
    vec_release(&stmts);
    return rc;
}

/* Before the first section: Alembic's own table, and where the transaction begins. */
static enum err_code alembic_front(const struct format_file *f, size_t to, struct alembic_place *p,
                                   struct err *err)
{
    sqlsplit_stmts stmts = {0};
    enum err_code rc = sqlsplit(&f->text, 0, to, f->db, &stmts, err);

    for (size_t i = 0; rc == ERR_OK && i < stmts.n; i++)
        if (sqlkind_of(stmts.v[i].text, f->db) == SQLKIND_TRANSACTION)
            p->in_tx = sv_eq_nocase(sv_sub(stmts.v[i].text, 0, 5), SV("BEGIN"));
        else if (!alembic_is_own(stmts.v[i].text))
            rc = sqltext_fail(err, &f->text, stmts.v[i].at, "FMT002",
                              "statement before \"-- Running upgrade\"");
    vec_release(&stmts);
    return rc;
}

static enum err_code alembic_section(const struct format_file *f, const struct alembic_section *s,
                                     size_t to, struct alembic_place *p, struct migrations *ret,
                                     struct err *err)
{
    struct sv version = s->up ? s->new : s->old;
    struct migration *m;

    if (!version.n || sv_find_byte(version, ',', 0) != SV_NPOS)
        return sqltext_fail(err, &f->text, s->at, "FMT003",
                            "which revision it is, it does not say");
    m = format_add(&format_alembic_sql, f, ret);
    m->version = version;
    m->name = version;
    m->has_down = !s->up;
    if (s->up)
        alembic_requires(m, s->old);
    p->begun = false;
    return alembic_text(f, s, to, p, ret, err);
}

static enum err_code alembic_sql_read(const struct format_file *f, struct migrations *ret,
                                      struct err *err)
{
    struct alembic_section s = alembic_find(f->text.text, 0);
    struct alembic_place p = {.in_tx = false};

    if (!s.there)
        return sqltext_fail(err, &f->text, 0, "FMT001", "no \"-- Running upgrade A -> B\"");
    if (alembic_front(f, s.at, &p, err) != ERR_OK)
        return err->code;
    while (s.there) {
        struct alembic_section next = alembic_find(f->text.text, s.from);

        if (alembic_section(f, &s, next.there ? next.at : f->text.text.n, &p, ret, err) != ERR_OK)
            return err->code;
        s = next;
    }
    return ERR_OK;
}

static const struct format_rule alembic_sql_rules[] = {
    {.pattern = "^(.+)\\.sql$", .name = 1},
    {.pattern = NULL},
};

const struct format format_alembic_sql = {
    .name = "alembic-sql",
    .files = "NAME.sql (alembic upgrade --sql)",
    .rules = alembic_sql_rules,
    .runs = true,
    .planned = true,
    .is = alembic_is,
    .read = alembic_sql_read,
};
