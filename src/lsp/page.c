#include "lsp/page.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/sv.h"
#include "base/text.h"
#include "lsp/page_int.h"

/* --- names --- */

static int page_hex(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path of file:///srv/a%20b.md; NULL when it is no file of this machine.  For free(). */
static char *page_path(struct sv uri)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);

    if (!sv_eat_nocase(&uri, SV("file://")))
        return NULL;
    (void)sv_eat_nocase(&uri, SV("localhost")); /* mostly there is none */
    for (size_t i = 0; i < uri.n; i++) {
        int high = uri.p[i] == '%' && i + 2 < uri.n ? page_hex(uri.p[i + 1]) : -1;
        int low = high >= 0 ? page_hex(uri.p[i + 2]) : -1;
        char c = low >= 0 ? (char)(high * 16 + low) : uri.p[i];

        if (!c)
            return NULL; /* no path holds it */
        strbuf_add_byte(&path, c);
        i += low >= 0 ? 2 : 0;
    }
    return path.n && path.p[0] == '/' ? strbuf_steal_str(&path) : NULL;
}

/* --- reading --- */

static enum err_code page_bind(struct lsp_page *p, bool files)
{
    struct binding_options none = {.path = NULL};

    if (files && p->path)
        return binding_load(p->path, &none, &p->b, &p->err);
    return binding_parse("prusik.yaml", "/", SV(""), &p->b, &p->err);
}

static void page_read(struct lsp_page *p, struct sv text, bool files)
{
    json_t *json = NULL;

    p->has_doc = document_init(p->path ? p->path : p->uri, text, &p->doc, &p->err) == ERR_OK;
    p->has_rb = p->has_doc && runbook_read(&p->doc, &p->rb, &p->err) == ERR_OK;
    if (!p->has_rb)
        return;
    lint_run(&p->rb, &p->lint);
    p->has_b = page_bind(p, files) == ERR_OK;
    p->has_plan = p->has_b && plan_make(&p->rb, &p->b, &json, &p->err) == ERR_OK &&
                  plan_load(json, &p->plan, &p->err) == ERR_OK;
}

struct lsp_page *lsp_page_new(const char *uri, int64_t version, struct sv text,
                              const struct lsp_page_options *opt)
{
    struct lsp_page *p = XNEW(struct lsp_page);

    p->uri = xstrdup(uri);
    p->path = page_path(sv_from(uri));
    p->version = version;
    p->utf8 = opt->utf8;
    page_read(p, text, opt->files);
    return p;
}

void lsp_page_free(struct lsp_page *p)
{
    if (!p)
        return;
    if (p->has_plan)
        plan_release(&p->plan);
    if (p->has_b)
        binding_release(&p->b);
    if (p->has_rb) {
        lint_release(&p->lint);
        runbook_release(&p->rb);
    }
    if (p->has_doc)
        document_release(&p->doc);
    free(p->uri);
    free(p->path);
    free(p);
}

/* --- positions --- */

/* Characters of the protocol in a text: bytes, or UTF-16 code units (two beyond U+FFFF). */
static size_t page_units(const struct lsp_page *p, struct sv text)
{
    size_t n = 0;

    if (p->utf8)
        return text.n;
    while (text.n) {
        uint32_t cp;
        size_t bytes = text_utf8_next(text, &cp);

        n += bytes && cp > 0xffff ? 2 : 1;
        text = sv_sub(text, bytes ? bytes : 1, text.n);
    }
    return n;
}

static json_t *page_position(const struct lsp_page *p, size_t line, size_t bytes)
{
    json_t *j = json_object();
    struct sv text = document_line(&p->doc, line);

    json_put_int(j, "line", line ? (int64_t)line - 1 : 0);
    json_put_int(j, "character", (int64_t)page_units(p, sv_sub(text, 0, bytes)));
    return j;
}

json_t *page_range(const struct lsp_page *p, size_t line, size_t column, size_t end_line)
{
    json_t *j = json_object();

    json_put(j, "start", page_position(p, line, column ? column - 1 : 0));
    json_put(j, "end", page_position(p, size_max(line, end_line), SV_NPOS));
    return j;
}
