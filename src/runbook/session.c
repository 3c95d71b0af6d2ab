/*
 * session: a shell that a command opens, as somebody else or in a container: "su - app", "docker exec -it web bash".  What
 * follows is typed there, so that it runs nowhere before the binding says how that is reached.
 */
#include "runbook/reader_int.h"

void build_enter_shell(struct rb_build *b, struct sv command)
{
    bool again = b->opened.n && b->host.p == b->opened.p && b->opened_step + 2 == b->steps.n;

    assert(b->steps.n);
    if (again) /* "su - app", or "sudo -u app bash" instead: the last of them is where it runs */
        b->host = vec_last(&b->steps)->step.host = b->opened_outer;
    else
        b->opened_from = b->steps.n - 1;
    b->opened_outer = b->host;
    b->opened = b->host.n ? arena_fmt(b->arena, "%.*s on %.*s", SV_FMT(command), SV_FMT(b->host))
                          : arena_sv(b->arena, command);
    b->opened_step = b->steps.n - 1;
    b->host = b->opened;
}

struct sv build_leave_shell(struct rb_build *b)
{
    struct sv outer =
        b->opened.n && b->host.p == b->opened.p ? b->opened_outer : (struct sv){NULL, 0};

    b->opened = (struct sv){NULL, 0};
    return outer;
}

void build_in_shell(struct rb_build *b)
{
    if (!b->opened.n || b->host.p != b->opened.p || b->opened_step + 1 >= b->steps.n)
        return;
    for (size_t i = b->opened_from; i <= b->opened_step; i++)
        b->steps.v[i].replaced = true;
}
