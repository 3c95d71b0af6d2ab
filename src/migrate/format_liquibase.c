/*
 * Liquibase, formatted SQL: "--liquibase formatted sql", then "--changeset author:id attribute:value ..." with the SQL
 * behind it; "--rollback SQL" and comments "liquibase rollback" undo it, "--precondition-sql-check" is a check.
 */
#include "base/sv.h"
#include "migrate/format.h"
#include "migrate/lines.h"
#include "migrate/pattern.h"

struct liquibase_reader {
    const struct format_file *f;
    struct migrations *ret;
    bool in_set, tx, split;
    struct sv delimiter; /* empty: ";" */
    size_t from;         /* of the body */
};

static bool liquibase_is(struct sv text)
{
    struct sv line, rest;

    return sv_next_line(&text, &line) && lines_comment(line, &rest) &&
           sv_starts(rest, SV("liquibase formatted sql"));
}

/* A word, or a text in double quotes. */
static struct sv liquibase_piece(struct sv *rest, char end)
{
    size_t n = 0;
    struct sv s;

    if (sv_eat(rest, SV("\""))) {
        n = size_min(sv_find_byte(*rest, '"', 0), rest->n);
        s = sv_sub(*rest, 0, n);
        *rest = sv_sub(*rest, n + 1, rest->n);
        (void)sv_eat(rest, end == ':' ? SV(":") : SV(""));
        return s;
    }
    while (n < rest->n && rest->p[n] != end && !ascii_is_space(rest->p[n]))
        n++;
    s = sv_sub(*rest, 0, n);
    *rest = sv_sub(*rest, n + (n < rest->n && rest->p[n] == end), rest->n);
    return s;
}

static void liquibase_attributes(struct liquibase_reader *r, struct sv rest)
{
    struct sv word;

    r->tx = r->split = true;
    r->delimiter = SV("");
    while (sv_next_word(&rest, &word)) {
        if (sv_eat(&word, SV("runInTransaction:")))
            r->tx = !sv_is(word, "false");
        else if (sv_eat(&word, SV("splitStatements:")))
            r->split = !sv_is(word, "false");
        else if (sv_eat(&word, SV("endDelimiter:")))
            r->delimiter = word;
    }
}

/* What undoes it: the lines of --rollback, or a comment, which is read as text of its own. */
static enum err_code liquibase_rollback(struct liquibase_reader *r, size_t to, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct lines lines = {.text = sv_sub(r->f->text.text, 0, to), .at = r->from};
    struct format_file file = *r->f;
    struct lines_line l;
    struct sv rest;
    bool comment = false;

    while (lines_next(&lines, &l)) {
        if (comment && sv_has(l.text, SV("*/")))
            comment = false;
        else if (comment || (lines_comment(l.text, &rest) && sv_eat(&rest, SV("rollback "))))
            strbuf_addf(&sql, "%.*s\n", SV_FMT(comment ? l.text : rest));
        else if (pattern_has("^/\\*\\s*liquibase rollback\\s*$", 0, l.text))
            comment = true;
    }
    if (!sql.n)
        return ERR_OK;
    file.text.text = arena_sv(&r->ret->arena, strbuf_sv(&sql));
    (void)format_add_part(r->ret, MIGRATION_DOWN, r->tx);
    return format_add_text(&file, 0, file.text.text.n, r->ret, err);
}

/* Where the first way back begins: what is sent whole ends there. */
static size_t liquibase_body_end(const struct liquibase_reader *r, size_t to)
{
    struct regex_match g[1];
    struct sv body = sv_sub(r->f->text.text, 0, to);

    return pattern_find("^(?:--\\s*rollback |/\\*\\s*liquibase rollback)", REGEX_MULTI, body,
                        r->from, g, 1)
               ? g[0].from
               : to;
}

/* At lines that are the delimiter alone. */
static void liquibase_delimited(struct liquibase_reader *r, size_t to)
{
    struct lines lines = {.text = sv_sub(r->f->text.text, 0, to), .at = r->from};
    size_t from = r->from;
    struct lines_line l;

    for (bool more = true; more;) {
        struct sv s;

        more = lines_next(&lines, &l);
        if (more && !sv_eq(sv_trim(l.text), r->delimiter))
            continue;
        s = sv_trim(sv_sub(lines.text, from, more ? l.at : to));
        if (s.n)
            format_add_stmt(r->f, s, (size_t)(s.p - r->f->text.text.p), r->ret);
        from = more ? l.end : to;
    }
}

static enum err_code liquibase_end(struct liquibase_reader *r, size_t to, struct err *err)
{
    if (!r->in_set)
        return ERR_OK;
    (void)format_add_part(r->ret, MIGRATION_UP, r->tx);
    if (!r->split) {
        size_t end = liquibase_body_end(r, to);
        struct sv s = sv_trim(sv_sub(r->f->text.text, r->from, end));

        if (s.n)
            format_add_stmt(r->f, s, (size_t)(s.p - r->f->text.text.p), r->ret);
    } else if (r->delimiter.n) {
        liquibase_delimited(r, liquibase_body_end(r, to));
    } else if (format_add_text(r->f, r->from, to, r->ret, err) != ERR_OK) {
        return err->code;
    }
    return liquibase_rollback(r, to, err);
}

static enum err_code liquibase_changeset(struct liquibase_reader *r, const struct lines_line *l,
                                         struct sv rest, struct err *err)
{
    struct migration *m;
    struct sv author, id;

    if (liquibase_end(r, l->at, err) != ERR_OK)
        return err->code;
    author = liquibase_piece(&rest, ':');
    id = liquibase_piece(&rest, ' ');
    if (!author.n || !id.n)
        return sqltext_fail(err, &r->f->text, l->at, "FMT003", "a changeset is author:id");
    m = format_add(&format_liquibase, r->f, r->ret);
    m->version = arena_fmt(&r->ret->arena, "%.*s:%.*s", SV_FMT(author), SV_FMT(id));
    m->name = m->version;
    m->ordinal = r->ret->v.n;
    liquibase_attributes(r, rest);
    r->in_set = true;
    r->from = l->end;
    return ERR_OK;
}

/* "expectedResult:0 SELECT ..." */
static void liquibase_check(struct liquibase_reader *r, const struct lines_line *l, struct sv rest)
{
    struct migration_part *p;
    struct sv value;

    rest = sv_trim(rest);
    (void)sv_eat(&rest, SV("expectedResult:"));
    value = liquibase_piece(&rest, ' ');
    p = format_add_part(r->ret, MIGRATION_CHECK, true);
    p->attrs = ARENA_NEW(&r->ret->arena, struct migration_attr);
    p->attrs[0] = (struct migration_attr){
        .key = SV("expect"), .value = arena_fmt(&r->ret->arena, "value:%.*s", SV_FMT(value))};
    p->n_attrs = 1;
    format_add_stmt(r->f, sv_trim(rest), l->at, r->ret);
}

static enum err_code liquibase_read(const struct format_file *f, struct migrations *ret,
                                    struct err *err)
{
    struct liquibase_reader r = {.f = f, .ret = ret};
    struct lines lines = {.text = f->text.text};
    struct lines_line l;
    struct sv rest;

    if (!liquibase_is(f->text.text))
        return sqltext_fail(err, &f->text, 0, "FMT003",
                            "the first line is not \"--liquibase formatted sql\"");
    while (lines_next(&lines, &l)) {
        if (!lines_comment(l.text, &rest))
            continue;
        if (sv_eat(&rest, SV("changeset "))) {
            if (liquibase_changeset(&r, &l, rest, err) != ERR_OK)
                return err->code;
        } else if (r.in_set && sv_eat(&rest, SV("precondition-sql-check"))) {
            liquibase_check(&r, &l, rest);
        }
    }
    return liquibase_end(&r, f->text.text.n, err);
}

static const struct format_rule liquibase_rules[] = {
    {.pattern = "^(.*)\\.sql$", .name = 1},
    {.pattern = NULL},
};

const struct format format_liquibase = {
    .name = "liquibase",
    .files = "a formatted SQL changelog",
    .rules = liquibase_rules,
    .planned = true,
    .is = liquibase_is,
    .read = liquibase_read,
};
