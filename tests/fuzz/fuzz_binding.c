/* Any bytes as prusik.yaml: refused with a place, or a binding whose parts hold together. */
#include "base/sv.h"
#include "fuzz.h"
#include "plan/binding.h"

static size_t n_lines(struct sv text)
{
    size_t n = 1;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n' || text.p[i] == '\r';
    return n;
}

static void check_pairs(const struct binding_pair *v, size_t n, size_t lines)
{
    for (size_t i = 0; i < n; i++) {
        MUST(v[i].line >= 1 && v[i].line <= lines);
        for (size_t k = 0; k < i; k++)
            MUST(!sv_eq(v[i].name, v[k].name)); /* no name twice */
    }
}

static void check(const struct binding *b, size_t lines)
{
    check_pairs(b->env.v, b->env.n, lines);
    check_pairs(b->rules.v, b->rules.n, lines);
    check_pairs(b->metrics.v, b->metrics.n, lines);
    check_pairs(b->drops.v, b->drops.n, lines);
    MUST(b->time_scale > 0 && b->time_scale <= 1000);
    MUST(b->interval_ms >= 0 && b->until_ms >= -1);
    for (size_t i = 0; i < b->services.n; i++) {
        MUST(b->services.v[i].n_command > 0 && b->services.v[i].pid_file.n > 0);
        MUST(b->services.v[i].start_timeout_ms >= 0);
    }
    for (size_t i = 0; i < b->variables.n; i++)
        MUST(!b->variables.v[i].value.n != !b->variables.v[i].command.n);
    for (size_t i = 0; i < b->answers.n; i++)
        MUST(b->answers.v[i].by.n > 0); /* an answer has a name */
    for (size_t i = 0; i < b->choices.n; i++)
        MUST(b->choices.v[i].fixed || (b->choices.v[i].when.n && b->choices.v[i].contains.n));
    for (size_t i = 0; i < b->steps.n; i++)
        MUST(b->steps.v[i].retries >= -1 && b->steps.v[i].timeout_ms >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv text = {(const char *)data, size};
    struct binding b = {.until_ms = 77}, again;
    struct err err = {0};
    enum err_code rc;

    if (sv_has(text, SV("env_files"))) /* files of this machine */
        return 0;
    rc = binding_parse("p.yaml", "/nowhere", text, &b, &err);
    if (rc != ERR_OK) {
        MUST(err.code == rc && sv_starts(sv_from(err.msg), SV("p.yaml:")));
        MUST(b.until_ms == 77);
        return 0;
    }
    check(&b, n_lines(text));
    MUST(binding_parse("p.yaml", "/nowhere", text, &again, &err) == ERR_OK);
    MUST(again.env.n == b.env.n && again.steps.n == b.steps.n && again.until_ms == b.until_ms);
    binding_release(&again);
    binding_release(&b);
    return 0;
}
