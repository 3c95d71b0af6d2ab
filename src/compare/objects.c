#include "compare/objects.h"

#include "base/sv.h"

enum objects_state {
    OBJECTS_BEGIN, /* nothing yet */
    OBJECTS_FIRST, /* after '[' */
    OBJECTS_NEXT,  /* an object must follow (after a comma), or may (lines) */
    OBJECTS_INSIDE,
    OBJECTS_AFTER, /* of an array: a comma or its end */
    OBJECTS_DONE,
};

void objects_release(struct objects *o)
{
    strbuf_release(&o->text);
}

static enum err_code bad(const struct objects *o, struct err *err, const char *what)
{
    return err_set(err, ERR_INVALID, "record %zu: %s", o->n + 1, what);
}

static enum err_code take(struct objects *o, struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    enum err_code rc = json_read(strbuf_sv(&o->text), &j, err);

    strbuf_truncate(&o->text, 0);
    o->state = o->array ? OBJECTS_AFTER : OBJECTS_NEXT;
    if (rc != ERR_OK)
        return err_wrap(err, "record %zu", o->n + 1);
    o->n++;
    return o->object(o->arg, j, err);
}

static enum err_code inside(struct objects *o, char b, struct err *err)
{
    strbuf_add_byte(&o->text, b);
    if (o->text.n > OBJECTS_BYTES)
        return err_set(err, ERR_LIMIT, "record %zu has more than %u bytes", o->n + 1,
                       OBJECTS_BYTES);
    if (o->in_text) {
        o->in_text = b != '"' || o->escaped;
        o->escaped = b == '\\' && !o->escaped;
    } else if (b == '"') {
        o->in_text = true;
    } else if (b == '{' || b == '[') {
        if (++o->depth > OBJECTS_NESTING)
            return bad(o, err, "it is nested too deeply");
    } else if (b == '}' || b == ']') {
        return --o->depth == 0 ? take(o, err) : ERR_OK;
    }
    return ERR_OK;
}

static enum err_code between(struct objects *o, char b, struct err *err)
{
    if (b == '[' && o->state == OBJECTS_BEGIN) {
        o->array = true;
        o->state = OBJECTS_FIRST;
        return ERR_OK;
    }
    if (b == '{' && o->state < OBJECTS_INSIDE) {
        o->state = OBJECTS_INSIDE;
        return inside(o, b, err);
    }
    if (b == ',' && o->state == OBJECTS_AFTER) {
        o->state = OBJECTS_NEXT;
        return ERR_OK;
    }
    if (b == ']' && (o->state == OBJECTS_AFTER || o->state == OBJECTS_FIRST)) {
        o->state = OBJECTS_DONE;
        return ERR_OK;
    }
    return bad(o, err,
               o->state == OBJECTS_DONE    ? "something follows the array"
               : o->state == OBJECTS_AFTER ? "a comma or ']' should stand here"
                                           : "it is no object");
}

enum err_code objects_feed(struct objects *o, struct sv bytes, struct err *err)
{
    for (size_t i = 0; i < bytes.n; i++) {
        char b = bytes.p[i];
        enum err_code rc = ERR_OK;

        if (o->state == OBJECTS_INSIDE)
            rc = inside(o, b, err);
        else if (b != ' ' && b != '\t' && b != '\n' && b != '\r')
            rc = between(o, b, err);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

enum err_code objects_end(struct objects *o, struct err *err)
{
    if (o->state == OBJECTS_INSIDE || (o->array && o->state != OBJECTS_DONE))
        return bad(o, err, "the text ends inside of it");
    return ERR_OK;
}
