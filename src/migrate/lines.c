#include "migrate/lines.h"

#include "base/sv.h"

bool lines_next(struct lines *l, struct lines_line *ret)
{
    size_t lf;

    if (l->at >= l->text.n)
        return false;
    lf = size_min(sv_find_byte(l->text, '\n', l->at), l->text.n);
    *ret = (struct lines_line){
        .text = sv_sub(l->text, l->at, lf), .at = l->at, .end = size_min(lf + 1, l->text.n)};
    l->at = ret->end;
    return true;
}

bool lines_comment(struct sv line, struct sv *rest)
{
    if (!sv_eat(&line, SV("--")))
        return false;
    *rest = sv_trim(line);
    return true;
}
