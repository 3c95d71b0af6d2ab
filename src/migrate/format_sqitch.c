/*
 * Sqitch: sqitch.plan names the changes in their order (sqitchtutorial, "plan file"); their scripts are
 * deploy/, revert/ and verify/NAME.sql, for a change that was worked over again NAME@TAG.sql.
 */
#include "base/sv.h"
#include "migrate/checksum.h"
#include "migrate/format.h"
#include "migrate/lines.h"

struct sqitch_reader {
    const struct format_file *f;
    struct migrations *ret;
    struct sv project, uri;
    size_t first; /* of the changes of this plan */
};

/* "TIME NAME <MAIL> # note": what stands behind the name and its dependencies. */
struct sqitch_tail {
    struct sv date, planner, note;
};

static bool sqitch_read_tail(struct sv rest, struct sqitch_tail *ret)
{
    size_t hash = sv_find(rest, SV(" # "), 0);

    ret->note = hash == SV_NPOS ? SV("") : sv_trim(sv_sub(rest, hash + 3, rest.n));
    rest = sv_sub(rest, 0, hash);
    if (!sv_next_word(&rest, &ret->date) || !rest.p)
        return false;
    ret->planner = sv_trim(rest);
    return sv_ends(ret->planner, SV(">"));
}

static struct migration *sqitch_find(struct sqitch_reader *r, struct sv name)
{
    for (size_t i = r->ret->v.n; i > r->first; i--)
        if (sv_eq(r->ret->v.v[i - 1].name, name))
            return &r->ret->v.v[i - 1];
    return NULL;
}

static enum err_code sqitch_dependencies(struct sqitch_reader *r, struct sv list, size_t at,
                                         struct migration *m, struct strbuf *requires,
                                         struct strbuf *conflicts, struct err *err)
{
    struct sv one;

    while (sv_next_word(&list, &one)) {
        struct sv name = one;

        if (sv_eat(&name, SV("!"))) {
            strbuf_addf(conflicts, "  - %.*s\n", SV_FMT(name));
            continue;
        }
        strbuf_addf(requires, "  + %.*s\n", SV_FMT(one));
        if (sv_find_byte(name, ':', 0) != SV_NPOS)
            continue; /* of another project */
        if (!sqitch_find(r, sv_sub(name, 0, sv_find_byte(name, '@', 0))))
            return sqltext_fail(err, &r->f->text, at, "FMT003",
                                "required change \"%.*s\" does not stand before it", SV_FMT(name));
        if (m->n_requires < ARRAY_LEN(m->requires))
        m->requires[m->n_requires++] = name;
    }
    return ERR_OK;
}

/* The text whose hash is the id of the change. */
static void sqitch_info(const struct sqitch_reader *r, const struct migration *m, struct sv parent,
                        const struct sqitch_tail *tail, struct sv requires, struct sv conflicts,
                        struct strbuf *out)
{
    strbuf_addf(out, "project %.*s\n", SV_FMT(r->project));
    if (r->uri.n)
        strbuf_addf(out, "uri %.*s\n", SV_FMT(r->uri));
    strbuf_addf(out, "change %.*s\n", SV_FMT(m->name));
    if (parent.n)
        strbuf_addf(out, "parent %.*s\n", SV_FMT(parent));
    strbuf_addf(out, "planner %.*s\ndate %.*s\n", SV_FMT(tail->planner), SV_FMT(tail->date));
    if (requires.n)
        strbuf_addf(out, "requires\n%.*s", SV_FMT(requires));
    if (conflicts.n)
        strbuf_addf(out, "conflicts\n%.*s", SV_FMT(conflicts));
    strbuf_addf(out, "\n%.*s", SV_FMT(tail->note));
}

static enum err_code sqitch_bad(const struct sqitch_reader *r, const struct lines_line *l,
                                struct err *err)
{
    return sqltext_fail(err, &r->f->text, l->at, "FMT003", "this is no line of a plan: \"%.*s\"",
                        SV_FMT(sv_sub(l->text, 0, 60)));
}

/* The change of the same name that stands before: its scripts are those of its tag. */
static enum err_code sqitch_rework(struct sqitch_reader *r, const struct lines_line *l,
                                   struct sv name, struct err *err)
{
    struct migration *old = sqitch_find(r, name);
    const struct migration *m;

    for (m = old; old && m < r->ret->v.v + r->ret->v.n; m++)
        if (m->n_header) {
            old->version =
                arena_fmt(&r->ret->arena, "%.*s%.*s", SV_FMT(name), SV_FMT(m->header[0].value));
            return ERR_OK;
        }
    if (!old)
        return ERR_OK;
    return sqltext_fail(err, &r->f->text, l->at, "FMT011",
                        "change \"%.*s\" twice, and no tag between", SV_FMT(name));
}

static enum err_code sqitch_change(struct sqitch_reader *r, const struct lines_line *l,
                                   struct err *err)
{
    CLEANUP(strbuf_release)
    struct strbuf requires = STRBUF(0), conflicts = STRBUF(0), info = STRBUF(0);
    struct sv rest = l->text, name, deps = {NULL, 0}, parent = {NULL, 0};
    struct checksum_text id;
    struct sqitch_tail tail;
    struct migration *m;

    if (!sv_next_word(&rest, &name) || sqitch_rework(r, l, name, err) != ERR_OK)
        return name.n ? err->code : sqitch_bad(r, l, err);
    rest = sv_trim_left(rest);
    if (sv_eat(&rest, SV("["))) {
        deps = sv_sub(rest, 0, sv_find_byte(rest, ']', 0));
        rest = sv_sub(rest, deps.n + 1, rest.n);
    }
    if (!sqitch_read_tail(rest, &tail))
        return sqitch_bad(r, l, err);
    if (r->ret->v.n > r->first)
        parent = vec_last(&r->ret->v)->hash;
    m = format_add(&format_sqitch, r->f, r->ret);
    m->version = m->name = name;
    m->ordinal = r->ret->v.n;
    m->title = tail.note;
    r->ret->v.n--; /* a change does not require itself */
    if (sqitch_dependencies(r, deps, l->at, m, &requires, &conflicts, err) != ERR_OK)
        return err->code;
    r->ret->v.n++;
    sqitch_info(r, m, parent, &tail, strbuf_sv(&requires), strbuf_sv(&conflicts), &info);
    id = checksum_sqitch_change(strbuf_sv(&info));
    m->hash = arena_sv(&r->ret->arena, sv_from(id.s));
    return ERR_OK;
}

static enum err_code sqitch_tag(struct sqitch_reader *r, const struct lines_line *l,
                                struct err *err)
{
    struct migration *m = r->ret->v.n > r->first ? vec_last(&r->ret->v) : NULL;
    struct sv rest = l->text, name;

    if (!m || !sv_next_word(&rest, &name))
        return sqltext_fail(err, &r->f->text, l->at, "FMT003", "a tag stands behind a change");
    if (!m->n_header) {
        m->header = ARENA_NEW(&r->ret->arena, struct migration_attr);
        m->header[0] = (struct migration_attr){.key = SV("tag"), .value = name};
        m->n_header = 1;
    }
    return ERR_OK;
}

static enum err_code sqitch_line(struct sqitch_reader *r, const struct lines_line *l,
                                 struct err *err)
{
    struct sv line = sv_trim(l->text);

    if (!line.n || line.p[0] == '#')
        return ERR_OK;
    if (sv_eat(&line, SV("%"))) {
        if (sv_eat(&line, SV("project=")))
            r->project = sv_trim(line);
        else if (sv_eat(&line, SV("uri=")))
            r->uri = sv_trim(line);
        return ERR_OK;
    }
    return line.p[0] == '@' ? sqitch_tag(r, l, err) : sqitch_change(r, l, err);
}

static enum err_code sqitch_read(const struct format_file *f, struct migrations *ret,
                                 struct err *err)
{
    struct sqitch_reader r = {.f = f, .ret = ret, .first = ret->v.n};
    struct lines lines = {.text = f->text.text};
    struct lines_line l;

    while (lines_next(&lines, &l))
        if (sqitch_line(&r, &l, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

static const struct format_rule sqitch_rules[] = {
    {.pattern = "^sqitch\\.plan$"},
    {.pattern = NULL},
};

const struct format format_sqitch = {
    .name = "sqitch",
    .files = "sqitch.plan",
    .rules = sqitch_rules,
    .runs = true,
    .planned = true,
    .read = sqitch_read,
};
