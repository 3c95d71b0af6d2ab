#include "watch/inner.h"

#include <stdlib.h>

#include "base/mem.h"

enum err_code inner_open(const struct source_ops *ops, json_t *settings, struct source **ret,
                         struct err *err)
{
    struct source *s;

    if (source_check_keys(ops->keys, ops->n_keys, ops->kind, settings, err) != ERR_OK)
        return err->code;
    s = xcalloc(1, ops->size);
    s->ops = ops;
    if (ops->open(s, settings, err) == ERR_OK) {
        *ret = s;
        return ERR_OK;
    }
    inner_close(s);
    return err->code;
}

void inner_close(struct source *s)
{
    if (!s)
        return;
    s->ops->close(s);
    free(s);
}
