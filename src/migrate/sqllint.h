#pragma once

/*
 * sqllint: what would go wrong in a file of migrations, before it does.
 *
 * PostgreSQL: statements are parsed by its own grammar (sqltree.h); SQLite: they are run on a scratch database
 * (sqlscratch.h).  Rules are rows of sqllint_rules.inc, with ids that never change: PG0xx locks, RUN0xx how the file runs,
 * RUN1xx programs that run meanwhile, DATA0xx rows, SQL0xx SQLite.  A table that the file itself
 * makes has no finding about locks and programs.  `-- prusik:ignore ID reason="..."` above a statement silences a
 * rule there; without a reason the finding stays as a note.  What cannot be parsed is a finding (RUN015, RUN014), never left
 * out.
 */
#include "base/vec.h"
#include "migrate/format.h"

struct sqlscratch;
struct sqlcatalog;

enum sqllint_severity { SQLLINT_NOTE, SQLLINT_WARNING, SQLLINT_ERROR };

enum sqllint_id {
#define SQLLINT_RULE(id, severity, lock, title, why, mend) SQLLINT_##id,
#include "migrate/sqllint_rules.inc"
#undef SQLLINT_RULE
    SQLLINT__N,
};

struct sqllint_rule {
    const char *id; /* "PG001" */
    enum sqllint_severity severity;
    const char *lock; /* "ACCESS EXCLUSIVE"; "": none of note */
    const char *title, *why, *mend;
};
extern const struct sqllint_rule sqllint_rules[SQLLINT__N];

/* Can what a statement did be undone? */
enum sqllint_grade {
    SQLLINT_A, /* its exact inverse is known */
    SQLLINT_B, /* when definition or old values were kept first */
    SQLLINT_C, /* one way, and nothing is lost */
    SQLLINT_D, /* it destroys data */
};

struct sqllint_finding {
    const struct sqllint_rule *rule;
    enum sqllint_severity severity;
    enum sqllint_grade grade;      /* of its statement */
    size_t line, end_line, column; /* from 1; in bytes */
    struct sv message;
    struct sv
        rewrite; /* SQL of the safe form, may have several lines; or empty: rule->mend says it */
};

/* Who runs the file. */
enum sqllint_for {
    SQLLINT_FOR_FILE, /* prusik, when it has prusik's markers or is a tool's that prusik runs; else plain */
    SQLLINT_FOR_PRUSIK, /* each part is a transaction, with a lock_timeout */
    SQLLINT_FOR_PLAIN,  /* psql or a program: BEGIN and COMMIT in the text count */
};

struct sqllint {
    struct arena arena;
    VEC(struct sqllint_finding) findings; /* by line, then id */
    enum sqllint_grade grade;             /* the worst of what is applied */
    size_t n_statements;
};

struct sqllint_ask {
    enum db_kind
        db; /* whose files these are; a part that is for SQLite alone is SQLite's in any case */
    enum sqllint_for who;
    int server; /* the PostgreSQL that runs them: 16; 0: not known */
    /* What a PostgreSQL server says; NULL: none is asked.  Files come one after another. */
    struct sqlcatalog *catalog;
    /* What is there when the file runs, for parts for SQLite; NULL: nothing is known.  Afterwards it has what the file does. */
    struct sqlscratch *scratch;
};

/* A file; `path` tells the tool it belongs to.  Bytes that are no text are a finding, too. */
void sqllint_file(struct sv path, struct sv bytes, const struct sqllint_ask *ask,
                  struct sqllint *ret);
/* SQL of a document: lines count from first_line. */
void sqllint_text(struct sv text, size_t first_line, enum db_kind db, struct sqllint *ret);
void sqllint_release(struct sqllint *l);
