#include "watch/suite.h"

#include "base/mem.h"
#include "base/sv.h"

/* What stands before `end`, without blanks. */
static struct sv suite_upto(struct sv s, struct sv end)
{
    return sv_trim(sv_sub(s, 0, sv_find(s, end, 0)));
}

/* "FAILED tests/test_a.py::test_b - AssertionError", and what could not even be collected. */
static bool suite_pytest(struct sv line, struct sv *name)
{
    bool error = sv_eat(&line, SV("ERROR "));

    if (!error && !sv_eat(&line, SV("FAILED ")))
        return false;
    *name = suite_upto(line, SV(" - "));
    return error ? sv_has(*name, SV(".py")) && !sv_has(*name, SV(" ")) : sv_has(*name, SV("::"));
}

/* "FAIL: test_b (test_a.Case)" */
static bool suite_unittest(struct sv line, struct sv *name)
{
    if (!sv_eat(&line, SV("FAIL: ")) && !sv_eat(&line, SV("ERROR: ")))
        return false;
    *name = sv_trim(line);
    return sv_has(*name, SV(" (")) && sv_ends(*name, SV(")"));
}

/* "    --- FAIL: TestA/b (0.01s)" */
static bool suite_go(struct sv line, struct sv *name)
{
    line = sv_trim(line);
    if (!sv_eat(&line, SV("--- FAIL: ")))
        return false;
    *name = suite_upto(line, SV(" ("));
    return true;
}

/* "test shop::cart::adds ... FAILED" */
static bool suite_cargo(struct sv line, struct sv *name)
{
    if (!sv_eat(&line, SV("test ")) || !sv_ends(sv_trim(line), SV(" ... FAILED")))
        return false;
    *name = suite_upto(line, SV(" ... "));
    return true;
}

/* "  ● Cart › adds" */
static bool suite_jest(struct sv line, struct sv *name)
{
    line = sv_trim(line);
    if (!sv_eat(&line, SV("\xe2\x97\x8f ")) || !sv_has(line, SV(" \xe2\x80\xba ")))
        return false;
    *name = sv_trim(line);
    return true;
}

/* "not ok 3 - adds"; what is to do or skipped has not failed. */
static bool suite_tap(struct sv line, struct sv *name)
{
    size_t digits = 0, mark;

    if (!sv_eat(&line, SV("not ok")))
        return false;
    line = sv_trim(line);
    while (digits < line.n && ascii_is_digit(line.p[digits]))
        digits++;
    mark = sv_find(line, SV(" # "), 0);
    if (mark != SV_NPOS) {
        struct sv directive = sv_sub(line, mark + 3, line.n);

        if (sv_starts_nocase(directive, SV("todo")) || sv_starts_nocase(directive, SV("skip")))
            return false;
    }
    *name = sv_trim(sv_sub(line, 0, mark));
    if (digits < name->n) { /* else its number is all that it has */
        *name = sv_trim(sv_sub(*name, digits, name->n));
        (void)sv_eat(name, SV("- "));
    }
    return name->n > 0;
}

static bool suite_name(struct sv line, struct sv *name)
{
    static bool (*const rows[])(struct sv line, struct sv * name) = {
        suite_pytest, suite_unittest, suite_go, suite_cargo, suite_jest, suite_tap};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i](line, name) && name->n)
            return true;
    return false;
}

/* What only a suite prints when all is well: TAP, unittest, go test. */
static bool suite_is_well(struct sv line)
{
    struct sv rest = line;

    if (sv_eq(line, SV("OK")) || sv_starts(line, SV("OK (")) || sv_eq(line, SV("PASS")))
        return true;
    return sv_eat(&rest, SV("ok ")) && rest.n &&
           (ascii_is_digit(rest.p[0]) || sv_starts(line, SV("ok  \t")));
}

bool suite_failures(struct sv out, json_t *names)
{
    CLEANUP(json_cleanup) json_t *seen = json_object();
    bool is_suite = false;
    struct sv line, name;

    while (sv_next_line(&out, &line)) {
        CLEANUP(mem_freep) char *key = NULL;

        line = sv_trim_right(line);
        is_suite |= suite_is_well(line);
        if (!suite_name(line, &name))
            continue;
        is_suite = true;
        key = xstrdup_sv(name);
        if (json_object_get(seen, key))
            continue;
        json_put_bool(seen, key, true);
        json_append(names, json_pack("{so}", "name", json_sv(name)));
    }
    return is_suite;
}
