#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/sv.h"
#include "migrate/sqllint.h"
#include "t.h"

/* --- what was found, as text --- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "DATA001 PG004": each finding, by id. */
static struct strbuf ids_of(const struct sqllint *l)
{
    const char *ids[64];
    struct strbuf b = STRBUF(0);
    size_t n = 0;

    for (size_t i = 0; i < l->findings.n && n < ARRAY_LEN(ids); i++)
        ids[n++] = l->findings.v[i].rule->id;
    qsort(ids, n, sizeof(ids[0]), by_text);
    for (size_t i = 0; i < n; i++)
        strbuf_addf(&b, "%s%s", i ? " " : "", ids[i]);
    return b;
}

static struct strbuf found_in(struct sv text, enum sqllint_for who, struct sqllint *l)
{
    sqllint_file(SV("db/migrations/20260101000000_x.sql"), text, who, l);
    return ids_of(l);
}

/* --- vectors --- */

/* NULL: the folder that PRUSIK_SHARED names is not here. */
static json_t *vectors(const char *name)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(mem_freep) char *path = NULL;
    struct err err = {0};
    json_t *j;

    if (!getenv("PRUSIK_SHARED")) { /* no T_SKIP: they are from outside the tree */
        printf("# PRUSIK_SHARED is not set: not these\n");
        return NULL;
    }
    path = path_join(getenv("PRUSIK_SHARED"), name);
    T_OK(file_read(path, 4u << 20, &text, &err), err);
    T_OK(json_read(strbuf_sv(&text), &j, &err), err);
    return j;
}

T(each_vector_has_its_findings_and_its_grade)
{
    CLEANUP(json_cleanup) json_t *j = vectors("vectors/migrations/lint_postgres.json");
    const json_t *cases = json_object_get(j, "cases"), *one;
    size_t i, bad = 0;

    if (!j)
        return;
    T_CHECK(json_array_size(cases) >= 115);
    json_array_foreach(cases, i, one)
    {
        CLEANUP(strbuf_release) struct strbuf want = STRBUF(0), got = STRBUF(0);
        CLEANUP(sqllint_release) struct sqllint l = {0};
        const json_t *expect = json_object_get(one, "expect"), *id;
        size_t k;
        char grade;

        json_array_foreach(expect, k, id)
            strbuf_addf(&want, "%s%s", k ? " " : "", json_string_value(id));
        got = found_in(json_get_sv(one, "sql"), SQLLINT_FOR_PRUSIK, &l);
        grade = "ABCD"[l.grade];
        if (!sv_eq(strbuf_sv(&want), strbuf_sv(&got)) || json_get_sv(one, "grade").p[0] != grade) {
            bad++;
            printf("# %s: wants %s %s, is %s %c\n", json_get_str(one, "id", ""), strbuf_str(&want),
                   json_get_str(one, "grade", ""), strbuf_str(&got), grade);
        }
    }
    T_EQ(bad, 0);
}

T_MAIN(T_CASE(each_vector_has_its_findings_and_its_grade))
