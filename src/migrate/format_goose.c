/*
 * goose: annotations "-- +goose ..." at column 0, in any case; outside of StatementBegin ... StatementEnd a statement
 * ends at a line whose last word before a comment ends in a semicolon.  Each such chunk is split again.
 */
#include "base/sv.h"
#include "migrate/format.h"
#include "migrate/lines.h"
#include "migrate/pattern.h"

enum goose_word {
    GOOSE_UP,
    GOOSE_DOWN,
    GOOSE_BEGIN,
    GOOSE_END,
    GOOSE_NO_TX,
    GOOSE_ENV_ON,
    GOOSE_ENV_OFF,
    GOOSE__N,
};

static const char *const goose_words[GOOSE__N] = {
    [GOOSE_UP] = "up",
    [GOOSE_DOWN] = "down",
    [GOOSE_BEGIN] = "statementbegin",
    [GOOSE_END] = "statementend",
    [GOOSE_NO_TX] = "no transaction",
    [GOOSE_ENV_ON] = "envsub on",
    [GOOSE_ENV_OFF] = "envsub off",
};

struct goose_reader {
    const struct format_file *f;
    struct migrations *ret;
    bool in_up, in_down, in_block, env;
    bool open;   /* text that is no comment since the last end of a statement */
    size_t from; /* of that text */
};

static struct migration_part *goose_part(const struct goose_reader *r)
{
    const struct migration *m = vec_last(&r->ret->v);

    return &m->parts[m->n_parts - 1];
}

static bool goose_is(struct sv text)
{
    return pattern_has("^--[ \\t]*\\+goose[ \\t]+up\\b", REGEX_MULTI | REGEX_NOCASE, text);
}

static enum err_code goose_flush(struct goose_reader *r, size_t to, struct err *err)
{
    struct migration_part *p = goose_part(r);
    size_t before = p->n_stmts;

    if (format_add_text(r->f, r->from, to, r->ret, err) != ERR_OK)
        return err->code;
    p = goose_part(r);
    for (size_t i = before; r->env && i < p->n_stmts; i++)
        p->env = p->env || sv_has(p->stmts[i].text, SV("${"));
    r->open = false;
    r->from = to;
    return ERR_OK;
}

/* One statement, whatever semicolons are in it. */
static void goose_flush_block(struct goose_reader *r, size_t to)
{
    struct sv text = sv_trim(sv_sub(r->f->text.text, r->from, to));

    if (sv_ends(text, SV(";")))
        text = sv_trim_right(sv_sub(text, 0, text.n - 1));
    if (text.n)
        format_add_stmt(r->f, text, (size_t)(text.p - r->f->text.text.p), r->ret);
    goose_part(r)->env = goose_part(r)->env || (r->env && sv_has(text, SV("${")));
    r->open = false;
    r->from = to;
}

static enum err_code goose_unfinished(const struct goose_reader *r, size_t at, struct err *err)
{
    return sqltext_fail(err, &r->f->text, at, "FMT009",
                        r->in_block ? "the statement block begun before is not closed"
                                    : "the statement before has no semicolon: it is not closed");
}

static enum err_code goose_direction(struct goose_reader *r, enum goose_word w,
                                     const struct lines_line *l, struct err *err)
{
    bool *seen = w == GOOSE_UP ? &r->in_up : &r->in_down;

    if (r->open || r->in_block)
        return goose_unfinished(r, l->at, err);
    if (*seen)
        return sqltext_fail(err, &r->f->text, l->at, "FMT007", "\"+goose %s\" stands twice",
                            goose_words[w]);
    if (w == GOOSE_DOWN && !r->in_up)
        return sqltext_fail(err, &r->f->text, l->at, "FMT002",
                            "\"+goose Down\" stands before \"+goose Up\"");
    *seen = true;
    (void)format_add_part(r->ret, w == GOOSE_UP ? MIGRATION_UP : MIGRATION_DOWN, true);
    r->from = l->end;
    return ERR_OK;
}

static enum err_code goose_block(struct goose_reader *r, enum goose_word w,
                                 const struct lines_line *l, struct err *err)
{
    if (!r->in_up)
        return sqltext_fail(err, &r->f->text, l->at, "FMT002",
                            "a statement stands before \"+goose Up\"");
    if (w == GOOSE_BEGIN) {
        if (r->open || r->in_block)
            return goose_unfinished(r, l->at, err);
        r->in_block = true;
        r->from = l->end;
        return ERR_OK;
    }
    if (!r->in_block)
        return sqltext_fail(err, &r->f->text, l->at, "FMT003",
                            "\"+goose StatementEnd\" without \"+goose StatementBegin\"");
    goose_flush_block(r, l->at);
    r->in_block = false;
    r->from = l->end;
    return ERR_OK;
}

static enum err_code goose_annotation(struct goose_reader *r, const struct lines_line *l,
                                      struct sv word, bool *no_tx, struct err *err)
{
    enum goose_word w = GOOSE_UP;

    while (w < GOOSE__N && !sv_eq_nocase(word, sv_from(goose_words[w])))
        w++;
    switch (w) {
    case GOOSE_UP:
    case GOOSE_DOWN: return goose_direction(r, w, l, err);
    case GOOSE_BEGIN:
    case GOOSE_END: return goose_block(r, w, l, err);
    case GOOSE_NO_TX: *no_tx = true; return ERR_OK;
    case GOOSE_ENV_ON:
    case GOOSE_ENV_OFF: r->env = w == GOOSE_ENV_ON; return ERR_OK;
    case GOOSE__N:
    default:
        return sqltext_fail(err, &r->f->text, l->at, "FMT003", "unknown annotation \"+goose %.*s\"",
                            SV_FMT(word));
    }
}

static bool goose_ends(struct sv line)
{
    struct sv rest = line, word, last = {NULL, 0};

    while (sv_next_word(&rest, &word) && !sv_starts(word, SV("--")))
        last = word;
    return sv_ends(last, SV(";"));
}

static enum err_code goose_line(struct goose_reader *r, const struct lines_line *l, bool *no_tx,
                                struct err *err)
{
    struct sv rest, text = sv_trim_left(l->text);

    if (sv_starts(text, SV("--"))) {
        bool column_0 = lines_comment(l->text, &rest);

        (void)lines_comment(text, &rest);
        if (!sv_starts_nocase(rest, SV("+goose")))
            return ERR_OK;
        if (!column_0)
            return sqltext_fail(err, &r->f->text, l->at, "FMT003",
                                "an annotation of goose begins at the first column");
        return goose_annotation(r, l, sv_trim(sv_sub(rest, 6, rest.n)), no_tx, err);
    }
    if (!sv_trim(text).n || r->in_block)
        return ERR_OK;
    if (!r->in_up)
        return sqltext_fail(err, &r->f->text, l->at, "FMT002",
                            "a statement stands before \"+goose Up\"");
    r->open = !goose_ends(l->text);
    return r->open ? ERR_OK : goose_flush(r, l->end, err);
}

static enum err_code goose_read(const struct format_file *f, struct migrations *ret,
                                struct err *err)
{
    struct goose_reader r = {.f = f, .ret = ret};
    struct lines lines = {.text = f->text.text};
    struct lines_line l;
    bool no_tx = false;
    struct migration *m;

    (void)format_add(&format_goose, f, ret);
    while (lines_next(&lines, &l))
        if (goose_line(&r, &l, &no_tx, err) != ERR_OK)
            return err->code;
    if (r.open || r.in_block)
        return goose_unfinished(&r, f->text.text.n, err);
    if (!r.in_up)
        return sqltext_fail(err, &f->text, 0, "FMT001", "no \"-- +goose Up\"");
    m = vec_last(&ret->v);
    for (size_t i = 0; i < m->n_parts; i++)
        m->parts[i].tx = !no_tx;
    return ERR_OK;
}

static const struct format_rule goose_rules[] = {
    {.pattern = "^([0-9]+)_(.*)\\.sql$", .version = 1, .name = 2},
    {.pattern = "^([0-9]+)_(.*)\\.go$", .version = 1, .name = 2, .code = true},
    {.pattern = NULL},
};

const struct format format_goose = {
    .name = "goose",
    .files = "00001_name.sql",
    .rules = goose_rules,
    .runs = true,
    .whole = true,
    .is = goose_is,
    .read = goose_read,
};
