/* judge_operand: what the conditions were of which a rule is made. */
#include <stdio.h>

#include "base/sv.h"
#include "rule/judge_int.h"

/* A rule that is one comparison of a number tells value and limit by itself. */
static bool operands_are_told(const struct judge_rule *r)
{
    const struct eval_info *i = &r->seen.info;

    if (r->rule->form == RULE_REPORT || r->seen.result == RESULT_NONE)
        return false;
    if (i->n_operands != 1)
        return i->n_operands > 1;
    return !i->has_value && !i->has_share && r->seen.result != RESULT_ERROR &&
           (i->operands[0].text[0] || i->operands[0].has_value);
}

size_t judge_n_operands(const struct judge *j, size_t rule)
{
    assert(rule < j->rules.n);
    if (!operands_are_told(&j->rules.v[rule]))
        return 0;
    return size_min(j->rules.v[rule].seen.info.n_operands, OPERANDS_MAX);
}

static enum judge_result_kind operand_result(const struct eval_operand *o)
{
    if (o->kind == VAL_NODATA)
        return RESULT_NODATA;
    return o->kind == VAL_ERROR ? RESULT_ERROR : o->truth ? RESULT_TRUE : RESULT_FALSE;
}

static bool operand_is_between(const struct eval_operand *o)
{
    return o->kind == VAL_NODATA && o->why == NODATA_BETWEEN_BUCKETS;
}

static struct dim_text operand_share(const struct eval_operand *o)
{
    return dist_share_text(o->share, operand_is_between(o) ? o->share_to : o->share);
}

/* "8.1%", "6.6% above", "\"pending\"" */
static void operand_add_value(const struct eval_operand *o, const struct num *written,
                              struct judge_operand_text *ret)
{
    if (o->has_value)
        (void)snprintf(ret->s, sizeof(ret->s), "%s",
                       num_format_beside(o->value, o->type, written).s);
    else if (o->has_share)
        (void)snprintf(ret->s, sizeof(ret->s), "%s above", operand_share(o).s);
    else
        (void)snprintf(ret->s, sizeof(ret->s), "%s", o->kind == VAL_ERROR ? "" : o->text);
}

void judge_operand(const struct judge *j, size_t rule, size_t i, struct judge_operand *ret)
{
    const struct judge_rule *r = &j->rules.v[rule];
    const struct eval_operand *o = &r->seen.info.operands[i];
    const struct expr *e = operand_at(r->rule, i);

    assert(i < judge_n_operands(j, rule) && i < r->n_operands);
    *ret = (struct judge_operand){.text = r->operands[i],
                                  .result = operand_result(o),
                                  .has_value = o->has_value || o->has_share,
                                  .value = o->has_value ? o->value : o->share,
                                  .has_limit = o->has_limit,
                                  .limit = o->limit,
                                  .has_limit_to = o->has_limit_to,
                                  .limit_to = o->limit_to,
                                  .type = o->type,
                                  .written = rule_written(e->kind == EXPR_KOFN ? e->a : e)};
    if (ret->result == RESULT_NODATA)
        ret->why = sv_from(nodata_names[o->why]);
    else if (ret->result == RESULT_ERROR)
        ret->why = sv_from(o->text);
    ret->share_open = operand_is_between(o) && o->has_share;
    operand_add_value(o, &ret->written, &ret->value_text);
}

/* Does the text of the condition say what its limit is? */
static bool operand_says_limit(const struct judge_operand *o)
{
    struct dim_text limit = num_format_beside(o->limit, o->type, &o->written);

    return sv_has(o->text, sv_from(limit.s)) || !sv_has(o->text, SV("baseline"));
}

void judge_explain_operands(const struct judge *j, size_t rule, struct strbuf *out)
{
    size_t n = judge_n_operands(j, rule), all = j->rules.v[rule].seen.info.n_operands;

    for (size_t i = 0; i < n; i++) {
        struct judge_operand o;

        judge_operand(j, rule, i, &o);
        strbuf_addf(out, "%s%.*s is %s", i ? "; " : "", SV_FMT(o.text),
                    judge_result_names[o.result]);
        if (o.why.p)
            strbuf_addf(out, " (%.*s%s%s)", SV_FMT(o.why), o.share_open ? ": " : "",
                        o.share_open ? o.value_text.s : "");
        else if (o.value_text.s[0])
            strbuf_addf(out, " (%s", o.value_text.s);
        if (!o.why.p && o.value_text.s[0] && o.has_limit && !operand_says_limit(&o))
            strbuf_addf(out, ", limit %s", num_format_beside(o.limit, o.type, &o.written).s);
        if (!o.why.p && o.value_text.s[0])
            strbuf_add_byte(out, ')');
    }
    if (all > n && n > 0)
        strbuf_addf(out, "; and %zu more", all - n);
}

/* ---- what was never seen ---- */

void judge_operands_note(struct judge_rule *r)
{
    const struct eval_info *i = &r->seen.info;

    bool known = r->seen.result == RESULT_TRUE || r->seen.result == RESULT_FALSE;

    r->st.looks++;
    r->st.nulls |= known && i->only_nulls;
    if (known && !i->only_nulls)
        r->st.known++;
    else if (known)
        r->st.gap = NODATA_NULL;
    else
        r->st.gap = r->seen.result == RESULT_ERROR ? NODATA__N : r->seen.nodata;
    for (size_t k = 0; k < i->n_operands && k < OPERANDS_MAX; k++)
        if (i->operands[k].kind != VAL_NODATA && i->operands[k].kind != VAL_ERROR)
            r->st.parts |= 1LL << k;
}

static const char *unseen_why(const struct judge_rule *r, size_t part)
{
    const struct eval_operand *o = part < OPERANDS_MAX ? &r->seen.info.operands[part] : NULL;

    if (o && r->seen.info.n_operands > part && o->kind == VAL_NODATA)
        return nodata_names[o->why];
    if (o && r->seen.info.n_operands > part && o->kind == VAL_ERROR && o->text[0])
        return o->text;
    return r->st.gap < NODATA__N ? nodata_names[r->st.gap] : "ERROR";
}

bool judge_unseen(const struct judge *j, size_t rule, struct judge_unseen *ret)
{
    const struct judge_rule *r = &j->rules.v[rule];
    size_t part = 0;

    assert(rule < j->rules.n);
    *ret = (struct judge_unseen){.looks = r->st.looks,
                                 .decides = r->st.looks > 0 && r->worst != VERDICT_OK &&
                                            r->rule->missing != MISSING_OK && !r->st.nulls};
    if (r->rule->form == RULE_REPORT)
        return false;
    if (r->st.known == 0) { /* rows of nulls may be as they should: "failed_at > deploy" */
        ret->why = r->st.looks ? unseen_why(r, r->n_operands > 1 ? OPERANDS_MAX : 0) : "";
        return true;
    }
    while (part < r->n_operands && part < OPERANDS_MAX && r->st.parts >> part & 1)
        part++;
    if (r->n_operands < 2 || part == r->n_operands || part == OPERANDS_MAX)
        return false;
    ret->part = r->operands[part];
    ret->why = unseen_why(r, part);
    return true;
}
