/* rule_print: the canonical text of a rule. */
#include "rule/rule.h"

#include "base/sv.h"
#include "rule/token.h"

/* How tightly a node binds: an operand that binds less tightly stands in parentheses. */
enum bind { BIND_OR, BIND_AND, BIND_NOT, BIND_CMP, BIND_SUM, BIND_TERM, BIND_FAC };

static const enum bind binds[EXPR__N] = {
    [EXPR_NUM] = BIND_FAC,       [EXPR_STRING] = BIND_FAC,  [EXPR_BOOL] = BIND_FAC,
    [EXPR_NULL] = BIND_FAC,      [EXPR_SET] = BIND_FAC,     [EXPR_NAME] = BIND_FAC,
    [EXPR_BASELINE] = BIND_FAC,  [EXPR_FUNC] = BIND_FAC,    [EXPR_QUANT] = BIND_FAC,
    [EXPR_KOFN] = BIND_FAC,      [EXPR_NEG] = BIND_FAC,     [EXPR_NOT] = BIND_NOT,
    [EXPR_AND] = BIND_AND,       [EXPR_OR] = BIND_OR,       [EXPR_CMP] = BIND_CMP,
    [EXPR_IN] = BIND_CMP,        [EXPR_RANGE] = BIND_CMP,   [EXPR_SUPERSET] = BIND_CMP,
    [EXPR_CONTAINS] = BIND_CMP,  [EXPR_MATCHES] = BIND_CMP, [EXPR_WITHIN] = BIND_CMP,
    [EXPR_NOT_WORSE] = BIND_CMP, [EXPR_IS] = BIND_CMP,      [EXPR_ARITH] = BIND_SUM,
};

static enum bind bind_of(const struct expr *e)
{
    if (e->kind == EXPR_ARITH && (e->op == '*' || e->op == '/'))
        return BIND_TERM;
    return binds[e->kind];
}

static void print_at(const struct expr *e, enum bind least, struct strbuf *out)
{
    bool paren = bind_of(e) < least;

    strbuf_add_str(out, paren ? "(" : "");
    rule_print_expr(e, out);
    strbuf_add_str(out, paren ? ")" : "");
}

static void print_text(struct sv s, bool pattern, struct strbuf *out)
{
    static const struct {
        char c;
        const char *as;
    } escapes[] = {{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\t', "\\t"}};

    strbuf_add_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        size_t k = 0;

        if (pattern && s.p[i] == '\\' && i + 1 < s.n) { /* a pair that PCRE2 reads as one */
            strbuf_add(out, s.p + i, 2);
            i++;
            continue;
        }
        while (k < (pattern ? 1 : ARRAY_LEN(escapes)) && escapes[k].c != s.p[i])
            k++;
        if (k < (pattern ? 1 : ARRAY_LEN(escapes)))
            strbuf_add_str(out, escapes[k].as);
        else
            strbuf_add_byte(out, s.p[i]);
    }
    strbuf_add_byte(out, '"');
}

void rule_print_pattern(struct sv pattern, struct strbuf *out)
{
    print_text(pattern, true, out);
}

static void print_part(struct sv s, bool quote, struct strbuf *out)
{
    quote |= !rule_name_is_plain(s);
    strbuf_add_str(out, quote ? "`" : "");
    strbuf_add_sv(out, s);
    strbuf_add_str(out, quote ? "`" : "");
}

static void print_window(const struct expr *e, struct strbuf *out)
{
    if (e->window.text.n)
        strbuf_addf(out, "[%.*s]", SV_FMT(e->window.text));
}

static void print_name(const struct expr *e, struct strbuf *out)
{
    for (size_t i = 0; i < e->n_parts; i++) {
        strbuf_add_str(out, i ? "." : "");
        print_part(e->parts[i], e->quoted || (i == 0 && sv_eq(e->parts[i], SV("baseline"))), out);
    }
    for (size_t i = 0; i < e->n_labels; i++) {
        const struct label *l = &e->labels[i];

        strbuf_add_str(out, i ? "," : "{");
        print_part(l->name, false, out);
        strbuf_add_sv(out, label_op_names[l->op]);
        print_text(l->value, l->op == LABEL_RE || l->op == LABEL_NRE, out);
    }
    strbuf_add_str(out, e->n_labels ? "}" : "");
    print_window(e, out);
}

static void print_baseline(const struct expr *e, struct strbuf *out)
{
    if (e->on)
        strbuf_addf(out, "%.*s ", SV_FMT(e->num.text));
    strbuf_add_str(out, "baseline");
    for (size_t i = 0; i < e->n_parts; i++) {
        strbuf_add_byte(out, '.');
        print_part(e->parts[i], false, out);
    }
}

static void print_items(const struct expr *e, struct strbuf *out)
{
    for (size_t i = 0; i < e->n_items; i++) {
        strbuf_add_str(out, i ? ", " : "");
        rule_print_expr(e->items[i], out);
    }
}

static void print_set(const struct expr *e, struct strbuf *out)
{
    strbuf_add_byte(out, '{');
    print_items(e, out);
    strbuf_add_byte(out, '}');
}

static void print_func(const struct expr *e, struct strbuf *out)
{
    strbuf_addf(out, "%.*s(", SV_FMT(rule_funcs[e->op].name));
    if (e->op == FUNC_MATCHES) {
        rule_print_expr(e->items[0], out);
        for (size_t i = 1; i < e->n_items; i++) {
            strbuf_add_str(out, i == 1 ? ", " : ", not ");
            print_text(e->items[i]->text, true, out);
        }
    } else {
        print_items(e, out);
    }
    strbuf_add_byte(out, ')');
    print_window(e, out);
}

static void print_quant(const struct expr *e, struct strbuf *out)
{
    strbuf_addf(out, "%.*s(", SV_FMT(rule_quant_names[e->op]));
    rule_print_expr(e->a, out);
    if (e->b) {
        strbuf_add_str(out, " where ");
        rule_print_expr(e->b, out);
    }
    if (e->c) {
        strbuf_add_str(out, " : ");
        rule_print_expr(e->c, out);
    }
    strbuf_add_byte(out, ')');
    print_window(e, out);
}

static void print_kofn(const struct expr *e, struct strbuf *out)
{
    strbuf_addf(out, "%u of %u (", e->k, e->n);
    rule_print_expr(e->a, out);
    strbuf_add_byte(out, ')');
}

static void print_logic(const struct expr *e, struct strbuf *out)
{
    enum bind b = bind_of(e);

    print_at(e->a, b, out);
    strbuf_add_str(out, e->kind == EXPR_AND ? " and " : " or ");
    print_at(e->b, (enum bind)(b + 1), out);
}

static void print_arith(const struct expr *e, struct strbuf *out)
{
    enum bind b = bind_of(e);

    print_at(e->a, b, out);
    strbuf_addf(out, " %c ", (char)e->op);
    print_at(e->b, (enum bind)(b + 1), out);
}

static void print_neg(const struct expr *e, struct strbuf *out)
{
    /* "not a == b" parses, but people read it as "(not a) == b". */
    bool shield = e->kind == EXPR_NOT && bind_of(e->a) == BIND_CMP;

    strbuf_add_str(out, e->kind == EXPR_NOT ? "not " : "-");
    print_at(e->a, shield ? BIND_SUM : bind_of(e), out);
}

/* Does the text of the sum begin with the word deploy?  Then "within D of" would take it for the clause. */
static bool begins_with_deploy(const struct expr *e)
{
    while (e->kind == EXPR_ARITH && bind_of(e->a) >= bind_of(e))
        e = e->a;
    return e->kind == EXPR_NAME && e->n_parts == 1 && !e->quoted && sv_eq(e->text, SV("deploy"));
}

static void print_tail_within(const struct expr *e, struct strbuf *out)
{
    bool paren = begins_with_deploy(e->b);

    strbuf_addf(out, " within %.*s of %s", SV_FMT(e->num.text), paren ? "(" : "");
    print_at(e->b, BIND_SUM, out);
    strbuf_add_str(out, paren ? ")" : "");
}

static void print_tail_range(const struct expr *e, struct strbuf *out)
{
    strbuf_add_str(out, e->open_lo ? " in (" : " in [");
    print_at(e->b, BIND_SUM, out);
    strbuf_add_str(out, ", ");
    print_at(e->c, BIND_SUM, out);
    strbuf_add_byte(out, e->open_hi ? ')' : ']');
}

static void print_tail_in(const struct expr *e, struct strbuf *out)
{
    strbuf_add_str(out, " in ");
    print_at(e->b, BIND_SUM, out);
}

static void print_tail_text(const struct expr *e, struct strbuf *out)
{
    strbuf_add_str(out, e->kind == EXPR_MATCHES ? " matches " : " contains ");
    print_text(e->text, e->kind == EXPR_MATCHES, out);
}

static void print_tail_worse(const struct expr *e, struct strbuf *out)
{
    strbuf_add_str(out, " not worse than baseline");
    if (e->on)
        strbuf_addf(out, " by %.*s", SV_FMT(e->num.text));
}

static void print_tail(const struct expr *e, struct strbuf *out)
{
    strbuf_addf(out, " %.*s ",
                SV_FMT(e->kind == EXPR_CMP ? rule_cmp_names[e->op] : SV("superset")));
    print_at(e->b, BIND_SUM, out);
}

static void print_tail_is(const struct expr *e, struct strbuf *out)
{
    strbuf_addf(out, " is %s%.*s", e->on ? "not " : "", SV_FMT(rule_is_names[e->op]));
}

static void print_literal(const struct expr *e, struct strbuf *out)
{
    if (e->kind == EXPR_NUM)
        strbuf_add_sv(out, e->num.text);
    else if (e->kind == EXPR_STRING)
        print_text(e->text, false, out);
    else
        strbuf_add_str(out, e->kind == EXPR_NULL ? "null" : e->on ? "true" : "false");
}

void rule_print_expr(const struct expr *e, struct strbuf *out)
{
    static const struct {
        void (*print)(const struct expr *, struct strbuf *);
        bool tail; /* the left side comes first */
    } rows[EXPR__N] = {
        [EXPR_NUM] = {print_literal, false},
        [EXPR_STRING] = {print_literal, false},
        [EXPR_BOOL] = {print_literal, false},
        [EXPR_NULL] = {print_literal, false},
        [EXPR_SET] = {print_set, false},
        [EXPR_NAME] = {print_name, false},
        [EXPR_BASELINE] = {print_baseline, false},
        [EXPR_FUNC] = {print_func, false},
        [EXPR_QUANT] = {print_quant, false},
        [EXPR_KOFN] = {print_kofn, false},
        [EXPR_NEG] = {print_neg, false},
        [EXPR_NOT] = {print_neg, false},
        [EXPR_AND] = {print_logic, false},
        [EXPR_OR] = {print_logic, false},
        [EXPR_ARITH] = {print_arith, false},
        [EXPR_CMP] = {print_tail, true},
        [EXPR_IN] = {print_tail_in, true},
        [EXPR_RANGE] = {print_tail_range, true},
        [EXPR_SUPERSET] = {print_tail, true},
        [EXPR_CONTAINS] = {print_tail_text, true},
        [EXPR_MATCHES] = {print_tail_text, true},
        [EXPR_WITHIN] = {print_tail_within, true},
        [EXPR_NOT_WORSE] = {print_tail_worse, true},
        [EXPR_IS] = {print_tail_is, true},
    };

    if (rows[e->kind].tail)
        print_at(e->a, BIND_SUM, out);
    rows[e->kind].print(e, out);
}

static void print_span(const char *word, struct rule_span s, const char *of, struct strbuf *out)
{
    if (s.text.n)
        strbuf_addf(out, " %s %.*s%s", word, SV_FMT(s.text), of);
}

static void print_num(const char *word, bool has, const struct num *v, struct strbuf *out)
{
    if (has)
        strbuf_addf(out, " %s %.*s", word, SV_FMT(v->text));
}

static void print_act(const struct rule_act *act, struct strbuf *out)
{
    strbuf_add_sv(out, rule_actions[act->action].name);
    if (act->name.n) {
        strbuf_add_byte(out, ' ');
        print_part(act->name, rule_word_is_reserved(act->name), out);
    }
}

static void print_clauses(const struct rule *r, struct strbuf *out)
{
    print_span("for", r->hold, "", out);
    print_span("every", r->every, "", out);
    print_span("within", r->within, r->within_of == FROM_STEP ? " of step" : " of deploy", out);
    if (r->at.from != FROM_NONE)
        strbuf_addf(out, " at %s+%.*s", r->at.from == FROM_STEP ? "step" : "T",
                    SV_FMT(r->at.after.text));
    if (r->has_min)
        strbuf_addf(out, " min %llu samples", (unsigned long long)r->min);
    if (r->has_missing)
        strbuf_addf(out, " missing %.*s", SV_FMT(rule_missing_names[r->missing]));
    print_num("recover", r->has_recover, &r->recover, out);
    print_num("baseline", r->has_baseline, &r->baseline, out);
    print_num("confident", r->has_confident, &r->confident, out);
    if (r->after.p) {
        strbuf_add_str(out, " after ");
        print_part(r->after, rule_word_is_reserved(r->after), out);
        if (r->after_numbered)
            strbuf_addf(out, " %llu", (unsigned long long)r->after_n);
    }
    if (r->form == RULE_EXPECT && r->n_acts) {
        strbuf_add_str(out, " else ");
        print_act(r->acts, out);
    }
}

static void print_checkpoint(const struct rule *r, struct strbuf *out)
{
    strbuf_addf(out, "checkpoint T+%.*s", SV_FMT(r->at.after.text));
    for (size_t i = 0; i < r->n_names; i++) {
        strbuf_add_str(out, i ? ", " : ": ");
        print_part(r->names[i], false, out);
    }
}

void rule_print(const struct rule *r, struct strbuf *out)
{
    if (r->form == RULE_CHECKPOINT) {
        print_checkpoint(r, out);
        return;
    }
    for (size_t i = 0; r->form == RULE_WHEN && i < r->n_acts; i++) {
        strbuf_add_str(out, i ? ", " : "");
        print_act(&r->acts[i], out);
    }
    strbuf_add_str(out, r->form == RULE_WHEN     ? " when "
                        : r->form == RULE_EXPECT ? "expect "
                                                 : "report ");
    print_at(r->expr, r->form == RULE_REPORT ? BIND_SUM : BIND_OR, out);
    print_clauses(r, out);
}
