/*
 * `flags` of the binding: which flags a rule or a step may switch, and where they are.
 */
#include "base/duration.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/sv.h"
#include "plan/binding_int.h"
#include "runbook/yaml_file.h"

#define FLAG_DEFINITIONS "flags.json"
#define FLAG_CONSUMERS   "prusik.flags.yaml" /* beside the definitions, as `prusik flag` reads it */
#define FLAG_WITHIN      30000
#define FLAG_WITHIN_MAX  600000 /* a run does not end before it is known */

/* The file that says who reads the flag: the one that is named, or the usual one if it is there. */
static enum err_code flag_take_consumers(struct binding *b, struct binding_flag *f, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(mem_freep)
    char *definitions = xstrdup_sv(f->definitions), *folder = path_dir(definitions),
         *beside = path_join(folder, FLAG_CONSUMERS), *path = NULL;

    if (!f->consumers.n && !file_exists(beside))
        return ERR_OK;
    if (!f->consumers.n)
        f->consumers = arena_sv(&b->arena, sv_from(beside));
    else if (binding_file(b, f->consumers, &f->consumers, err) != ERR_OK)
        return err->code;
    path = xstrdup_sv(f->consumers);
    if (file_read(path, LIMIT_BINDING_BYTES, &text, err) != ERR_OK)
        return err->code;
    f->text = arena_sv(&b->arena, strbuf_sv(&text));
    *vec_add(&b->files) = f->consumers;
    return ERR_OK;
}

static enum err_code flag_take_within(const struct yaml_file *y, const struct yaml_node *map,
                                      struct binding_flag *f)
{
    const struct yaml_node *n = yaml_get(map, "within");

    if (n && (n->kind != YAML_SCALAR || !duration_parse(n->text, &f->within_ms) ||
              f->within_ms <= 0 || f->within_ms > FLAG_WITHIN_MAX))
        return yaml_file_bad(y, n, "'within' is no duration of at most 10 minutes");
    return ERR_OK;
}

static enum err_code flag_read(struct binding *b, const struct yaml_file *y,
                               const struct yaml_node *n, struct binding_flag *f)
{
    static const char *const known[] = {"definitions", "consumers", "off", "token", "within", NULL};

    *f = (struct binding_flag){.name = n->key,
                               .definitions = SV(FLAG_DEFINITIONS),
                               .off = SV("off"),
                               .within_ms = FLAG_WITHIN,
                               .line = n->line};
    if (n->kind == YAML_SCALAR && !n->text.n) /* "NEW_UI:": all as usual */
        return binding_file(b, f->definitions, &f->definitions, y->err);
    if (yaml_file_keys(y, n, "a flag", known) != ERR_OK ||
        yaml_file_text(y, n, "definitions", false, &f->definitions) != ERR_OK ||
        yaml_file_text(y, n, "consumers", false, &f->consumers) != ERR_OK ||
        yaml_file_text(y, n, "off", false, &f->off) != ERR_OK ||
        yaml_file_text(y, n, "token", false, &f->token) != ERR_OK ||
        flag_take_within(y, n, f) != ERR_OK)
        return y->err->code;
    return binding_file(b, f->definitions, &f->definitions, y->err);
}

enum err_code binding_read_flags(struct binding *b, struct err *err)
{
    struct yaml_file y = {b->path, &b->arena, err};

    for (size_t i = 0; b->flag_map && i < b->flag_map->n_items; i++) {
        const struct yaml_node *n = &b->flag_map->items[i];
        struct binding_flag f;

        if (flag_read(b, &y, n, &f) != ERR_OK)
            return err->code;
        if (flag_take_consumers(b, &f, err) != ERR_OK)
            return err_wrap(err, "%s:%zu", b->path, n->line);
        *vec_add(&b->flags) = f;
    }
    return ERR_OK;
}
