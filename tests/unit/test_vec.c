#include "base/vec.h"

#include "t.h"

T(elements_are_kept_in_order_and_begin_zeroed)
{
    VEC(struct {
        int64_t number;
        char more[24];
    })
    v = {0};

    for (int i = 0; i < 1000; i++) {
        T_EQ(vec_add(&v)->number, 0);
        T_EQ(vec_last(&v)->more[23], 0);
        vec_last(&v)->number = i;
        memset(vec_last(&v)->more, 0xff, sizeof(vec_last(&v)->more));
    }
    T_EQ(v.n, 1000);
    for (size_t i = 0; i < v.n; i++)
        T_EQ(v.v[i].number, i);
    vec_release(&v);
    T_CHECK(!v.v && v.n == 0 && v.cap == 0);
    T_EQ(vec_add(&v)->number, 0); /* and can be used again */
    vec_release(&v);
}

T(an_element_that_was_removed_is_zeroed_when_it_comes_back)
{
    VEC(int) v = {0};

    *vec_add(&v) = 7;
    v.n--;
    T_EQ(*vec_add(&v), 0);
    vec_release(&v);
}

T(the_last_of_nothing_is_a_bug_of_ours)
{
    VEC(int) v = {0};

    T_ABORTS((void)*vec_last(&v));
}

T_MAIN(T_CASE(elements_are_kept_in_order_and_begin_zeroed),
       T_CASE(an_element_that_was_removed_is_zeroed_when_it_comes_back),
       T_CASE(the_last_of_nothing_is_a_bug_of_ours))
