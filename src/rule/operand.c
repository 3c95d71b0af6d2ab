#include "rule/operand.h"

#include "base/sv.h"

struct operand_list {
    struct arena *a;
    struct sv *texts; /* NULL: they are counted */
    size_t n;
};

bool operand_joins(const struct expr *e)
{
    return e->kind == EXPR_AND || e->kind == EXPR_OR || e->kind == EXPR_NOT;
}

static void operand_add(struct operand_list *l, const struct expr *e)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (operand_joins(e)) {
        operand_add(l, e->a);
        if (e->b)
            operand_add(l, e->b);
        return;
    }
    if (l->texts && l->n < OPERANDS_MAX) {
        rule_print_expr(e, &text);
        l->texts[l->n] = arena_sv(l->a, strbuf_sv(&text));
    }
    l->n++;
}

size_t operand_texts(struct arena *a, const struct rule *r, struct sv texts[OPERANDS_MAX])
{
    struct operand_list as_judged = {.a = a}, as_written = {.a = a, .texts = texts};
    struct rule_diag diag;
    struct rule *written;
    struct err err;

    operand_add(&as_judged, r->expr);
    if (rule_parse(a, r->text, &written, &diag, &err) == ERR_OK && written->expr)
        operand_add(&as_written, written->expr);
    if (as_written.n !=
        as_judged.n) { /* an alias is a condition of several, or was made from none */
        as_written.n = 0;
        operand_add(&as_written, r->expr);
    }
    return as_written.n;
}

static const struct expr *operand_find(const struct expr *e, size_t *left)
{
    const struct expr *found;

    if (!operand_joins(e))
        return (*left)-- == 0 ? e : NULL;
    found = operand_find(e->a, left);
    return found || !e->b ? found : operand_find(e->b, left);
}

const struct expr *operand_at(const struct rule *r, size_t i)
{
    return operand_find(r->expr, &i);
}
