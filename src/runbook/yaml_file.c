#include "runbook/yaml_file.h"

#include <stdarg.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/sv.h"

enum err_code yaml_file_bad(const struct yaml_file *f, const struct yaml_node *n, const char *fmt,
                            ...)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(sizeof(f->err->msg));
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    return err_set(f->err, ERR_INVALID, "%s:%zu: %s", f->path, n->line, strbuf_str(&text));
}

/* The nearest key, or when none is near all of them. */
static enum err_code yaml_file_unknown(const struct yaml_file *f, const struct yaml_node *n,
                                       const char *what, const char *const *known)
{
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(sizeof(f->err->hint));
    struct suggest s = suggest_begin(n->key);

    for (size_t k = 0; known[k]; k++) {
        suggest_offer(&s, sv_from(known[k]));
        strbuf_addf(&all, "%s%s", k ? ", " : "", known[k]);
    }
    (void)yaml_file_bad(f, n, "%s has no key '%.*s'", what, SV_FMT(n->key));
    return s.best.p ? err_hint(f->err, "did you mean '%.*s'?", SV_FMT(s.best))
                    : err_hint(f->err, "it takes: %s", strbuf_str(&all));
}

enum err_code yaml_file_keys(const struct yaml_file *f, const struct yaml_node *map,
                             const char *what, const char *const *known)
{
    if (map->kind != YAML_MAP)
        return yaml_file_bad(f, map, "%s is a map", what);
    for (size_t i = 0; i < map->n_items; i++) {
        bool is = false;

        for (size_t k = 0; known[k]; k++)
            is |= sv_is(map->items[i].key, known[k]);
        if (!is)
            return yaml_file_unknown(f, &map->items[i], what, known);
    }
    return ERR_OK;
}

enum err_code yaml_file_text(const struct yaml_file *f, const struct yaml_node *map,
                             const char *key, bool needed, struct sv *ret)
{
    const struct yaml_node *n = yaml_get(map, key);

    if (!n)
        return needed ? yaml_file_bad(f, map, "'%s' is missing", key) : ERR_OK;
    if (n->kind != YAML_SCALAR || n->text.n == 0 || memchr(n->text.p, '\0', n->text.n))
        return yaml_file_bad(f, n, "'%s' is a text", key);
    *ret = arena_sv(f->arena, n->text);
    return ERR_OK;
}
