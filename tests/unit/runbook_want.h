#pragma once

/* What a text of a runbook is read as, written on one line: its steps, rules and expectations. */
#include "base/strbuf.h"
#include "base/sv.h"
#include "runbook/command.h"

#include "runbook_read.h"

#define SH(code) "\n```bash\n" code "\n```\n"

/* What was written down of a text. */
UNUSED static void want_given(const char *text, const struct strbuf *got, const char *want)
{
    if (!sv_eq(strbuf_sv(got), sv_from(want)))
        T_FAIL("'%s' gives '%s' and should give '%s'", text, strbuf_str(got), want);
}

/* "role steps" of each section with steps, one a line: manual ones in brackets, conditions behind '?'. */
UNUSED static void show_steps_of(const struct runbook *rb, struct strbuf *out)
{
    for (size_t i = 0; i < rb->n_steps; i++) {
        const struct rb_step *s = &rb->steps[i];
        const struct rb_part *p = &rb->parts[s->part];
        struct sv condition = s->condition;

        for (uint32_t at = s->part; !condition.n && at != RB_NONE; at = rb->parts[at].parent)
            condition = rb->parts[at].condition;
        strbuf_addf(out, "%s%s ", i ? "|" : "", rb_role_name(p->role));
        strbuf_addf(out,
                    s->kind == STEP_MANUAL ? "[%.*s]"
                    : s->kind == STEP_SQL  ? "sql:%.*s"
                                           : "%.*s",
                    SV_FMT(s->text));
        if (condition.n)
            strbuf_addf(out, " ?%.*s", SV_FMT(condition));
    }
}

UNUSED static void want_steps(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    show_steps_of(&r.rb, &got);
    want_given(text, &got, want);
}

/* The rules of a text, joined by '|'; proposals in brackets, what is not understood as "?". */
UNUSED static void want_rules(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_rules; i++) {
        struct sv rule = r.rb.rules[i].text.n ? r.rb.rules[i].text : SV("?");

        strbuf_addf(&got, r.rb.rules[i].proposal ? "%s[%.*s]" : "%s%.*s", i ? "|" : "",
                    SV_FMT(rule));
    }
    want_given(text, &got, want);
}

/* The rules of one bullet below a heading. */
UNUSED static void want_bullet(const char *heading, const char *bullet, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_addf(&text, "# R\n## %s\n- %s\n", heading, bullet);
    want_rules(strbuf_str(&text), want);
}

/* The expectations of a text as "form:text", joined by '|'. */
UNUSED static void want_expects(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_steps; i++)
        for (size_t k = 0; k < r.rb.steps[i].n_expects; k++) {
            const struct rb_expect *e = &r.rb.steps[i].expects[k];

            strbuf_addf(&got, "%s%zu %s:%.*s", got.n ? "|" : "", i, rb_expect_name(e->form),
                        SV_FMT(e->text));
        }
    want_given(text, &got, want);
}

/* The steps with where they run, "here" being empty: "node:./a"; people's in brackets. */
UNUSED static void want_places(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_steps; i++)
        strbuf_addf(&got, r.rb.steps[i].kind == STEP_MANUAL ? "%s%.*s[%.*s]" : "%s%.*s:%.*s",
                    i ? "|" : "", SV_FMT(r.rb.steps[i].host), SV_FMT(r.rb.steps[i].text));
    want_given(text, &got, want);
}

/* The remarks of a text, joined by '|'; with the step that each stands at: "0:If not ...". */
static void want_remarks_as(const char *text, bool at, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_remarks; i++) {
        strbuf_add_str(&got, i ? "|" : "");
        if (at)
            strbuf_addf(&got, "%u:", r.rb.remarks[i].step);
        strbuf_add_sv(&got, r.rb.remarks[i].text);
    }
    want_given(text, &got, want);
}

UNUSED static void want_remarks(const char *text, const char *want)
{
    want_remarks_as(text, false, want);
}

UNUSED static void want_remarks_at(const char *text, const char *want)
{
    want_remarks_as(text, true, want);
}
