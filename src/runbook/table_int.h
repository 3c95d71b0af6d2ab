#pragma once

/*
 * table_int: what the files of table share.
 */
#include "runbook/reader_int.h"

enum { TABLE_COLUMNS = 16 };

struct table_row {
    size_t line;
    struct sv cells[TABLE_COLUMNS];
    size_t n;
};

/* The column whose heading has one of the words, or -1. */
int table_column(const struct table_row *head, const struct sv *words, size_t n);
/* Is the heading one of the words, and nothing more? */
bool table_is_head(struct sv head, const struct sv *words, size_t n);

/* Columns of a matrix: what is seen, from when on it counts (-1: the first says it), and what is done then. */
struct table_matrix {
    int condition, threshold, action;
};

/* "Trigger | Threshold | Action", "Metric | Threshold | Action"; false: it is no matrix. */
bool table_is_matrix(const struct table_row *head, struct table_matrix *ret);
void table_matrix_row(struct rb_build *b, const struct table_row *head, const struct table_row *row,
                      const struct table_matrix *at);
/* A row of any other table: what it says of limits becomes rules, or a question. */
void table_limits(struct rb_build *b, uint32_t node, const struct table_row *head,
                  const struct table_row *row);
