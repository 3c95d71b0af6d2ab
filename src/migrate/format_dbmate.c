/*
 * dbmate: "-- migrate:up" and "-- migrate:down" at column 0, as dbmate 2.36 reads them; a second pair, which it
 * loses, is an error here.
 */
#include "base/sv.h"
#include "migrate/format.h"
#include "migrate/pattern.h"

#define DBMATE_UP   "^--[ \\t]*migrate:up([ \\t]*$|[ \\t]+\\S+.*$)"
#define DBMATE_DOWN "^--[ \\t]*migrate:down([ \\t]*$|[ \\t]+\\S+.*$)"

struct dbmate_block {
    bool there, tx;
    size_t at, from; /* of the marker, and of what stands behind its line */
};

static struct dbmate_block dbmate_find(struct sv text, const char *pattern, size_t from)
{
    struct dbmate_block b = {.tx = true};
    struct regex_match g[2];

    if (!pattern_find(pattern, REGEX_MULTI, text, from, g, ARRAY_LEN(g)))
        return b;
    b.there = true;
    b.at = g[0].from;
    b.from = g[0].to;
    b.tx = !sv_has_word(sv_sub(text, g[1].from, g[1].to), SV("transaction:false"));
    return b;
}

static bool dbmate_is(struct sv text)
{
    return dbmate_find(text, DBMATE_UP, 0).there;
}

/* Only comments stand before the first block. */
static enum err_code dbmate_check_front(const struct format_file *f, size_t to, struct err *err)
{
    sqlsplit_stmts stmts = {0};
    enum err_code rc = sqlsplit(&f->text, 0, to, f->db, &stmts, err);

    if (rc == ERR_OK && stmts.n)
        rc = sqltext_fail(err, &f->text, stmts.v[0].at, "FMT002",
                          "statement before \"-- migrate:up\"");
    vec_release(&stmts);
    return rc;
}

static enum err_code dbmate_check(const struct format_file *f, const struct dbmate_block *up,
                                  const struct dbmate_block *down, struct err *err)
{
    struct dbmate_block again;

    if (!up->there || !down->there)
        return sqltext_fail(err, &f->text, up->there ? f->text.text.n : 0, "FMT001",
                            "no \"-- migrate:%s\"; dbmate needs both blocks",
                            up->there ? "down" : "up");
    if (down->at < up->at)
        return sqltext_fail(err, &f->text, down->at, "FMT002",
                            "\"-- migrate:down\" stands before \"-- migrate:up\"");
    again = dbmate_find(f->text.text, DBMATE_UP, up->from);
    if (!again.there)
        again = dbmate_find(f->text.text, DBMATE_DOWN, down->from);
    if (again.there)
        return sqltext_fail(
            err, &f->text, again.at, "FMT017",
            "second \"migrate:%s\": dbmate would lose it; split the file",
            sv_starts(sv_trim_left(sv_sub(f->text.text, again.at + 2, f->text.text.n)),
                      SV("migrate:up"))
                ? "up"
                : "down");
    return dbmate_check_front(f, up->at, err);
}

static enum err_code dbmate_read(const struct format_file *f, struct migrations *ret,
                                 struct err *err)
{
    struct dbmate_block up = dbmate_find(f->text.text, DBMATE_UP, 0);
    struct dbmate_block down = dbmate_find(f->text.text, DBMATE_DOWN, 0);

    if (dbmate_check(f, &up, &down, err) != ERR_OK)
        return err->code;
    (void)format_add(&format_dbmate, f, ret);
    (void)format_add_part(ret, MIGRATION_UP, up.tx);
    if (format_add_text(f, up.from, down.at, ret, err) != ERR_OK)
        return err->code;
    (void)format_add_part(ret, MIGRATION_DOWN, down.tx);
    return format_add_text(f, down.from, f->text.text.n, ret, err);
}

static const struct format_rule dbmate_rules[] = {
    {.pattern = "^([0-9]+)_?(.*)\\.sql$", .version = 1, .name = 2},
    {.pattern = NULL},
};

const struct format format_dbmate = {
    .name = "dbmate",
    .files = "20260101000000_name.sql",
    .rules = dbmate_rules,
    .runs = true,
    .whole = true,
    .is = dbmate_is,
    .read = dbmate_read,
};
