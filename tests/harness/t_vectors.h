#pragma once

/* Files of cases: our own, and those of the folder that PRUSIK_SHARED names, which is from outside the tree. */
#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "t.h"

/* NULL: there is no such folder. */
static inline const char *t_shared(void)
{
    const char *folder = getenv("PRUSIK_SHARED");

    return folder && folder[0] ? folder : NULL;
}

/* The caller releases it. */
static inline json_t *t_json(const char *path)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err = {0};
    json_t *j = NULL;

    T_OK(file_read(path, 64u << 20, &text, &err), err);
    T_OK(json_read(strbuf_sv(&text), &j, &err), err);
    return j;
}

/* A file of its vectors; the test ends here, and well, when there is no such folder. */
static inline json_t *t_shared_json(const char *name)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(4096);

    if (!t_shared())
        T_NOT_HERE("PRUSIK_SHARED is not set: our own cases only");
    strbuf_addf(&path, "%s/vectors/%s", t_shared(), name);
    return t_json(strbuf_str(&path));
}
