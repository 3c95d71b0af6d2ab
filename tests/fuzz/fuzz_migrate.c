/*
 * Any bytes as a file of migrations in every format: a fault has a place and an id and leaves nothing; what is read
 * lies in order, has statements that the splitter gives again, and is the same when it is kept and read once more.
 */
#include "fuzz.h"

#include <string.h>

#include "base/sv.h"
#include "migrate/order.h"
#include "migrate/sqlkind.h"
#include "migrate/sqllex.h"

static void check_tokens(struct sv text, enum db_kind db)
{
    struct sqllex lex = {.text = text, .db = db};
    struct sqllex_token t;
    size_t at = 0;

    while (sqllex_next(&lex, &t)) {
        MUST(t.at == at && t.text.n > 0 && t.kind < SQLLEX__N);
        MUST(!t.open || t.at + t.text.n == text.n);
        at += t.text.n;
    }
    MUST(at == text.n); /* they cover all of it */
}

static void check_split(struct sv text, enum db_kind db)
{
    struct sqltext t = {.path = SV("x.sql"), .text = text};
    sqlsplit_stmts stmts = {0};
    struct err err = {0};
    size_t at = 0;

    if (sqlsplit(&t, 0, text.n, db, &stmts, &err) != ERR_OK)
        MUST(err.code == ERR_INVALID && strstr(err.msg, "(FMT0"));
    for (size_t i = 0; i < stmts.n; i++) {
        MUST(fuzz_inside(text, stmts.v[i].text) && stmts.v[i].text.n > 0);
        MUST(stmts.v[i].at >= at);
        MUST(stmts.v[i].text.p == text.p + stmts.v[i].at);
        MUST(sqlkind_of(stmts.v[i].text, db) < SQLKIND__N);
        at = stmts.v[i].at + stmts.v[i].text.n;
    }
    vec_release(&stmts);
}

/* Kept in the database and read again, the digest of the parts is the same. */
static void check_stored(const struct migration *m, enum db_kind db)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), before = STRBUF(0), after = STRBUF(0);
    CLEANUP(migrations_release) struct migrations again = {0};
    struct err err = {0};

    if (!sv_is(sv_from(m->format->name), "prusik"))
        return; /* the lexical rules of a statement that was sent whole are not ours */
    migration_write(m, ~0u, &text);
    if (format_read_stored(SV("kept"), strbuf_sv(&text), db, &again, &err) != ERR_OK) {
        fprintf(stderr, "%s\n%s\n", err.msg, strbuf_str(&text));
        abort();
    }
    migration_digest_text(m, &before);
    migration_digest_text(&again.v.v[0], &after);
    MUST(sv_eq(strbuf_sv(&before), strbuf_sv(&after)));
}

static void check_migration(const struct migration *m, enum db_kind db)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        MUST(m->parts[i].kind < MIGRATION__N);
        for (size_t s = 0; s < m->parts[i].n_stmts; s++) {
            MUST(m->parts[i].stmts[s].text.n > 0);
            MUST(m->parts[i].stmts[s].line > 0 && m->parts[i].stmts[s].column > 0);
        }
    }
    MUST(m->p1.n == 67 && m->s1.n == 67);
    check_stored(m, db);
}

/* The first byte says which format and database. */
static void check_format(const struct format *f, struct sv text, enum db_kind db)
{
    static const char *const names[] = {"1_x.sql",    "1_x.up.sql",        "V1__x.sql",
                                        "000001.sql", "1_x/migration.sql", "sqitch.plan",
                                        "x.py"};
    CLEANUP(migrations_release) struct migrations got = {0};
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t before = got.v.n;

        if (format_read(f, sv_from(names[i]), text, db, &got, &err) != ERR_OK) {
            MUST(err.code == ERR_INVALID && err.msg[0]);
            MUST(got.v.n == before);
            continue;
        }
        for (size_t k = before; k < got.v.n; k++)
            check_migration(&got.v.v[k], db);
        if (order_settle(&got, &err) != ERR_OK)
            return;
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv text = {(const char *)data + 1, size ? size - 1 : 0};
    enum db_kind db;

    if (!size)
        return 0;
    db = data[0] & 0x80 ? DB_SQLITE : DB_POSTGRES;
    check_tokens(text, db);
    check_split(text, db);
    check_format(format_table[(data[0] & 0x7f) % n_formats], text, db);
    return 0;
}
