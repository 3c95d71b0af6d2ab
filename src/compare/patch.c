#include "compare/patch.h"

#include "base/sv.h"

/* Where a value of "data" begins and ends in the new line, and its name. */
struct patch_value {
    struct sv name, text;
};

/* Both lines at once.  Up to the present place they differ in the values of `found` only. */
struct patch {
    struct sv old, new;
    size_t at, at_new;
    unsigned depth;
    bool in_data;       /* at depth 2: of the member "data" */
    bool is_object;     /* what is open at depth 2 */
    bool expects_value; /* behind the colon of a member */
    struct sv name;     /* the last one at this depth */
    struct patch_value found[PATCH_VALUES];
    size_t n;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The end of the scalar that begins at `from`; SV_NPOS: there is none. */
static size_t scalar_end(struct sv s, size_t from)
{
    size_t i = from;

    if (i < s.n && s.p[i] == '"') {
        for (i++; i < s.n && s.p[i] != '"'; i++)
            i += s.p[i] == '\\';
        return i < s.n ? i + 1 : SV_NPOS;
    }
    while (i < s.n && s.p[i] != ',' && s.p[i] != '}' && s.p[i] != ']' && s.p[i] != '{' &&
           s.p[i] != '[' && s.p[i] != '"' && !is_blank(s.p[i]))
        i++;
    return i > from ? i : SV_NPOS;
}

/* A scalar begins at the present place of both; false: they differ in more than a value. */
static bool take_scalar(struct patch *p)
{
    size_t end = scalar_end(p->old, p->at), end_new = scalar_end(p->new, p->at_new);
    struct sv old, new;
    bool is_name = p->old.p[p->at] == '"' && !p->expects_value;

    if (end == SV_NPOS || end_new == SV_NPOS)
        return false;
    old = sv_sub(p->old, p->at, end);
    new = sv_sub(p->new, p->at_new, end_new);
    p->at = end;
    p->at_new = end_new;
    if (is_name && p->depth <= 2)
        p->name = sv_sub(old, 1, old.n - 1);
    if (sv_eq(old, new))
        return true;
    if (is_name || p->depth != 2 || !p->in_data || !p->is_object || p->n == PATCH_VALUES ||
        sv_find_byte(p->name, '\\', 0) != SV_NPOS)
        return false;
    p->found[p->n++] = (struct patch_value){p->name, new};
    return true;
}

/* Brackets, commas, colons and blanks are the same in both. */
static bool take_mark(struct patch *p)
{
    char c = p->old.p[p->at];

    if (c != p->new.p[p->at_new])
        return false;
    if (c == '{' || c == '[') {
        p->depth++;
        if (p->depth == 2) {
            p->in_data = sv_is(p->name, "data");
            p->is_object = c == '{';
        }
    }
    if (c == '}' || c == ']')
        p->depth--;
    if (c == ':')
        p->expects_value = true;
    else if (!is_blank(c))
        p->expects_value = false;
    p->at++;
    p->at_new++;
    return true;
}

static bool is_mark(char c)
{
    return is_blank(c) || c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':';
}

static bool walk(struct patch *p)
{
    while (p->at < p->old.n && p->at_new < p->new.n)
        if (is_mark(p->old.p[p->at]) ? !take_mark(p) : !take_scalar(p))
            return false;
    return p->at == p->old.n && p->at_new == p->new.n;
}

/* By the reader of all JSON: "[1.50]" is what it makes of 1.50 anywhere. */
static json_t *read_value(struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(json_cleanup) json_t *list = NULL;
    struct err err;

    strbuf_add_byte(&b, '[');
    strbuf_add_sv(&b, text);
    strbuf_add_byte(&b, ']');
    if (json_read(strbuf_sv(&b), &list, &err) != ERR_OK || json_array_size(list) != 1)
        return NULL;
    return json_incref(json_array_get(list, 0));
}

json_t *patch_data(struct sv old_line, struct sv new_line, const json_t *data)
{
    struct patch p = {.old = old_line, .new = new_line};
    CLEANUP(json_cleanup) json_t *made = NULL;

    if (!walk(&p))
        return NULL;
    made = json_copy((json_t *)(uintptr_t)data); /* its values are shared */
    for (size_t i = 0; i < p.n; i++) {
        json_t *v = read_value(p.found[i].text);

        if (!v)
            return NULL;
        (void)json_object_setn_new_nocheck(made, p.found[i].name.p, p.found[i].name.n, v);
    }
    return STEAL(made);
}
