#include "migrate/sqlkind.h"

#include <string.h>

#include "base/sv.h"
#include "migrate/sqllex.h"

#define SQLKIND_WORDS 48u /* that are looked at: a DETACH has its word behind two names */

/* Words in order; "*": any others between.  `to_end`: nothing follows. */
static const struct sqlkind_rule {
    const char *words;
    enum db_kind db;
    bool both, to_end;
    enum sqlkind kind;
} sqlkind_rules[] = {
    {"BEGIN", DB_POSTGRES, true, false, SQLKIND_TRANSACTION},
    {"START TRANSACTION", DB_POSTGRES, true, false, SQLKIND_TRANSACTION},
    {"COMMIT", DB_POSTGRES, true, false, SQLKIND_TRANSACTION},
    {"END", DB_POSTGRES, true, false, SQLKIND_TRANSACTION},
    {"ROLLBACK", DB_POSTGRES, true, false, SQLKIND_TRANSACTION},
    {"ABORT", DB_POSTGRES, true, false, SQLKIND_TRANSACTION},
    {"SAVEPOINT", DB_POSTGRES, true, false, SQLKIND_TRANSACTION},
    {"RELEASE", DB_POSTGRES, true, false, SQLKIND_TRANSACTION},
    {"PREPARE TRANSACTION", DB_POSTGRES, false, false, SQLKIND_TRANSACTION},
    {"CREATE INDEX CONCURRENTLY", DB_POSTGRES, false, false, SQLKIND_CREATE_INDEX},
    {"CREATE UNIQUE INDEX CONCURRENTLY", DB_POSTGRES, false, false, SQLKIND_CREATE_INDEX},
    {"DROP INDEX CONCURRENTLY", DB_POSTGRES, false, false, SQLKIND_DROP_INDEX},
    {"REINDEX * CONCURRENTLY", DB_POSTGRES, false, false, SQLKIND_REINDEX},
    {"REINDEX SCHEMA", DB_POSTGRES, false, false, SQLKIND_REPEATABLE},
    {"REINDEX DATABASE", DB_POSTGRES, false, false, SQLKIND_REPEATABLE},
    {"REINDEX SYSTEM", DB_POSTGRES, false, false, SQLKIND_REPEATABLE},
    {"ALTER TABLE * DETACH PARTITION * CONCURRENTLY", DB_POSTGRES, false, true, SQLKIND_DETACH},
    {"ALTER TABLE * DETACH PARTITION * FINALIZE", DB_POSTGRES, false, true, SQLKIND_DETACH},
    {"VACUUM", DB_POSTGRES, true, false, SQLKIND_REPEATABLE},
    {"CLUSTER", DB_POSTGRES, false, true, SQLKIND_REPEATABLE},
    {"ALTER SYSTEM", DB_POSTGRES, false, false, SQLKIND_REPEATABLE},
    {"CREATE DATABASE", DB_POSTGRES, false, false, SQLKIND_CREATE_DATABASE},
    {"DROP DATABASE", DB_POSTGRES, false, false, SQLKIND_DROP_DATABASE},
    {"CREATE TABLESPACE", DB_POSTGRES, false, false, SQLKIND_CREATE_TABLESPACE},
    {"DROP TABLESPACE", DB_POSTGRES, false, false, SQLKIND_DROP_TABLESPACE},
    {"CREATE SUBSCRIPTION", DB_POSTGRES, false, false, SQLKIND_SUBSCRIPTION},
    {"DROP SUBSCRIPTION", DB_POSTGRES, false, false, SQLKIND_SUBSCRIPTION},
    {"CALL", DB_POSTGRES, false, false, SQLKIND_CALL},
    {"PRAGMA USER_VERSION", DB_SQLITE, false, false, SQLKIND_PLAIN},
    {"PRAGMA APPLICATION_ID", DB_SQLITE, false, false, SQLKIND_PLAIN},
    {"PRAGMA", DB_SQLITE, false, false, SQLKIND_REPEATABLE},
};

struct sqlkind_words {
    struct sqllex_token v[SQLKIND_WORDS];
    size_t n;
    bool more; /* there are others */
};

static void sqlkind_read(struct sv stmt, enum db_kind db, struct sqlkind_words *ret)
{
    struct sqllex lex = {.text = stmt, .db = db};
    struct sqllex_token t;

    ret->n = 0;
    while (ret->n < SQLKIND_WORDS && sqllex_next_word(&lex, &t))
        ret->v[ret->n++] = t;
    ret->more = sqllex_next_word(&lex, &t);
}

static size_t sqlkind_find(const struct sqlkind_words *w, size_t from, struct sv word)
{
    while (from < w->n && !(w->v[from].kind == SQLLEX_WORD && sv_eq_nocase(w->v[from].text, word)))
        from++;
    return from;
}

/* Where the words of a rule end in the statement, or 0. */
static size_t sqlkind_match(const struct sqlkind_words *w, const char *words)
{
    struct sv rest = sv_from(words), word;
    size_t at = 0;
    bool gap = false;

    while (sv_next_word(&rest, &word)) {
        size_t found;

        if (sv_is(word, "*")) {
            gap = true;
            continue;
        }
        found = sqlkind_find(w, at, word);
        if (found >= w->n || (found != at && !gap))
            return 0;
        at = found + 1;
        gap = false;
    }
    return at;
}

/* A DO block that ends transactions of its own; the word in its text is enough to be careful. */
static bool sqlkind_is_block_with_commit(struct sv stmt, const struct sqlkind_words *w)
{
    return w->n && sqllex_is(&w->v[0], "DO") && sv_find_nocase(stmt, SV("COMMIT"), 0) != SV_NPOS;
}

enum sqlkind sqlkind_of(struct sv stmt, enum db_kind db)
{
    struct sqlkind_words w;

    sqlkind_read(stmt, db, &w);
    for (size_t i = 0; i < ARRAY_LEN(sqlkind_rules); i++) {
        const struct sqlkind_rule *r = &sqlkind_rules[i];
        size_t end = r->both || r->db == db ? sqlkind_match(&w, r->words) : 0;

        if (end && (!r->to_end || (end == w.n && !w.more)))
            return r->kind;
    }
    return db == DB_POSTGRES && sqlkind_is_block_with_commit(stmt, &w) ? SQLKIND_CALL
                                                                       : SQLKIND_PLAIN;
}

bool sqlkind_needs_none(enum sqlkind k)
{
    return k > SQLKIND_TRANSACTION && k != SQLKIND_CALL;
}

bool sqlkind_is_query(struct sv stmt, enum db_kind db)
{
    static const char *const words[] = {"SELECT", "VALUES", "SHOW", "EXPLAIN", "TABLE"};
    struct sqlkind_words w;

    sqlkind_read(stmt, db, &w);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (w.n && sqllex_is(&w.v[0], words[i]))
            return true;
    return false;
}

bool sqlkind_waits_long(struct sv stmt, enum db_kind db)
{
    static const char *const more[] = {"ALTER TABLE * VALIDATE CONSTRAINT", "VACUUM"};
    static const char full[] = "VACUUM * FULL"; /* it keeps everybody out */
    enum sqlkind k = sqlkind_of(stmt, db);
    struct sqlkind_words w;

    if (k == SQLKIND_CREATE_INDEX || k == SQLKIND_DROP_INDEX || k == SQLKIND_REINDEX ||
        k == SQLKIND_DETACH)
        return true;
    sqlkind_read(stmt, db, &w);
    if (sqlkind_match(&w, full))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        if (sqlkind_match(&w, more[i]))
            return true;
    return false;
}

/* The words before the name, by kind; IF [NOT] EXISTS may follow them. */
static const char *const sqlkind_before_name[][2] = {
    [SQLKIND_CREATE_INDEX] = {"CREATE INDEX CONCURRENTLY", "CREATE UNIQUE INDEX CONCURRENTLY"},
    [SQLKIND_DROP_INDEX] = {"DROP INDEX CONCURRENTLY", NULL},
    [SQLKIND_DETACH] = {"ALTER TABLE * DETACH PARTITION", NULL},
    [SQLKIND_CREATE_DATABASE] = {"CREATE DATABASE", NULL},
    [SQLKIND_DROP_DATABASE] = {"DROP DATABASE", NULL},
    [SQLKIND_CREATE_TABLESPACE] = {"CREATE TABLESPACE", NULL},
    [SQLKIND_DROP_TABLESPACE] = {"DROP TABLESPACE", NULL},
    [SQLKIND__N] = {NULL, NULL},
};

bool sqlkind_object(struct sv stmt, enum sqlkind k, struct sv *ret)
{
    static const char *const skip[] = {"IF", "NOT", "EXISTS"};
    struct sqlkind_words w;
    size_t at = 0, to;

    sqlkind_read(stmt, DB_POSTGRES, &w);
    for (size_t i = 0; i < 2 && !at; i++)
        at = sqlkind_before_name[k][i] ? sqlkind_match(&w, sqlkind_before_name[k][i]) : 0;
    if (!at)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(skip); i++)
        at += at < w.n && sqllex_is(&w.v[at], skip[i]);
    if (at >= w.n || (w.v[at].kind != SQLLEX_WORD && w.v[at].kind != SQLLEX_NAME) ||
        sqllex_is(&w.v[at], "ON"))
        return false;
    to = at;
    while (to + 2 < w.n && w.v[to + 1].kind == SQLLEX_PUNCT && w.v[to + 1].text.p[0] == '.')
        to += 2;
    *ret = sv_sub(stmt, w.v[at].at, w.v[to].at + w.v[to].text.n);
    return true;
}
