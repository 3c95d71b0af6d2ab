#include "rule/parse_int.h"

#include "base/suggest.h"
#include "base/sv.h"

void parse_next(struct parser *p)
{
    if (parse_ok(p) && rule_lexer_next(&p->l, p->err) != ERR_OK)
        parse_at(p, p->l.tok.at);
}

void parse_expected(struct parser *p, const char *what)
{
    if (!parse_ok(p))
        return;
    (void)err_set(p->err, ERR_INVALID, "expected %s, found %s", what, rule_token_show(&p->l.tok).s);
    parse_at(p, p->l.tok.at);
}

bool parse_is(const struct parser *p, struct sv punct)
{
    return parse_ok(p) && p->l.tok.kind == TOK_PUNCT && sv_eq(p->l.tok.text, punct);
}

bool parse_is_word(const struct parser *p, struct sv word)
{
    return parse_ok(p) && p->l.tok.kind == TOK_NAME && !p->l.tok.quoted &&
           sv_eq(p->l.tok.text, word);
}

bool parse_accept(struct parser *p, struct sv punct)
{
    bool is = parse_is(p, punct);

    if (is)
        parse_next(p);
    return is;
}

bool parse_accept_word(struct parser *p, struct sv word)
{
    bool is = parse_is_word(p, word);

    if (is)
        parse_next(p);
    return is;
}

static void parse_want_quoted(struct parser *p, struct sv what)
{
    char text[32] = "'";

    assert(what.n + 3 < sizeof(text));
    memcpy(text + 1, what.p, what.n);
    text[what.n + 1] = '\'';
    parse_expected(p, text);
}

void parse_want(struct parser *p, struct sv punct)
{
    if (!parse_accept(p, punct))
        parse_want_quoted(p, punct);
}

void parse_want_word(struct parser *p, struct sv word)
{
    if (!parse_accept_word(p, word))
        parse_want_quoted(p, word);
}

struct num parse_num(struct parser *p, const char *what)
{
    struct num v = p->l.tok.num;

    if (p->l.tok.kind != TOK_NUM) {
        parse_expected(p, what);
        return (struct num){0};
    }
    parse_next(p);
    return v;
}

/* What a number token says as a duration; zero durations wait for nothing and are refused. */
static struct rule_span span_of(struct parser *p, const struct num *v, size_t at)
{
    struct rule_span s = {.text = v->text};

    if (!parse_ok(p))
        return s;
    if (!num_duration_us(v, &s.us) || s.us == 0) {
        (void)err_set(p->err, ERR_INVALID,
                      "'%.*s' is no duration of at least 1us and at most ten years",
                      SV_FMT(v->text));
        (void)err_hint(p->err, "write a number with ms, s, m, h, d or w, without a blank");
        parse_at(p, at);
    }
    return s;
}

struct rule_span parse_span(struct parser *p, const char *what)
{
    size_t at = p->l.tok.at;
    struct num v = parse_num(p, what);

    return span_of(p, &v, at);
}

uint64_t parse_integer(struct parser *p, const struct num *v, size_t at, uint64_t max)
{
    uint64_t n = 0;

    if (!parse_ok(p))
        return 0;
    if (v->dim != DIM_COUNT || v->per_s > 0 || !sv_to_u64(v->text, &n) || n > max) {
        (void)err_set(p->err, ERR_INVALID, "'%.*s' is no whole number up to %llu", SV_FMT(v->text),
                      (unsigned long long)max);
        parse_at(p, at);
        return 0;
    }
    return n;
}

/* "T+" digits unit, in one piece: the current token is the "T". */
static bool parse_t_number(struct parser *p, size_t at, struct rule_span *ret)
{
    const struct rule_token *t = &p->l.tok;
    struct sv text = sv_sub(p->l.text, at, p->l.text.n);

    if (!parse_is_word(p, SV("T")) || !sv_starts(text, SV("T+")))
        return false;
    parse_next(p);
    parse_next(p);
    if (!parse_ok(p) || t->kind != TOK_NUM || t->at != at + 2 || t->text.n < 2)
        return false;
    *ret = (struct rule_span){.text = t->text};
    return num_duration_us(&t->num, &ret->us) && !sv_has(t->text, SV(".")) &&
           sv_has(SV("smhdw"), sv_sub(t->text, t->text.n - 1, t->text.n)) &&
           ascii_is_digit(t->text.p[t->text.n - 2]);
}

static void parse_t(struct parser *p, struct rule_moment *m)
{
    size_t at = p->l.tok.at;

    m->from = FROM_DEPLOY;
    if (parse_t_number(p, at, &m->after)) {
        parse_next(p);
    } else if (parse_ok(p)) {
        (void)err_set(p->err, ERR_INVALID, "expected a moment, as T+15m");
        (void)err_hint(p->err, "whole seconds, minutes, hours, days or weeks, without a blank");
        parse_at(p, at);
    }
}

/* A name that is not a word of the language (unless quoted). */
static struct sv parse_receiver(struct parser *p, const char *what)
{
    struct sv name = p->l.tok.text;

    if (p->l.tok.kind != TOK_NAME || (!p->l.tok.quoted && rule_word_is_reserved(name))) {
        parse_expected(p, what);
        return (struct sv){NULL, 0};
    }
    parse_next(p);
    return name;
}

/* One action; false when the token is none. */
static bool parse_action(struct parser *p, struct rule_act *ret)
{
    for (size_t i = 0; i < ACTION__N; i++)
        if (parse_accept_word(p, rule_actions[i].name)) {
            ret->action = (enum rule_action)i;
            if (rule_actions[i].named)
                ret->name =
                    parse_receiver(p, i == ACTION_FLAG_OFF ? "the name of a flag" : "a receiver");
            return true;
        }
    return false;
}

static void clause_for(struct parser *p, struct rule *r)
{
    r->hold = parse_span(p, "a duration after 'for'");
}

static void clause_every(struct parser *p, struct rule *r)
{
    r->every = parse_span(p, "a duration after 'every'");
}

static void clause_within_of(struct parser *p, struct rule *r)
{
    r->within_of = parse_is_word(p, SV("deploy")) ? FROM_DEPLOY : FROM_STEP;
    if (!parse_accept_word(p, SV("deploy")) && !parse_accept_word(p, SV("step")))
        parse_expected(p, "'deploy' or 'step'");
}

static void clause_within(struct parser *p, struct rule *r)
{
    r->within = parse_span(p, "a duration after 'within'");
    parse_want_word(p, SV("of"));
    clause_within_of(p, r);
}

static void clause_at(struct parser *p, struct rule *r)
{
    if (!parse_accept_word(p, SV("step"))) {
        parse_t(p, &r->at);
        return;
    }
    parse_want(p, SV("+"));
    r->at.from = FROM_STEP;
    r->at.after = parse_span(p, "a duration after 'step+'");
}

static void clause_min(struct parser *p, struct rule *r)
{
    size_t at = p->l.tok.at;
    struct num v = parse_num(p, "a number of samples");

    r->has_min = true;
    r->min = parse_integer(p, &v, at, 1000000000000u);
    parse_want_word(p, SV("samples"));
}

static void clause_missing(struct parser *p, struct rule *r)
{
    r->has_missing = true;
    for (size_t i = 0; i < MISSING__N; i++)
        if (parse_accept_word(p, rule_missing_names[i])) {
            r->missing = (enum rule_missing)i;
            return;
        }
    parse_expected(p, "'ok', 'bad' or 'hold'");
}

static void clause_recover(struct parser *p, struct rule *r)
{
    r->has_recover = true;
    r->recover = parse_num(p, "a number after 'recover'");
}

static void clause_baseline(struct parser *p, struct rule *r)
{
    r->has_baseline = true;
    r->baseline = parse_num(p, "a number after 'baseline'");
}

static void clause_confident(struct parser *p, struct rule *r)
{
    size_t at = p->l.tok.at;

    r->has_confident = true;
    r->confident = parse_num(p, "a percentage after 'confident'");
    if (parse_ok(p) && (r->confident.dim != DIM_RATIO || r->confident.per_s > 0 ||
                        r->confident.value <= 0.5 || r->confident.value >= 1)) {
        (void)err_set(p->err, ERR_INVALID, "'%.*s' is no percentage between 50%% and 100%%",
                      SV_FMT(r->confident.text));
        parse_at(p, at);
    }
}

static void clause_after(struct parser *p, struct rule *r)
{
    size_t at;
    struct num v;

    r->after = parse_receiver(p, "a name after 'after', as 'phase 4'");
    if (!parse_ok(p) || p->l.tok.kind != TOK_NUM)
        return;
    at = p->l.tok.at;
    v = parse_num(p, "a number");
    r->after_numbered = true;
    r->after_n = parse_integer(p, &v, at, 1000000);
}

static void clause_else(struct parser *p, struct rule *r)
{
    size_t at = p->l.tok.at;

    if (r->form != RULE_EXPECT) {
        (void)err_set(p->err, ERR_INVALID, "'else' belongs to 'expect'");
        parse_at(p, at);
        return;
    }
    r->acts = ARENA_NEW(p->a, struct rule_act);
    if (!parse_action(p, r->acts))
        parse_expected(p, "an action after 'else'");
    r->n_acts = 1;
}

static const struct {
    struct sv word;
    void (*read)(struct parser *, struct rule *);
} clauses[CLAUSE__N] = {
    [CLAUSE_FOR] = {SV("for"), clause_for},
    [CLAUSE_EVERY] = {SV("every"), clause_every},
    [CLAUSE_WITHIN] = {SV("within"), clause_within},
    [CLAUSE_AT] = {SV("at"), clause_at},
    [CLAUSE_MIN] = {SV("min"), clause_min},
    [CLAUSE_MISSING] = {SV("missing"), clause_missing},
    [CLAUSE_RECOVER] = {SV("recover"), clause_recover},
    [CLAUSE_BASELINE] = {SV("baseline"), clause_baseline},
    [CLAUSE_CONFIDENT] = {SV("confident"), clause_confident},
    [CLAUSE_AFTER] = {SV("after"), clause_after},
    [CLAUSE_ELSE] = {SV("else"), clause_else},
};

/* A "within" that the comparison before it met first. */
static void clause_within_met(struct parser *p, struct rule *r)
{
    struct rule_token t = p->l.tok;

    r->within = span_of(p, &t.num, t.at);
    p->l.tok.kind = TOK_NAME;
    clause_within_of(p, r);
}

static void parse_clauses(struct parser *p, struct rule *r)
{
    unsigned seen = 0;

    while (parse_ok(p)) {
        size_t at = p->l.tok.at, i = 0;
        bool met = p->l.tok.kind == TOK_WITHIN;

        while (i < CLAUSE__N && !(met ? i == CLAUSE_WITHIN : parse_is_word(p, clauses[i].word)))
            i++;
        if (i == CLAUSE__N)
            return;
        if (seen & 1u << i) {
            (void)err_set(p->err, ERR_INVALID, "the clause '%.*s' stands twice",
                          SV_FMT(clauses[i].word));
            parse_at(p, at);
            return;
        }
        seen |= 1u << i;
        r->clause_at[i] = at;
        if (met) {
            clause_within_met(p, r);
            continue;
        }
        parse_next(p);
        if (parse_ok(p))
            clauses[i].read(p, r);
    }
}

static void parse_when(struct parser *p, struct rule *r)
{
    VEC(struct rule_act) acts = {0};

    do {
        struct rule_act act = {0};

        if (!parse_action(p, &act))
            parse_expected(p, "an action");
        *vec_add(&acts) = act;
    } while (parse_ok(p) && parse_accept(p, SV(",")));
    r->acts = arena_memdup(p->a, acts.v, acts.n * sizeof(*acts.v));
    r->n_acts = acts.n;
    vec_release(&acts);
    parse_want_word(p, SV("when"));
    r->expr = parse_ok(p) ? parse_expr(p) : NULL;
    parse_clauses(p, r);
}

static void parse_expectation(struct parser *p, struct rule *r)
{
    r->form = RULE_EXPECT;
    r->expr = parse_expr(p);
    parse_clauses(p, r);
}

static void parse_checkpoint(struct parser *p, struct rule *r)
{
    VEC(struct sv) names = {0};
    VEC(size_t) places = {0};

    r->form = RULE_CHECKPOINT;
    parse_t(p, &r->at);
    if (parse_accept(p, SV(":")))
        do {
            *vec_add(&names) = p->l.tok.text;
            *vec_add(&places) = p->l.tok.at;
            if (p->l.tok.kind != TOK_NAME)
                parse_expected(p, "the name of a rule");
            parse_next(p);
        } while (parse_ok(p) && parse_accept(p, SV(",")));
    r->names = arena_memdup(p->a, names.v, names.n * sizeof(*names.v));
    r->name_at = arena_memdup(p->a, places.v, places.n * sizeof(*places.v));
    r->n_names = names.n;
    vec_release(&names);
    vec_release(&places);
}

static void parse_report(struct parser *p, struct rule *r)
{
    r->form = RULE_REPORT;
    r->expr = parse_sum(p);
    if (parse_ok(p) && parse_accept_word(p, SV("at")))
        parse_t(p, &r->at);
}

static void parse_rule(struct parser *p, struct rule *r)
{
    static const struct {
        struct sv word;
        void (*read)(struct parser *, struct rule *);
    } forms[] = {{SV("expect"), parse_expectation},
                 {SV("checkpoint"), parse_checkpoint},
                 {SV("report"), parse_report}};

    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (parse_accept_word(p, forms[i].word)) {
            if (parse_ok(p))
                forms[i].read(p, r);
            return;
        }
    parse_when(p, r);
}

/* The near word, when the first one is none: "rolback when ...". */
static void parse_hint_form(struct parser *p, struct sv word)
{
    struct suggest near = suggest_begin(word);

    for (size_t i = 0; i < ACTION__N; i++)
        suggest_offer(&near, rule_actions[i].name);
    suggest_offer(&near, SV("expect"));
    suggest_offer(&near, SV("checkpoint"));
    suggest_offer(&near, SV("report"));
    if (near.best.p)
        (void)err_hint(p->err, "did you mean '%.*s'?", SV_FMT(near.best));
}

/* Copies the text, reads the first token. */
static void parser_begin(struct parser *p, struct arena *a, struct sv text, struct err *err)
{
    p->a = a;
    p->err = err;
    *p->diag = (struct rule_diag){0};
    err->code = ERR_OK;
    if (text.n > RULE_MAX_BYTES)
        (void)err_set(err, ERR_LIMIT, "a rule of %zu bytes: at most %u are read", text.n,
                      RULE_MAX_BYTES);
    else if (rule_lexer_begin(&p->l, arena_sv(a, text), err) != ERR_OK)
        parse_at(p, p->l.tok.at);
}

/* The near clause: "... > 5% fro 5m".  Behind a condition it may go on as well: "... nad b > 2". */
static void parse_hint_clause(struct parser *p)
{
    struct suggest near = suggest_begin(p->l.tok.text);

    for (size_t i = 0; i < CLAUSE__N; i++)
        suggest_offer(&near, clauses[i].word);
    suggest_offer(&near, SV("and"));
    suggest_offer(&near, SV("or"));
    if (near.best.p)
        (void)err_hint(p->err, "did you mean '%.*s'?", SV_FMT(near.best));
}

static enum err_code parser_end(struct parser *p)
{
    if (parse_ok(p) && p->l.tok.kind != TOK_END) {
        (void)err_set(p->err, ERR_INVALID, "text after the rule: %s", rule_token_show(&p->l.tok).s);
        if (p->l.tok.kind == TOK_NAME)
            parse_hint_clause(p);
        parse_at(p, p->l.tok.at);
    }
    return p->err->code;
}

/* Callers may pass an err that still holds an older error, and expect hint to be this one's. */
static void err_clear(struct err *err)
{
    err->code = ERR_OK;
    err->msg[0] = err->hint[0] = '\0';
}

enum err_code rule_parse(struct arena *a, struct sv text, struct rule **ret, struct rule_diag *diag,
                         struct err *err)
{
    struct parser p = {.diag = diag};
    struct sv trimmed = sv_trim(text);
    struct rule *r = ARENA_NEW(a, struct rule);
    size_t cut = trimmed.n ? (size_t)(trimmed.p - text.p) : 0;
    struct sv first;

    err_clear(err);
    r->scale = 1;
    parser_begin(&p, a, trimmed, err);
    first = p.l.tok.text;
    r->text = p.l.text;
    if (parse_ok(&p))
        parse_rule(&p, r);
    if (parser_end(&p) != ERR_OK) {
        if (diag->column == 0 && !err->hint[0])
            parse_hint_form(&p, first);
        diag->column += cut;
        return err->code;
    }
    *ret = r;
    return ERR_OK;
}

enum err_code rule_parse_expr(struct arena *a, struct sv text, struct expr **ret,
                              struct rule_diag *diag, struct err *err)
{
    struct parser p = {.diag = diag};
    struct expr *e = NULL;

    err_clear(err);
    parser_begin(&p, a, text, err);
    if (parse_ok(&p))
        e = parse_expr(&p);
    if (parser_end(&p) != ERR_OK)
        return err->code;
    *ret = e;
    return ERR_OK;
}
