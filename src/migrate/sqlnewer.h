#pragma once

/*
 * sqlnewer: syntax of PostgreSQL servers that are newer than the grammar of sqltree.h, by its words.
 */
#include "base/base.h"

struct sqlnewer {
    const char *what;
    int server;               /* that knows it first */
    const char *const *words; /* stand in the statement in this order; NULL-terminated */
    bool close;               /* directly one behind the other */
};

/* The first that stands in the statement, or NULL. */
const struct sqlnewer *sqlnewer_find(struct sv stmt);
