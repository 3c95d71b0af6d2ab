#include "base/map.h"

#include "base/sv.h"
#include "t.h"

T(what_was_put_is_found_under_its_key_only)
{
    struct map m = {0};
    size_t v = 42;

    T_CHECK(!map_get(&m, SV("a"), &v) && v == 42);
    T_CHECK(map_put(&m, SV("a"), 1));
    T_CHECK(map_put(&m, SV("ab"), 2));
    T_CHECK(map_get(&m, SV("a"), &v) && v == 1);
    T_CHECK(map_get(&m, SV("ab"), &v) && v == 2);
    T_CHECK(!map_get(&m, SV("b"), &v) && v == 2);
    T_CHECK(map_get(&m, SV("a"), NULL) && !map_get(&m, SV("A"), NULL));
    T_CHECK(!map_put(&m, SV("a"), 3)); /* it was there */
    T_CHECK(map_get(&m, SV("a"), &v) && v == 3);
    T_EQ(m.n, 2);
    map_release(&m);
    T_CHECK(!map_get(&m, SV("a"), NULL));
    map_release(&m);
}

T(any_bytes_are_a_key)
{
    struct map m = {0};
    size_t v = 0;

    T_CHECK(map_put(&m, (struct sv){NULL, 0}, 1) && !map_put(&m, SV(""), 2));
    T_CHECK(map_put(&m, SV("a\0b"), 3) && map_put(&m, SV("a"), 4) && map_put(&m, SV("a\0c"), 5));
    T_CHECK(map_get(&m, SV("a\0b"), &v) && v == 3);
    T_CHECK(map_get(&m, SV(""), &v) && v == 2);
    map_release(&m);
}

T(keys_are_copied)
{
    struct map m = {0};
    char key[] = "key";

    T_CHECK(map_put(&m, sv_from(key), 1));
    key[0] = 'X';
    T_CHECK(map_get(&m, SV("key"), NULL) && !map_get(&m, SV("Xey"), NULL));
    map_release(&m);
}

/* Against an array that is the truth, while the map grows several times. */
T(a_map_of_many_agrees_with_an_array)
{
    enum { KEYS = 5000 };
    static size_t truth[KEYS]; /* value + 1, or 0 */
    struct map m = {0};
    size_t n = 0;

    for (int i = 0; i < 50000; i++) {
        size_t k = t_below(KEYS), value = t_below(1000), got = 0;
        char text[32];
        struct sv key = {text, (size_t)snprintf(text, sizeof(text), "step %zu", k)};

        if (t_below(2)) {
            T_EQ(map_put(&m, key, value), truth[k] == 0);
            n += truth[k] == 0;
            truth[k] = value + 1;
        } else {
            T_EQ(map_get(&m, key, &got), truth[k] != 0);
            T_CHECK(truth[k] == 0 || got == truth[k] - 1);
        }
    }
    T_EQ(m.n, n);
    T_CHECK(n > 4000 && m.cap >= n && (m.cap & (m.cap - 1)) == 0);
    map_release(&m);
}

T_MAIN(T_CASE(what_was_put_is_found_under_its_key_only), T_CASE(any_bytes_are_a_key),
       T_CASE(keys_are_copied), T_CASE(a_map_of_many_agrees_with_an_array))
