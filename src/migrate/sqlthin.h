#pragma once

/*
 * sqlthin: an INSERT of many rows, with those blanked out that say nothing about the statement.
 *
 * A file of data is mostly rows of constants, and parsed to a tree they are all of its time.  A row of VALUES is blanked
 * out when it is plain (numbers, strings, NULL, TRUE, FALSE, with nothing but blanks between) and a row that stays has
 * the same kinds of values in the same places.  What is left is parsed as before, with every node at its place.  Pure.
 */
#include "base/base.h"

/* In place, of the same size; how many rows are gone.  What it does not know well it leaves. */
size_t sqlthin(char *text, size_t n);
