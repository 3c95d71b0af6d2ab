/*
 * otherwise: "If not: restore the backup.", "Otherwise, call the DBA": words that say nothing without what they negate.
 */
#include <string.h>

#include "base/sv.h"
#include "runbook/reader_int.h"

/* Does it begin with such words, and name nothing itself?  "If not empty" does. */
static size_t otherwise_words(struct sv text)
{
    static const struct sv words[] = {SV("if not"),
                                      SV("if it is not"),
                                      SV("if it isn't"),
                                      SV("if it does not"),
                                      SV("if it doesn't"),
                                      SV("if this is not the case"),
                                      SV("if that is not the case"),
                                      SV("if they are not"),
                                      SV("if so"),
                                      SV("otherwise"),
                                      SV("or else"),
                                      SV("falls nicht"),
                                      SV("wenn nicht"),
                                      SV("falls doch"),
                                      SV("andernfalls"),
                                      SV("ansonsten"),
                                      SV("sonst"),
                                      SV("sinon"),
                                      SV("dans le cas contraire"),
                                      SV("si no"),
                                      SV("si no es así"),
                                      SV("de lo contrario"),
                                      SV("en caso contrario"),
                                      SV("caso contrário"),
                                      SV("se não"),
                                      SV("senão"),
                                      SV("w przeciwnym razie"),
                                      SV("jeśli nie"),
                                      SV("in caso contrario"),
                                      SV("そうでない場合は"),
                                      SV("そうでない場合"),
                                      SV("否则"),
                                      SV("如果不是")};

    for (size_t i = ARRAY_LEN(words); i-- > 0;) {
        struct sv rest = text;

        if (sv_eat_nocase(&rest, words[i]) &&
            (!rest.n || strchr(",:;.", *rest.p) || (unsigned char)*rest.p & 0x80 ||
             sv_starts(rest, SV(" →")) || sv_starts(rest, SV(" ->"))))
            return words[i].n;
    }
    return 0;
}

bool otherwise_is(struct sv text)
{
    return otherwise_words(sv_trim(text)) > 0;
}

size_t otherwise_begins(struct sv text)
{
    for (size_t i = 1; i < text.n; i++) {
        struct sv before = sv_trim_right(sv_sub(text, 0, i));

        if (ascii_is_space(text.p[i - 1]) && !ascii_is_space(text.p[i]) && before.n &&
            strchr(".;!?", before.p[before.n - 1]) && otherwise_words(sv_sub(text, i, text.n)))
            return i;
    }
    return SV_NPOS;
}

/* What the last step must show, else the step itself. */
static struct sv otherwise_meant(const struct rb_build *b)
{
    const struct rb_draft *d = b->steps.n ? vec_last(&b->steps) : NULL;

    if (!d)
        return (struct sv){NULL, 0};
    if (d->expects.n)
        return vec_last(&d->expects)->source;
    return sv_sub(d->step.text, 0, sv_find_byte(d->step.text, '\n', 0));
}

struct sv otherwise_condition(const struct rb_build *b, struct sv condition)
{
    struct sv meant = otherwise_meant(b);
    size_t n = condition.n && meant.n ? otherwise_words(condition) : 0;

    return n ? arena_fmt(b->arena, "%.*s (%.*s)%.*s", SV_FMT(sv_sub(condition, 0, n)),
                         SV_FMT(meant), SV_FMT(sv_sub(condition, n, condition.n)))
             : condition;
}

struct sv otherwise_text(const struct rb_build *b, struct sv before, struct sv text)
{
    struct sv meant = sv_trim(before.n ? before : otherwise_meant(b));

    if (!meant.n || !otherwise_is(text))
        return text;
    return arena_fmt(b->arena, "%.*s%s %.*s", SV_FMT(meant),
                     strchr(".!?:;,", meant.p[meant.n - 1]) ? "" : ".", SV_FMT(sv_trim(text)));
}

void otherwise_remark(struct rb_build *b, size_t line, struct sv text)
{
    remark_add(b, line, text);
    if (b->steps.n && vec_last(&b->remarks)->step == b->steps.n)
        vec_last(&b->remarks)->step--; /* it speaks of what stands before it */
}

bool otherwise_is_below(const struct rb_build *b, uint32_t item)
{
    const struct md_node *v = b->rb->md.v, *text = &v[v[item].first];
    uint32_t list = v[item].parent;

    return list != MD_NONE && v[list].parent != MD_NONE && v[v[list].parent].kind == MD_ITEM &&
           text->next == MD_NONE && otherwise_is(text->text) && build_role_acts(build_role(b));
}
