#pragma once

/*
 * cases: main() of a program that an oracle gives a file of cases: a JSON array, and a line of the answer for each.
 */
#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"

static inline int cases_main(int argc, char **argv, void (*fn)(json_t *c, void *arg), void *arg)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *cases = NULL;
    struct err err = {0};
    json_t *c;
    size_t i;

    if (argc != 2)
        return 2;
    if (file_read(argv[1], 64u << 20, &text, &err) != ERR_OK ||
        json_read(strbuf_sv(&text), &cases, &err) != ERR_OK) {
        fprintf(stderr, "error: %s\n", err.msg);
        return 1;
    }
    json_array_foreach(cases, i, c) fn(c, arg);
    return 0;
}
