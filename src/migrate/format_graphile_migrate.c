/*
 * graphile-migrate: committed/NNNNNN-name.sql with a header of lines "--! Key: value", an empty line, and a body whose
 * hash the header has, in a chain with the file before.
 */
#include "base/sv.h"
#include "migrate/checksum.h"
#include "migrate/format.h"
#include "migrate/lines.h"

static bool graphile_migrate_is(struct sv text)
{
    return sv_starts(text, SV("--! Previous:"));
}

/* The header; *body is set behind the empty line. */
static enum err_code graphile_header(const struct format_file *f, struct migration *m,
                                     struct arena *a, size_t *body, struct err *err)
{
    struct lines lines = {.text = f->text.text};
    struct lines_line l;

    m->header = ARENA_NEWN(a, struct migration_attr, 8);
    while (lines_next(&lines, &l) && sv_eat(&l.text, SV("--! "))) {
        size_t colon = sv_find_byte(l.text, ':', 0);

        if (colon == SV_NPOS || m->n_header == 8)
            return sqltext_fail(err, &f->text, l.at, "FMT003", "no header: \"--! %.*s\"",
                                SV_FMT(l.text));
        m->header[m->n_header++] = (struct migration_attr){
            .key = sv_sub(l.text, 0, colon), .value = sv_trim(sv_sub(l.text, colon + 1, l.text.n))};
    }
    if (m->n_header == 0 || sv_trim(l.text).n)
        return sqltext_fail(err, &f->text, l.at, "FMT019",
                            "no empty line behind the header: its hash cannot be checked");
    *body = l.end;
    return ERR_OK;
}

static struct sv graphile_get(const struct migration *m, const char *key)
{
    for (size_t i = 0; i < m->n_header; i++)
        if (sv_is(m->header[i].key, key))
            return m->header[i].value;
    return (struct sv){NULL, 0};
}

static enum err_code graphile_check(const struct format_file *f, struct migration *m,
                                    struct sv body, struct err *err)
{
    struct sv previous = graphile_get(m, "Previous");
    struct checksum_text is;

    m->hash = graphile_get(m, "Hash");
    m->title = graphile_get(m, "Message");
    is = checksum_graphile(sv_is(previous, "-") ? SV("") : previous, body);
    if (sv_is(m->hash, is.s))
        return ERR_OK;
    return sqltext_fail(err, &f->text, 0, "FMT019",
                        "hash in the header is %.*s, the content has %s", SV_FMT(m->hash), is.s);
}

static enum err_code graphile_migrate_read(const struct format_file *f, struct migrations *ret,
                                           struct err *err)
{
    struct migration *m = format_add(&format_graphile_migrate, f, ret);
    struct sv body;
    size_t from = 0;

    if (graphile_header(f, m, &ret->arena, &from, err) != ERR_OK)
        return err->code;
    body = sv_sub(f->text.text, from, f->text.text.n);
    if (graphile_check(f, m, body, err) != ERR_OK)
        return err->code;
    (void)format_add_part(ret, MIGRATION_UP, !sv_starts(body, SV("--! no-transaction")));
    return format_add_text(f, from, f->text.text.n, ret, err);
}

static const struct format_rule graphile_migrate_rules[] = {
    {.pattern = "^([0-9]{6,})(?:-(.*))?\\.sql$", .version = 1, .name = 2},
    {.pattern = NULL},
};

const struct format format_graphile_migrate = {
    .name = "graphile-migrate",
    .files = "committed/000001-name.sql",
    .rules = graphile_migrate_rules,
    .is = graphile_migrate_is,
    .read = graphile_migrate_read,
};
