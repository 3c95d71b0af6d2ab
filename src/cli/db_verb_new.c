#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sv.h"
#include "cli/db_verb.h"

static enum err_code db_new_name(const char *name, struct strbuf *ret, struct err *err)
{
    for (const char *c = name; *c; c++)
        strbuf_add_byte(ret, *c == ' ' ? '_' : *c);
    for (size_t i = 0; i < ret->n; i++)
        if (!ascii_is_alnum(ret->p[i]) && (i == 0 || !strchr("_.-", ret->p[i])))
            return err_set(err, ERR_USAGE,
                           "'%s' is no name of a migration: letters, digits, _ . and - only", name);
    return ret->n ? ERR_OK : err_set(err, ERR_USAGE, "a migration needs a name");
}

/* Now, or one more than the highest that is there: a clock can be behind. */
static uint64_t db_new_version(const struct discover *d)
{
    struct clock_text now = clock_strftime(clock_now_us(), "%Y%m%d%H%M%S", true);
    uint64_t version = 0, other;

    if (!sv_to_u64(sv_from(now.s), &version))
        version = 1; /* uncovered: the format has only digits */
    for (size_t i = 0; i < d->files.v.n; i++)
        if (sv_to_u64(d->files.v.v[i].version, &other) && other >= version)
            version = other + 1;
    return version;
}

enum err_code db_new(struct db_verb *v, struct err *err)
{
    static const char text[] = "-- prusik:up\n\n-- prusik:down\n";
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(200), file = STRBUF(300);
    char *path;
    enum err_code rc;

    if (db_new_name(v->args[0], &name, err) != ERR_OK)
        return err->code;
    v->dir = db_verb_dir(v->c);
    if (file_mkdirs(v->dir, err) != ERR_OK ||
        discover_tree(v->dir, SV("prusik"), DB_POSTGRES, &v->tree, err) != ERR_OK)
        return err->code;
    v->has_tree = true;
    strbuf_addf(&file, "%llu_%s.sql", (unsigned long long)db_new_version(&v->tree),
                strbuf_str(&name));
    path = path_join(v->dir, strbuf_str(&file));
    rc = file_write_atomic(path, (struct sv){text, sizeof(text) - 1}, 0644, err);
    if (rc == ERR_OK)
        printf("%s\n", path);
    free(path);
    return rc;
}
