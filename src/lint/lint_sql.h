#pragma once

/*
 * lint_sql: what the linter of migrations (migrate/sqllint.h) finds, as findings of the lint.
 *
 * Its rules are rows of lint_rules, without a check of their own.  In a runbook the SQL blocks and what psql is given
 * with -c are looked at, for what locks or fails; in a document that speaks of SQLite and not of PostgreSQL, and where
 * sqlite3 is given SQL, for what SQLite refuses.  Not when the document speaks of a third database.
 */
#include "lint/lint.h"
#include "migrate/sqllint.h"

#define SQLLINT_RULE(id, severity, lock, title, why, mend) \
    extern const struct lint_rule lint_sql_##id;
#include "migrate/sqllint_rules.inc"
#undef SQLLINT_RULE

/* The SQL of the runbook. */
void lint_sql_document(struct lint *l);
/* A file of migrations; ret->rb stays NULL. */
void lint_sql_file(struct sv path, struct sv bytes, const struct sqllint_ask *ask,
                   struct lint *ret);
