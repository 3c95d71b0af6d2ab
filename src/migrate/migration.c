#include "migrate/migration.h"

#include "base/sv.h"

struct sv migration_attr(const struct migration_part *p, const char *key)
{
    for (size_t i = 0; i < p->n_attrs; i++)
        if (sv_is(p->attrs[i].key, key))
            return p->attrs[i].value;
    return (struct sv){NULL, 0};
}

bool migration_is_backfill(const struct migration_part *p)
{
    return p->kind == MIGRATION_BACKFILL ||
           (p->kind == MIGRATION_DOWN && !p->restore && migration_attr(p, "job").n > 0);
}

struct sv migration_canonical(struct sv digits)
{
    while (digits.n > 1 && digits.p[0] == '0')
        digits = sv_sub(digits, 1, digits.n);
    return digits;
}

static bool migration_is_number(struct sv s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_digit(s.p[i]))
            return false;
    return s.n > 0;
}

static int migration_piece_cmp(struct sv a, struct sv b)
{
    bool number = migration_is_number(a);

    if (number != migration_is_number(b))
        return number ? 1 : -1;
    if (!number)
        return sv_cmp(a, b);
    a = migration_canonical(a);
    b = migration_canonical(b);
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return sv_cmp(a, b);
}

int migration_version_cmp(struct sv a, struct sv b)
{
    struct sv pa, pb;

    for (;;) {
        bool more_a = sv_split(&a, '.', &pa), more_b = sv_split(&b, '.', &pb);
        int c;

        if (!more_a || !more_b)
            return (int)more_a - (int)more_b;
        c = migration_piece_cmp(pa, pb);
        if (c)
            return c;
    }
}

bool migration_is_for(const struct migration *m, enum db_kind db)
{
    for (size_t i = 0; i < m->n_parts; i++)
        if ((m->parts[i].kind == MIGRATION_UP || m->parts[i].kind == MIGRATION_BACKFILL) &&
            (m->parts[i].dbs & MIGRATION_DB(db)))
            return true;
    return false;
}

const char *migration_kind_text(enum migration_kind kind)
{
    static const char *const texts[MIGRATION__N] = {
        [MIGRATION_CHECK] = "check",   [MIGRATION_UP] = "up",     [MIGRATION_BACKFILL] = "backfill",
        [MIGRATION_VERIFY] = "verify", [MIGRATION_DOWN] = "down",
    };

    return texts[kind];
}

/* The lexical rules of a part: SQLite's only where it is for nothing else. */
static enum db_kind migration_part_db(const struct migration_part *p)
{
    return p->dbs == MIGRATION_DB(DB_SQLITE) ? DB_SQLITE : DB_POSTGRES;
}

#define MIGRATION_DIGEST_BYTES 65536

/* The text, which is handed on and thrown away whenever it is long; h: NULL, it is kept. */
static void migration_fold(const struct migration *m, struct strbuf *out, struct hash_state **h)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct migration_part *p = &m->parts[i];
        bool has_tx = p->kind == MIGRATION_UP || p->kind == MIGRATION_DOWN;

        strbuf_addf(out, "@%s part=%.*s tx=%s\n", migration_kind_text(p->kind),
                    SV_FMT(p->name.n ? p->name : SV("-")),
                    !has_tx ? "-"
                    : p->tx ? "yes"
                            : "no");
        for (size_t s = 0; s < p->n_stmts; s++) {
            sqlsplit_fold(p->stmts[s].text, migration_part_db(p), out);
            strbuf_add_byte(out, '\n');
            if (!h || out->n < MIGRATION_DIGEST_BYTES)
                continue;
            if (!*h)
                *h = hash_state_new();
            hash_add(*h, out->p, out->n);
            strbuf_truncate(out, 0);
        }
    }
}

void migration_digest_text(const struct migration *m, struct strbuf *out)
{
    migration_fold(m, out, NULL);
}

struct hash migration_digest(const struct migration *m)
{
    CLEANUP(hash_state_freep) struct hash_state *h = NULL;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    migration_fold(m, &b, &h);
    if (!h)
        return hash_of(strbuf_sv(&b));
    hash_add(h, b.p, b.n);
    return hash_end(h);
}

/* A value as a marker takes it: bare where it can be. */
static void migration_write_value(struct sv value, struct strbuf *out)
{
    bool bare = value.n > 0;

    for (size_t i = 0; i < value.n; i++)
        bare = bare && value.p[i] != '"' && !ascii_is_space(value.p[i]);
    if (bare) {
        strbuf_add_sv(out, value);
        return;
    }
    strbuf_add_byte(out, '"');
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"')
            strbuf_add_byte(out, '\\');
        strbuf_add_byte(out, value.p[i]);
    }
    strbuf_add_byte(out, '"');
}

static void migration_write_marker(const struct migration_part *p, struct strbuf *out)
{
    strbuf_addf(out, "-- prusik:%s", migration_kind_text(p->kind));
    if (p->none || p->restore)
        strbuf_add_str(out, p->none ? " none" : " restore");
    if (p->name.n) {
        strbuf_add_str(out, p->kind == MIGRATION_DOWN ? " of=" : " part=");
        migration_write_value(p->name, out);
    }
    if (!p->tx && (p->kind == MIGRATION_UP || p->kind == MIGRATION_DOWN))
        strbuf_add_str(out, " tx=no");
    if (p->dbs != MIGRATION_DB_ALL)
        strbuf_addf(out, " db=%s", p->dbs == MIGRATION_DB(DB_SQLITE) ? "sqlite" : "postgres");
    for (size_t i = 0; i < p->n_attrs; i++) {
        strbuf_addf(out, " %.*s=", SV_FMT(p->attrs[i].key));
        migration_write_value(p->attrs[i].value, out);
    }
    strbuf_add_byte(out, '\n');
}

void migration_write(const struct migration *m, unsigned kinds, struct strbuf *out)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct migration_part *p = &m->parts[i];

        if (!(kinds & (1u << (unsigned)p->kind)))
            continue;
        migration_write_marker(p, out);
        for (size_t s = 0; s < p->n_stmts; s++) {
            if (p->stmts[s].probe.n)
                strbuf_addf(out, "-- prusik:probe %.*s\n", SV_FMT(p->stmts[s].probe));
            strbuf_add_sv(out, p->stmts[s].text);
            strbuf_add_str(out, "\n;\n"); /* a comment may stand at the end of its last line */
        }
    }
}
