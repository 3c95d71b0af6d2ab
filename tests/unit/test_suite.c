/* The names of the tests that failed, from what suites print. */
#include "watch/suite.h"

#include "base/sv.h"
#include "t.h"

/* The names in a row, behind '?' when nothing says that it is a suite. */
static void names(const char *out, struct strbuf *ret)
{
    CLEANUP(json_cleanup) json_t *list = json_array();

    strbuf_truncate(ret, 0);
    if (!suite_failures(sv_from(out), list))
        strbuf_add_byte(ret, '?');
    for (size_t i = 0; i < json_array_size(list); i++)
        strbuf_addf(ret, "[%.*s]", SV_FMT(json_get_sv(json_array_get(list, i), "name")));
}

static const struct {
    const char *out, *want;
} rows[] = {
    /* pytest */
    {"== short test summary info ==\n"
     "FAILED tests/test_cart.py::test_adds[1-2] - assert 1 == 2\n"
     "FAILED tests/test_cart.py::TestTax::test_rate\n"
     "ERROR tests/test_pay.py - ImportError: no module\n"
     "== 2 failed, 20 passed, 1 error in 0.31s ==\n",
     "[tests/test_cart.py::test_adds[1-2]][tests/test_cart.py::TestTax::test_rate][tests/test_pay.py]"},
    {"FAILED to connect\nERROR in x.py line 5\n", "?"},
    /* unittest */
    {"FAIL: test_adds (test_cart.Cart)\n-----\nERROR: test_pays (test_pay.Pay.test_pays)\n"
     "Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=1)\n",
     "[test_adds (test_cart.Cart)][test_pays (test_pay.Pay.test_pays)]"},
    {"Ran 5 tests in 0.1s\n\nOK\n", ""},
    {"Ran 5 tests in 0.1s\n\nOK (skipped=1)\n", ""},
    {"ERROR: connection refused\nFAIL: x\n", "?"},
    /* go test: the test and the case of it */
    {"--- FAIL: TestCart (0.01s)\n    --- FAIL: TestCart/adds_1 (0.00s)\nFAIL\nFAIL\tshop/cart\t0.4s\n",
     "[TestCart][TestCart/adds_1]"},
    {"ok  \tshop/cart\t0.4s\n", ""},
    {"PASS\n", ""},
    /* cargo */
    {"test cart::adds ... ok\ntest cart::pays ... FAILED\n\nfailures:\n    cart::pays\n",
     "[cart::pays]"},
    {"test of strength ... failed to begin\n", "?"},
    /* jest tells the same one twice */
    {"FAIL src/cart.test.js\n  \xe2\x97\x8f Cart \xe2\x80\xba adds\n\n    expect\n\nSummary\n"
     "  \xe2\x97\x8f Cart \xe2\x80\xba adds\nTests: 1 failed, 3 passed, 4 total\n",
     "[Cart \xe2\x80\xba adds]"},
    {"  \xe2\x97\x8f nginx.service - web\n", "?"},
    /* TAP */
    {"1..5\nok 1 - adds\nnot ok 2 - pays\nnot ok 3 later # todo soon\nnot ok 4 # SKIP no network\n"
     "not ok 5\nnot ok\n",
     "[pays][5]"},
    {"1..1\nok 1 - adds\n", ""},
    {"ok then\n", "?"},
    {"", "?"},
    {"no stock\n", "?"},
};

T(the_tests_that_failed_are_named)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        names(rows[i].out, &got);
        if (!sv_eq(strbuf_sv(&got), sv_from(rows[i].want)))
            T_FAIL("%zu: '%s' instead of '%s'", i, strbuf_str(&got), rows[i].want);
    }
}

T_MAIN(T_CASE(the_tests_that_failed_are_named))
