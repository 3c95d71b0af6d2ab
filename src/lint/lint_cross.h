#pragma once

/*
 * lint_cross: what several documents call by different names: the same service,
 * database, folder, log, health address or migration, and totals that disagree.
 *
 * Names are taken from each document while its runbook is there, and compared when
 * all are read.  Only documents that speak of one system are compared: they share the
 * folder of the application or files of the repository.  Pure.
 */
#include "lint/lint.h"

enum lint_name_kind {
    NAME_FILE, /* a file of the repository: tells which documents belong together */
    NAME_FOLDER,
    NAME_SERVICE,
    NAME_DATABASE,
    NAME_LOG,
    NAME_HEALTH,
    NAME_MIGRATION,
    NAME_TESTS, /* how many tests there are */
    NAME__N
};

struct lint_name {
    enum lint_name_kind kind;
    struct sv key;   /* what it is: "web", "app.log" */
    struct sv value; /* how it is called: "shop-web", "/var/log/shop/app.log" */
    size_t line, column;
    bool ignored; /* a comment silences the rule there */
};
struct lint_names {
    VEC(struct lint_name)
    list; /* the first of each kind, key and value; texts in the lint's arena */
};
/* After lint_run(), before lint_settle(). */
void lint_names_read(struct lint *l, struct lint_names *ret);
void lint_names_release(struct lint_names *n);

struct lint_cross_doc {
    const char *path;
    struct lint *lint;
    const struct lint_names *names;
};
/* Add the findings to each document's lint; the order of lines stays. */
void lint_cross(const struct lint_cross_doc *docs, size_t n);
