#include "cli/data_fields.h"

#include <string.h>

#include "base/sv.h"

enum err_code data_fields_read(const struct cli *c, struct data_fields *ret, struct err *err)
{
    struct data_fields f = {.n = 0};
    struct sv rest = sv_from(c->key ? c->key : c->data.by), name;
    enum err_code rc = ERR_OK;

    if (c->key && c->data.by)
        return err_set(err, ERR_USAGE, "--key and --by are the same: one of them");
    if (!rest.n)
        return err_set(err, ERR_USAGE, "records of a file need --key COLUMN");
    f.key = ARENA_NEWN(&f.arena, struct sv, rest.n + 1);
    while (sv_split(&rest, ',', &name))
        f.key[f.n_key++] = arena_sv(&f.arena, sv_trim(name));
    f.fields = ARENA_NEWN(&f.arena, struct field, c->data.fields.n + 1);
    for (size_t i = 0; rc == ERR_OK && i < c->data.fields.n; i++)
        rc = field_parse(&f.arena, sv_from(c->data.fields.v[i]), &f.fields[f.n++], err);
    if (rc == ERR_OK)
        *ret = f;
    else
        arena_release(&f.arena);
    return rc;
}

void data_fields_release(struct data_fields *f)
{
    arena_release(&f->arena);
    memset(f, 0, sizeof(*f));
}
