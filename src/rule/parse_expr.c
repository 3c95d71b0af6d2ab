#include "rule/parse_int.h"

#include "base/suggest.h"
#include "base/sv.h"

static struct expr *parse_data(struct parser *p);

/* The first byte after the current token and blanks; 0 at the end. */
static char parse_peek(const struct parser *p)
{
    struct sv rest = sv_trim_left(sv_sub(p->l.text, p->l.tok.end, p->l.text.n));

    return (char)(rest.n ? rest.p[0] : 0);
}

static struct expr *node_new(struct parser *p, enum expr_kind kind, size_t at)
{
    struct expr *e = ARENA_NEW(p->a, struct expr);

    e->kind = kind;
    e->at = at;
    e->end = at;
    return e;
}

/* Hand out a finished node, or NULL once something went wrong. */
static struct expr *node_done(struct parser *p, struct expr *e)
{
    e->end = size_max(e->end, p->l.tok.at);
    return parse_ok(p) ? e : NULL;
}

static bool parse_enter(struct parser *p)
{
    if (p->depth >= RULE_MAX_NESTING) {
        (void)err_set(p->err, ERR_INVALID, "nesting deeper than %u", RULE_MAX_NESTING);
        parse_at(p, p->l.tok.at);
        return false;
    }
    p->depth++;
    return true;
}

/*
 * Escapes: \" is a quote everywhere.  In a pattern every other backslash belongs to PCRE2;
 * elsewhere \\ \n \t are decoded.
 */
static struct sv parse_string(struct parser *p, bool pattern)
{
    struct rule_token t = p->l.tok;
    char *out;
    size_t n = 0;

    if (t.kind != TOK_STRING) {
        parse_expected(p, pattern ? "a pattern in quotes" : "text in quotes");
        return (struct sv){NULL, 0};
    }
    out = arena_alloc(p->a, t.text.n + 1, 1);
    for (size_t i = 0; i < t.text.n; i++) {
        char c = t.text.p[i], next = c == '\\' ? t.text.p[i + 1] : 0; /* the lexer saw it */

        if (c == '\\' && next != '"' && pattern) {
            out[n++] = c;
        } else if (c == '\\' && next != '"' && next != '\\' && next != 'n' && next != 't') {
            (void)err_set(p->err, ERR_INVALID, "no such escape in text: '\\%c'", next);
            parse_at(p, t.at + 1 + i);
            return (struct sv){NULL, 0};
        }
        if (c == '\\') {
            i++;
            c = pattern || next == '"' || next == '\\' ? next : next == 'n' ? '\n' : '\t';
        }
        out[n++] = c;
    }
    parse_next(p);
    return (struct sv){out, n};
}

static void parse_window(struct parser *p, struct expr *e)
{
    if (!parse_accept(p, SV("[")))
        return;
    e->window = parse_span(p, "a window is a duration, as [5m]");
    parse_want(p, SV("]"));
}

/* "{" has been seen. */
static struct expr *parse_set(struct parser *p)
{
    VEC(struct expr *) items = {0};
    struct expr *set = node_new(p, EXPR_SET, p->l.tok.at);

    parse_want(p, SV("{"));
    do {
        struct expr *e = node_new(p, EXPR_STRING, p->l.tok.at);

        if (p->l.tok.kind == TOK_NUM) {
            e->kind = EXPR_NUM;
            e->num = parse_num(p, "an element");
        } else if (p->l.tok.kind == TOK_NAME) {
            e->text = p->l.tok.text;
            parse_next(p);
        } else {
            e->text = parse_string(p, false);
        }
        *vec_add(&items) = e;
    } while (parse_ok(p) && parse_accept(p, SV(",")));
    parse_want(p, SV("}"));
    set->items = arena_memdup(p->a, items.v, items.n * sizeof(struct expr *));
    set->n_items = items.n;
    vec_release(&items);
    return node_done(p, set);
}

static struct label parse_label(struct parser *p)
{
    struct label l = {.name = p->l.tok.text};
    int op;

    if (p->l.tok.kind != TOK_NAME) {
        parse_expected(p, "a label name");
        return l;
    }
    parse_next(p);
    op = rule_word_find(label_op_names, LABEL__N, p->l.tok.text);
    if (parse_ok(p) && (p->l.tok.kind != TOK_PUNCT || op < 0))
        parse_expected(p, "= != =~ or !~ after the label name");
    if (!parse_ok(p))
        return l;
    parse_next(p);
    l.op = (enum label_op)op;
    l.value = parse_ok(p) ? parse_string(p, l.op == LABEL_RE || l.op == LABEL_NRE) : l.value;
    return l;
}

static void parse_labels(struct parser *p, struct expr *e)
{
    VEC(struct label) labels = {0};

    if (!parse_accept(p, SV("{")))
        return;
    while (parse_ok(p) && !parse_is(p, SV("}"))) {
        *vec_add(&labels) = parse_label(p);
        if (!parse_accept(p, SV(",")))
            break;
    }
    parse_want(p, SV("}"));
    e->labels = arena_memdup(p->a, labels.v, labels.n * sizeof(*labels.v));
    e->n_labels = labels.n;
    vec_release(&labels);
}

/* { "." NAME } after the first part; the node's text becomes the parts with dots between. */
static void parse_parts(struct parser *p, struct expr *e, struct sv first, bool with_first)
{
    VEC(struct sv) parts = {0};
    CLEANUP(strbuf_release) struct strbuf joined = STRBUF(0);

    if (with_first)
        *vec_add(&parts) = first;
    while (parse_accept(p, SV("."))) {
        if (p->l.tok.kind != TOK_NAME) {
            parse_expected(p, "a name after the dot");
            break;
        }
        *vec_add(&parts) = p->l.tok.text;
        parse_next(p);
    }
    for (size_t i = 0; i < parts.n; i++) {
        strbuf_add_str(&joined, i ? "." : "");
        strbuf_add_sv(&joined, parts.v[i]);
    }
    e->text = arena_sv(p->a, strbuf_sv(&joined));
    e->parts = arena_memdup(p->a, parts.v, parts.n * sizeof(*parts.v));
    e->n_parts = parts.n;
    vec_release(&parts);
}

/* The first token of the name has been read. */
static struct expr *parse_name(struct parser *p, const struct rule_token *first)
{
    struct expr *e = node_new(p, EXPR_NAME, first->at);

    if (!first->quoted && rule_word_is_reserved(first->text) && !parse_is(p, SV("."))) {
        (void)err_set(p->err, ERR_INVALID, "'%.*s' is a word of the language", SV_FMT(first->text));
        (void)err_hint(p->err, "a metric or field of that name stands in back quotes");
        parse_at(p, first->at);
        return NULL;
    }
    parse_parts(p, e, first->text, true);
    if (first->quoted && e->n_parts == 1) { /* keep the quotes only where they say something */
        e->quoted = rule_word_is_reserved(first->text) || !rule_name_is_plain(first->text) ||
                    rule_builtin_find(e) != BUILTIN__N;
    }
    e->end = p->l.tok.at;
    parse_labels(p, e);
    parse_window(p, e);
    return node_done(p, e);
}

static struct expr *parse_quant(struct parser *p, const struct rule_token *name, int op)
{
    struct expr *e = node_new(p, EXPR_QUANT, name->at);

    e->op = (unsigned)op;
    parse_want(p, SV("("));
    if (!parse_enter(p))
        return NULL;
    e->a = parse_ok(p) ? parse_data(p) : NULL;
    if (parse_ok(p) && parse_accept_word(p, SV("where")))
        e->b = parse_expr(p);
    if (parse_ok(p) && parse_accept(p, SV(":")))
        e->c = parse_expr(p);
    p->depth--;
    parse_want(p, SV(")"));
    parse_window(p, e);
    return node_done(p, e);
}

/* One argument of a function: the second and third of matches() are patterns. */
static struct expr *parse_arg(struct parser *p, enum rule_func f, size_t i)
{
    struct expr *e;

    if (f != FUNC_MATCHES)
        return parse_expr(p);
    if (i == 0)
        return parse_data(p);
    if (i == 2)
        parse_want_word(p, SV("not"));
    e = node_new(p, EXPR_STRING, p->l.tok.at);
    e->text = parse_ok(p) ? parse_string(p, true) : e->text;
    return node_done(p, e);
}

static void parse_args(struct parser *p, struct expr *e)
{
    const struct rule_func_info *info = &rule_funcs[e->op];
    size_t at = p->l.tok.at;

    e->items = ARENA_NEWN(p->a, struct expr *, info->max_args);
    do {
        e->items[e->n_items] = parse_arg(p, (enum rule_func)e->op, e->n_items);
        e->n_items++;
    } while (parse_ok(p) && e->n_items < info->max_args && parse_accept(p, SV(",")));
    if (parse_ok(p) && e->n_items < info->min_args) {
        (void)err_set(p->err, ERR_INVALID, "%.*s takes %u arguments", SV_FMT(info->name),
                      info->min_args);
        parse_at(p, at);
    }
}

static struct expr *parse_no_func(struct parser *p, const struct rule_token *name)
{
    struct suggest near = suggest_begin(name->text);

    for (size_t i = 0; i < FUNC__N; i++)
        suggest_offer(&near, rule_funcs[i].name);
    for (size_t i = 0; i < QUANT__N; i++)
        suggest_offer(&near, rule_quant_names[i]);
    (void)err_set(p->err, ERR_INVALID, "no such function: '%.*s'", SV_FMT(name->text));
    if (near.best.p)
        (void)err_hint(p->err, "did you mean '%.*s'?", SV_FMT(near.best));
    parse_at(p, name->at);
    return NULL;
}

/* NAME "(": a quantifier or a function. */
static struct expr *parse_call(struct parser *p, const struct rule_token *name)
{
    int op = rule_word_find(rule_quant_names, QUANT__N, name->text);
    struct expr *e;

    if (op >= 0)
        return parse_quant(p, name, op);
    op = rule_func_find(name->text);
    if (op < 0)
        return parse_no_func(p, name);
    e = node_new(p, EXPR_FUNC, name->at);
    e->op = (unsigned)op;
    parse_want(p, SV("("));
    if (!parse_enter(p))
        return NULL;
    if (parse_ok(p))
        parse_args(p, e);
    p->depth--;
    parse_want(p, SV(")"));
    parse_window(p, e);
    return node_done(p, e);
}

static struct expr *parse_word(struct parser *p)
{
    static const struct {
        struct sv word;
        enum expr_kind kind;
        bool on;
    } literals[] = {{SV("true"), EXPR_BOOL, true},
                    {SV("false"), EXPR_BOOL, false},
                    {SV("null"), EXPR_NULL, false}};
    struct rule_token name = p->l.tok;
    struct expr *e;

    parse_next(p);
    if (!parse_ok(p))
        return NULL;
    if (!name.quoted && parse_is(p, SV("(")))
        return parse_call(p, &name);
    if (!name.quoted && sv_eq(name.text, SV("baseline"))) {
        e = node_new(p, EXPR_BASELINE, name.at);
        parse_parts(p, e, name.text, false);
        return node_done(p, e);
    }
    for (size_t i = 0; i < ARRAY_LEN(literals); i++)
        if (!name.quoted && !parse_is(p, SV(".")) && sv_eq(name.text, literals[i].word)) {
            e = node_new(p, literals[i].kind, name.at);
            e->on = literals[i].on;
            return node_done(p, e);
        }
    return parse_name(p, &name);
}

/* set | NAME { "." NAME } [ labels ] [ win ] */
static struct expr *parse_data(struct parser *p)
{
    struct rule_token name = p->l.tok;

    if (parse_is(p, SV("{")))
        return parse_set(p);
    if (name.kind != TOK_NAME) {
        parse_expected(p, "a source");
        return NULL;
    }
    parse_next(p);
    return parse_ok(p) ? parse_name(p, &name) : NULL;
}

/* "of" N "(" expr ")" after K. */
static struct expr *parse_kofn(struct parser *p, struct expr *e)
{
    size_t at;
    struct num n;

    e->kind = EXPR_KOFN;
    e->k = (unsigned)parse_integer(p, &e->num, e->at, RULE_MAX_OF);
    e->num = (struct num){0};
    parse_next(p);
    at = p->l.tok.at;
    n = parse_num(p, "a number after 'of'");
    if (!parse_ok(p))
        return NULL;
    e->n = (unsigned)parse_integer(p, &n, at, RULE_MAX_OF);
    if (parse_ok(p) && (e->k < 1 || e->k > e->n)) {
        (void)err_set(p->err, ERR_INVALID,
                      "%u of %u can not be: the first is at least 1 and at most the second", e->k,
                      e->n);
        parse_at(p, e->at);
    }
    parse_want(p, SV("("));
    if (!parse_ok(p) || !parse_enter(p))
        return NULL;
    e->a = parse_expr(p);
    p->depth--;
    parse_want(p, SV(")"));
    return node_done(p, e);
}

static struct expr *parse_number(struct parser *p)
{
    struct expr *e = node_new(p, EXPR_NUM, p->l.tok.at);

    e->num = parse_num(p, "a number");
    if (parse_ok(p) && parse_is_word(p, SV("of")))
        return parse_kofn(p, e);
    if (parse_ok(p) && e->num.dim == DIM_FACTOR && e->num.per_s <= 0 &&
        parse_is_word(p, SV("baseline")) && !ascii_is_digit(parse_peek(p))) {
        parse_next(p); /* a number after it would make it the clause */
        e->kind = EXPR_BASELINE;
        e->on = true;
    }
    return node_done(p, e);
}

static struct expr *parse_paren(struct parser *p)
{
    struct expr *e;

    if (!parse_enter(p))
        return NULL;
    parse_next(p);
    e = parse_ok(p) ? parse_expr(p) : NULL;
    p->depth--;
    parse_want(p, SV(")"));
    return parse_ok(p) ? e : NULL;
}

static struct expr *parse_prefix(struct parser *p, enum expr_kind kind,
                                 struct expr *(*operand)(struct parser *))
{
    struct expr *e = node_new(p, kind, p->l.tok.at);
    unsigned depth = p->depth;

    if (!parse_enter(p))
        return NULL;
    parse_next(p);
    if (kind == EXPR_NOT && parse_is(p, SV("(")))
        p->depth = depth; /* "not (" is one level, as the canonical text has it */
    e->a = parse_ok(p) ? operand(p) : NULL;
    p->depth = depth;
    return node_done(p, e);
}

static struct expr *parse_fac(struct parser *p)
{
    struct expr *e;

    if (parse_is(p, SV("-")))
        return parse_prefix(p, EXPR_NEG, parse_fac);
    if (parse_is(p, SV("(")))
        return parse_paren(p);
    if (parse_is(p, SV("{")))
        return parse_set(p);
    if (p->l.tok.kind == TOK_NUM)
        return parse_number(p);
    if (p->l.tok.kind == TOK_NAME)
        return parse_word(p);
    if (p->l.tok.kind == TOK_STRING) {
        e = node_new(p, EXPR_STRING, p->l.tok.at);
        e->text = parse_string(p, false);
        return node_done(p, e);
    }
    parse_expected(p, "a value");
    return NULL;
}

/* operand { sign operand }, to the left. */
static struct expr *parse_chain(struct parser *p, struct sv signs,
                                struct expr *(*operand)(struct parser *))
{
    struct expr *e = operand(p);

    while (parse_ok(p) && p->l.tok.kind == TOK_PUNCT && p->l.tok.text.n == 1 &&
           sv_has(signs, p->l.tok.text)) {
        struct expr *both = node_new(p, EXPR_ARITH, e->at);

        both->op = (unsigned char)p->l.tok.text.p[0];
        both->a = e;
        parse_next(p);
        both->b = parse_ok(p) ? operand(p) : NULL;
        e = node_done(p, both);
    }
    return e;
}

static struct expr *parse_term(struct parser *p)
{
    return parse_chain(p, SV("*/"), parse_fac);
}

struct expr *parse_sum(struct parser *p)
{
    return parse_chain(p, SV("+-"), parse_term);
}

/* The tails of a comparison: *e is the left side, and what they make of it; the word has been read. */
static void tail_in(struct parser *p, struct expr *e)
{
    bool open = parse_is(p, SV("("));

    e->kind = EXPR_IN;
    if (!open && !parse_is(p, SV("["))) {
        e->b = parse_is(p, SV("{")) ? parse_set(p) : parse_sum(p);
        return;
    }
    e->kind = EXPR_RANGE;
    e->open_lo = open;
    parse_next(p);
    e->b = parse_ok(p) ? parse_sum(p) : NULL;
    parse_want(p, SV(","));
    e->c = parse_ok(p) ? parse_sum(p) : NULL;
    e->open_hi = parse_is(p, SV(")"));
    if (!e->open_hi)
        parse_want(p, SV("]"));
    else
        parse_next(p);
}

static void tail_superset(struct parser *p, struct expr *e)
{
    e->kind = EXPR_SUPERSET;
    e->b = parse_set(p);
}

static void tail_contains(struct parser *p, struct expr *e)
{
    e->kind = EXPR_CONTAINS;
    e->text = parse_string(p, false);
}

static void tail_matches(struct parser *p, struct expr *e)
{
    e->kind = EXPR_MATCHES;
    e->text = parse_string(p, true);
}

/* "deploy" or "step" that is not the beginning of a longer name. */
static bool parse_at_anchor(const struct parser *p)
{
    char next = parse_peek(p);

    return (parse_is_word(p, SV("deploy")) || parse_is_word(p, SV("step"))) && next != '.' &&
           next != '(';
}

static void tail_within(struct parser *p, struct expr *e)
{
    e->kind = EXPR_WITHIN;
    e->num = parse_num(p, "a tolerance after 'within'");
    parse_want_word(p, SV("of"));
    if (!parse_ok(p))
        return;
    if (parse_at_anchor(p)) { /* it was the clause: hand it to whoever reads clauses */
        p->l.tok.kind = TOK_WITHIN;
        p->l.tok.num = e->num;
        return;
    }
    e->b = parse_sum(p);
}

static void tail_not(struct parser *p, struct expr *e)
{
    e->kind = EXPR_NOT_WORSE;
    parse_want_word(p, SV("worse"));
    parse_want_word(p, SV("than"));
    parse_want_word(p, SV("baseline"));
    e->on = parse_ok(p) && parse_accept_word(p, SV("by"));
    if (e->on)
        e->num = parse_num(p, "a margin after 'by'");
}

static void tail_is(struct parser *p, struct expr *e)
{
    int op;

    e->kind = EXPR_IS;
    e->on = parse_accept_word(p, SV("not"));
    op = p->l.tok.kind == TOK_NAME && !p->l.tok.quoted
             ? rule_word_find(rule_is_names, IS__N, p->l.tok.text)
             : -1;
    if (op < 0) {
        parse_expected(p, "null, up, down, missing or stale");
        return;
    }
    e->op = (unsigned)op;
    parse_next(p);
}

static struct expr *parse_compare(struct parser *p, struct expr *left, enum rule_cmp op)
{
    struct expr *e = node_new(p, EXPR_CMP, left->at);

    e->op = op;
    e->a = left;
    parse_next(p);
    e->b = parse_ok(p) ? parse_sum(p) : NULL;
    return node_done(p, e);
}

static struct expr *parse_cmp(struct parser *p)
{
    static const struct {
        struct sv word;
        void (*tail)(struct parser *, struct expr *);
    } tails[] = {
        {SV("in"), tail_in},
        {SV("superset"), tail_superset},
        {SV("contains"), tail_contains},
        {SV("matches"), tail_matches},
        {SV("within"), tail_within},
        {SV("not"), tail_not},
        {SV("is"), tail_is},
    };
    struct expr *left = parse_sum(p), *e;
    size_t at = p->l.tok.at;
    int op;

    if (!parse_ok(p))
        return NULL;
    op = p->l.tok.kind == TOK_PUNCT ? rule_word_find(rule_cmp_names, CMP__N, p->l.tok.text) : -1;
    if (op >= 0)
        return parse_compare(p, left, (enum rule_cmp)op);
    for (size_t i = 0; i < ARRAY_LEN(tails); i++)
        if (parse_accept_word(p, tails[i].word)) {
            e = node_new(p, EXPR_CMP, left->at);
            e->a = left;
            if (parse_ok(p))
                tails[i].tail(p, e);
            if (p->l.tok.kind == TOK_WITHIN) {
                p->l.tok.at = at;
                return left;
            }
            return node_done(p, e);
        }
    return left;
}

static struct expr *parse_neg(struct parser *p)
{
    return parse_is_word(p, SV("not")) && parse_peek(p) != '.'
               ? parse_prefix(p, EXPR_NOT, parse_neg)
               : parse_cmp(p);
}

static struct expr *parse_logic(struct parser *p, struct sv word, enum expr_kind kind,
                                struct expr *(*operand)(struct parser *))
{
    struct expr *e = operand(p);

    while (parse_ok(p) && parse_is_word(p, word)) {
        struct expr *both = node_new(p, kind, e->at);

        both->a = e;
        parse_next(p);
        both->b = parse_ok(p) ? operand(p) : NULL;
        e = node_done(p, both);
    }
    return e;
}

static struct expr *parse_conj(struct parser *p)
{
    return parse_logic(p, SV("and"), EXPR_AND, parse_neg);
}

struct expr *parse_expr(struct parser *p)
{
    return parse_logic(p, SV("or"), EXPR_OR, parse_conj);
}
