#include "base/sv.h"

#include "t.h"

/* Under UBSan of clang, which calls NULL + 0 what it is. */
T(a_part_of_the_null_view_is_the_null_view)
{
    struct sv none = {NULL, 0};

    T_CHECK(!sv_sub(none, 0, 0).p && sv_sub(none, 3, SV_NPOS).n == 0);
    T_CHECK(!sv_trim(none).p);
    T_SV(sv_sub(SV("abc"), 1, SV_NPOS), "bc");
    T_SV(sv_sub(SV("abc"), 5, 2), "");
}

T_MAIN(T_CASE(a_part_of_the_null_view_is_the_null_view))
