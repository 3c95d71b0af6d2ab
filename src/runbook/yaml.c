#include "runbook/yaml.h"

#include <libfyaml.h>
#include <string.h>

#include "base/sv.h"
#include "base/vec.h"

#define YAML_DEPTH 32 /* a binding is three levels deep */
#define YAML_NODES \
    100000u /* aliases count each time: a few lines of them can stand for 2^60 nodes */

struct yaml_build {
    struct arena *arena;
    const char *path;
    struct err *err;
    size_t nodes;
};

static size_t yaml_line(struct fy_node *n)
{
    struct fy_token *t = fy_node_get_type(n) == FYNT_SCALAR ? fy_node_get_scalar_token(n) : NULL;
    const struct fy_mark *mark = t ? fy_token_start_mark(t) : NULL;

    return mark ? (size_t)mark->line + 1 : 0;
}

static struct sv yaml_scalar(struct fy_node *n, struct arena *arena)
{
    size_t len = 0;
    const char *p = fy_node_get_scalar(n, &len);

    return arena_sv(arena, (struct sv){p, p ? len : 0});
}

static enum err_code yaml_convert(struct yaml_build *b, struct fy_node *n, int depth,
                                  struct yaml_node *ret);

static enum err_code yaml_convert_map(struct yaml_build *b, struct fy_node *n, int depth,
                                      struct yaml_node *ret)
{
    struct fy_node_pair *pair;
    void *at = NULL;
    int count = fy_node_mapping_item_count(n);

    ret->kind = YAML_MAP;
    ret->items = ARENA_NEWN(b->arena, struct yaml_node, (size_t)(count > 0 ? count : 0));
    while ((pair = fy_node_mapping_iterate(n, &at)) != NULL) {
        struct yaml_node *item = &ret->items[ret->n_items];
        struct fy_node *key = fy_node_pair_key(pair);

        if (key && fy_node_get_type(key) == FYNT_SCALAR)
            item->key = yaml_scalar(key, b->arena);
        if (!item->key.n)
            return err_set(b->err, ERR_INVALID, "%s:%zu: a key must be plain text", b->path,
                           ret->line);
        item->line = yaml_line(key);
        if (!ret->line)
            ret->line = item->line;
        if (yaml_convert(b, fy_node_pair_value(pair), depth + 1, item) != ERR_OK)
            return b->err->code;
        ret->n_items++;
    }
    return ERR_OK;
}

static enum err_code yaml_convert_list(struct yaml_build *b, struct fy_node *n, int depth,
                                       struct yaml_node *ret)
{
    int count = fy_node_sequence_item_count(n);
    struct fy_node *item;
    void *at = NULL;

    ret->kind = YAML_LIST;
    ret->items = ARENA_NEWN(b->arena, struct yaml_node, (size_t)(count > 0 ? count : 0));
    while ((item = fy_node_sequence_iterate(n, &at)) != NULL) {
        ret->items[ret->n_items].line = ret->line;
        if (yaml_convert(b, item, depth + 1, &ret->items[ret->n_items]) != ERR_OK)
            return b->err->code;
        ret->n_items++;
    }
    return ERR_OK;
}

static enum err_code yaml_convert(struct yaml_build *b, struct fy_node *n, int depth,
                                  struct yaml_node *ret)
{
    enum fy_node_style style;

    if (depth > YAML_DEPTH)
        return err_set(b->err, ERR_LIMIT, "%s:%zu: nested deeper than %d", b->path, ret->line,
                       YAML_DEPTH);
    if (++b->nodes > YAML_NODES)
        return err_set(b->err, ERR_LIMIT, "%s:%zu: more than %u values", b->path, ret->line,
                       YAML_NODES);
    if (!n)            /* "key:" and nothing */
        return ERR_OK; /* uncovered: libfyaml makes an empty scalar of it */
    if (fy_node_is_alias(n)) {
        struct sv name = yaml_scalar(n, b->arena);

        n = fy_node_resolve_alias(n);
        if (!n)
            return err_set(b->err, ERR_INVALID, "%s:%zu: there is no anchor '%.*s'", b->path,
                           ret->line, SV_FMT(name));
    }
    if (fy_node_get_type(n) == FYNT_MAPPING)
        return yaml_convert_map(b, n, depth, ret);
    if (fy_node_get_type(n) == FYNT_SEQUENCE)
        return yaml_convert_list(b, n, depth, ret);
    style = fy_node_get_style(n);
    ret->quoted = style != FYNS_PLAIN;
    ret->text = yaml_scalar(n, b->arena);
    if (yaml_line(n))
        ret->line = yaml_line(n);
    return ERR_OK;
}

/* Does what stands before end a line, as YAML 1.1 and 1.2 see it?  A byte order mark may begin one. */
static bool yaml_begins_line(struct sv before)
{
    static const struct sv ends[] = {SV("\n"),           SV("\r"),           SV("\xc2\x85"),
                                     SV("\xe2\x80\xa8"), SV("\xe2\x80\xa9"), SV("\xef\xbb\xbf")};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(before, ends[i]))
            return true;
    return before.n == 0;
}

/* "? key" at byte `at`, alone or in a list. */
static bool yaml_is_explicit_key(struct sv text, size_t at)
{
    size_t from = at;

    if (at + 1 < text.n && !ascii_is_space(text.p[at + 1]))
        return false;
    while (from > 0 && sv_find_byte(SV(" \t-"), text.p[from - 1], 0) != SV_NPOS)
        from--;
    return yaml_begins_line(sv_sub(text, 0, from));
}

/* "---" or "..." at the beginning of a line: always the border of a document (YAML 1.2, 9.1.2). */
static bool yaml_is_border(struct sv text, size_t at)
{
    struct sv rest = sv_sub(text, at, text.n);

    return (sv_eat(&rest, SV("---")) || sv_eat(&rest, SV("..."))) &&
           (rest.n == 0 || ascii_is_space(*rest.p)) && yaml_begins_line(sv_sub(text, 0, at));
}

/* Nothing but empty lines and comments. */
static bool yaml_is_blank(struct sv text)
{
    struct sv line;

    while (sv_next_line(&text, &line))
        if (sv_trim(line).n && *sv_trim(line).p != '#')
            return false;
    return true;
}

/*
 * What libfyaml 0.7 does not survive, and a binding has no use for: it hangs in a directive that the text
 * ends in ("%FOO"), and crashes on some maps inside explicit keys ("? a: <tab>?").  And a second document,
 * which it would leave out silently.
 */
static enum err_code yaml_refuse(struct sv text, const char *path, struct err *err)
{
    size_t line = 1;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (c == '%' && yaml_begins_line(sv_sub(text, 0, i)))
            return err_set(err, ERR_INVALID, "%s:%zu: a line must not begin with '%%'", path, line);
        if (c == '?' && yaml_is_explicit_key(text, i))
            return err_set(err, ERR_INVALID, "%s:%zu: a line must not begin with '? '", path, line);
        if ((c == '-' || c == '.') && yaml_is_border(text, i) && !yaml_is_blank(sv_sub(text, 0, i)))
            return err_set(err, ERR_INVALID, "%s:%zu: there must be one document, without '...'",
                           path, line);
        line += c == '\n';
    }
    return ERR_OK;
}

/* The first thing that the parser complained about. */
static enum err_code yaml_fail(struct fy_diag *diag, const char *path, struct err *err)
{
    void *at = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &at);

    if (!e)
        return err_set(err, ERR_INVALID, "%s: this is not YAML", path);
    return err_set(err, ERR_INVALID, "%s:%d:%d: %s", path, e->line, e->column, e->msg);
}

static void yaml_destroy_document(struct fy_document **d)
{
    fy_document_destroy(*d);
}

static void yaml_destroy_diag(struct fy_diag **d)
{
    fy_diag_destroy(*d);
}

enum err_code yaml_parse(struct sv text, const char *path, struct arena *arena,
                         struct yaml_node *ret, struct err *err)
{
    struct fy_diag_cfg diag_cfg;
    CLEANUP(yaml_destroy_diag) struct fy_diag *diag = NULL;
    CLEANUP(yaml_destroy_document) struct fy_document *doc = NULL;
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG};
    struct yaml_build b = {.arena = arena, .path = path, .err = err};
    struct yaml_node root = {.kind = YAML_MAP};

    if (yaml_is_blank(text)) {
        *ret = root;
        return ERR_OK;
    }
    if (yaml_refuse(text, path, err) != ERR_OK)
        return err->code;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag = fy_diag_create(&diag_cfg);
    fy_diag_set_collect_errors(diag, true);
    cfg.diag = diag;
    doc = fy_document_build_from_string(&cfg, text.p, text.n);
    if (!doc || fy_diag_got_error(diag) || !fy_document_root(doc))
        return yaml_fail(diag, path, err);
    if (fy_node_get_type(fy_document_root(doc)) != FYNT_MAPPING)
        return err_set(err, ERR_INVALID, "%s:1: must be a map of keys", path);
    if (yaml_convert(&b, fy_document_root(doc), 0, &root) != ERR_OK)
        return err->code;
    *ret = root;
    return ERR_OK;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->n_items; i++)
        if (sv_eq(map->items[i].key, sv_from(key)))
            return &map->items[i];
    return NULL;
}

bool yaml_bool(const struct yaml_node *n, bool *ret)
{
    static const struct {
        struct sv word;
        bool value;
    } rows[] = {{SV("yes"), true}, {SV("true"), true},   {SV("on"), true},
                {SV("no"), false}, {SV("false"), false}, {SV("off"), false}};

    for (size_t i = 0; n->kind == YAML_SCALAR && !n->quoted && i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(n->text, rows[i].word)) {
            *ret = rows[i].value;
            return true;
        }
    return false;
}
