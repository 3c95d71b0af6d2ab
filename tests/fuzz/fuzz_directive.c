/* Any text as keys of a directive, in braces, in comments: errors lie in it, what is set is of its kind, twice the same. */
#include "fuzz.h"

#include <string.h>

#include "base/sv.h"
#include "runbook/directive.h"

static void check_name(struct sv name)
{
    MUST(name.n <= 64 && (!name.n || ascii_is_alpha(*name.p)));
    for (size_t i = 0; i < name.n; i++)
        MUST(ascii_is_word(name.p[i]) || name.p[i] == '.' || name.p[i] == '-');
}

static void check(const struct directive *d)
{
    check_name(d->name);
    check_name(d->variant);
    MUST(d->timeout_ms >= 0 && d->retries >= -1 && d->retries <= 1000);
    MUST((unsigned)d->role < ROLE__N);
    MUST(sv_trim(d->undo).n == d->undo.n && sv_trim(d->host).n == d->host.n);
}

static void check_read(struct sv text)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct directive d = directive_none(), again = directive_none(), outer = directive_none();
    directive_errors errors = {0}, errors2 = {0};

    directive_read(text, &arena, &d, &errors);
    directive_read(text, &arena, &again, &errors2);
    check(&d);
    MUST(errors.n == errors2.n && sv_eq(d.undo, again.undo) && d.timeout_ms == again.timeout_ms);
    for (size_t i = 0; i < errors.n; i++) {
        MUST(errors.v[i].at < text.n && errors.v[i].text.n);
        MUST(i == 0 || errors.v[i].at >= errors.v[i - 1].at); /* in order */
    }
    outer.retries = 3;
    outer.host = SV("outer");
    directive_inherit(&again, &outer);
    MUST(again.retries == (d.retries < 0 ? 3 : d.retries));
    MUST(sv_eq(again.host, d.host.n ? d.host : outer.host));
    vec_release(&errors);
    vec_release(&errors2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv text = {(const char *)data, size}, rest = text, inside;

    if (size == 0 || memchr(data, '\0', size)) /* no document holds one */
        return 0;
    check_read(text);
    for (int runs = 0; runs < 2; runs++) {
        inside = directive_braces(text, runs);
        MUST(!inside.p || (fuzz_inside(text, inside) && inside.p > text.p));
        if (inside.n)
            check_read(inside);
    }
    for (size_t last = text.n + 1; (inside = directive_comment(&rest)).p; last = rest.n) {
        MUST(fuzz_inside(text, inside) && rest.n < last); /* it comes to an end */
        if (inside.n)
            check_read(inside);
    }
    return 0;
}
