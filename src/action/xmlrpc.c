#include "action/xmlrpc.h"

#include <expat.h>
#include <string.h>

#include "base/library.h"
#include "base/sv.h"

#define EXPAT_CALLS(CALL)            \
    CALL(ErrorString)                \
    CALL(GetCurrentLineNumber)       \
    CALL(GetErrorCode)               \
    CALL(Parse)                      \
    CALL(ParserCreate)               \
    CALL(ParserFree)                 \
    CALL(SetCharacterDataHandler)    \
    CALL(SetElementHandler)          \
    CALL(SetStartDoctypeDeclHandler) \
    CALL(SetUserData)                \
    CALL(StopParser)

static struct {
#define CALL(name) __typeof__ (&XML_##name)(name);
    EXPAT_CALLS(CALL)
#undef CALL
} expat;

static enum err_code expat_open(struct err *err)
{
    static const struct library_call calls[] = {
#define CALL(name) {"XML_" #name, offsetof(__typeof__(expat), name)},
        EXPAT_CALLS(CALL)
#undef CALL
    };
    static struct library library = {"libexpat.so.1", "libexpat1", calls, ARRAY_LEN(calls), false};

    if (library_open(&library, &expat, err) != ERR_OK)
        return err_wrap(err, "XML needs expat");
    return ERR_OK;
}

/* --- writing --- */

static void xmlrpc_escape(struct sv text, struct strbuf *out)
{
    for (size_t i = 0; i < text.n; i++)
        switch (text.p[i]) {
        case '<': strbuf_add_str(out, "&lt;"); break;
        case '>': strbuf_add_str(out, "&gt;"); break;
        case '&': strbuf_add_str(out, "&amp;"); break;
        default: strbuf_add_byte(out, text.p[i]);
        }
}

static void xmlrpc_write_param(const json_t *v, struct strbuf *out)
{
    strbuf_add_str(out, "<param><value>");
    if (json_is_boolean(v)) {
        strbuf_addf(out, "<boolean>%d</boolean>", json_is_true(v));
    } else if (json_is_integer(v)) {
        strbuf_addf(out, "<int>%lld</int>", (long long)json_integer_value(v));
    } else {
        assert(json_is_string(v));
        strbuf_add_str(out, "<string>");
        xmlrpc_escape((struct sv){json_string_value(v), json_string_length(v)}, out);
        strbuf_add_str(out, "</string>");
    }
    strbuf_add_str(out, "</value></param>");
}

void xmlrpc_write(const char *method, const json_t *params, struct strbuf *out)
{
    strbuf_addf(out, "<?xml version=\"1.0\"?><methodCall><methodName>%s</methodName><params>",
                method);
    for (size_t i = 0; i < json_array_size(params); i++)
        xmlrpc_write_param(json_array_get(params, i), out);
    strbuf_add_str(out, "</params></methodCall>");
}

/* --- reading --- */

enum xmlrpc_type { TYPE_NONE, TYPE_STRING, TYPE_INT, TYPE_BOOL, TYPE_REAL, TYPE_NIL, TYPE_LIST };

/* A <value> that is being read. */
struct xmlrpc_value {
    enum xmlrpc_type type;
    json_t *tree;       /* of a struct or array, else NULL; owned */
    struct strbuf text; /* of a scalar */
    struct strbuf name; /* of the struct's member that is being read */
    bool in_name;
};

struct xmlrpc_reader {
    XML_Parser parser;
    struct xmlrpc_value stack[XMLRPC_DEPTH];
    size_t depth;
    json_t *result; /* owned */
    bool fault, answer;
    enum err_code rc;
    const char *why;
};

static void xmlrpc_stop(struct xmlrpc_reader *r, enum err_code rc, const char *why)
{
    if (r->rc != ERR_OK)
        return;
    r->rc = rc;
    r->why = why;
    (void)expat.StopParser(r->parser, XML_FALSE); /* it is parsing */
}

static struct xmlrpc_value *xmlrpc_top(struct xmlrpc_reader *r)
{
    return r->depth ? &r->stack[r->depth - 1] : NULL;
}

static void xmlrpc_push(struct xmlrpc_reader *r)
{
    if (r->depth == XMLRPC_DEPTH)
        xmlrpc_stop(r, ERR_LIMIT, "its values are too deep");
    else
        r->stack[r->depth++] =
            (struct xmlrpc_value){.text = STRBUF(XMLRPC_BYTES), .name = STRBUF(XMLRPC_BYTES)};
}

static void xmlrpc_free_value(struct xmlrpc_value *v)
{
    json_decref(v->tree);
    strbuf_release(&v->text);
    strbuf_release(&v->name);
}

/* NULL: the text is not of its type. */
static json_t *xmlrpc_scalar(const struct xmlrpc_value *v)
{
    struct sv text = strbuf_sv(&v->text), number = sv_trim(text);
    int64_t i;
    double d;

    switch (v->type) {
    case TYPE_INT: return sv_to_i64(number, &i) ? json_integer(i) : NULL;
    case TYPE_REAL: return sv_to_f64(number, &d) ? json_real(d) : NULL;
    case TYPE_BOOL:
        return sv_to_i64(number, &i) && (i == 0 || i == 1) ? json_boolean(i != 0) : NULL;
    case TYPE_NIL: return json_null();
    case TYPE_NONE:
    case TYPE_STRING:
    case TYPE_LIST:
    default: return json_sv(text);
    }
}

/* The value is complete: into the one around it. */
static void xmlrpc_pop(struct xmlrpc_reader *r)
{
    struct xmlrpc_value v = *xmlrpc_top(r), *around;
    json_t *done = v.tree ? json_incref(v.tree) : xmlrpc_scalar(&v);

    r->depth--;
    around = xmlrpc_top(r);
    if (!done) {
        xmlrpc_stop(r, ERR_CORRUPT, "a value is not of its type");
    } else if (!around) {
        json_decref(r->result);
        r->result = done;
    } else if (json_is_array(around->tree)) {
        json_append(around->tree, done);
    } else if (json_is_object(around->tree)) {
        json_put(around->tree, strbuf_str(&around->name), done);
    } else {
        json_decref(done);
        xmlrpc_stop(r, ERR_CORRUPT, "a value stands in another one");
    }
    xmlrpc_free_value(&v);
}

static const struct {
    const char *element;
    enum xmlrpc_type type;
} xmlrpc_types[] = {
    {"string", TYPE_STRING},
    {"int", TYPE_INT},
    {"i4", TYPE_INT},
    {"i8", TYPE_INT},
    {"double", TYPE_REAL},
    {"boolean", TYPE_BOOL},
    {"nil", TYPE_NIL},
    {"struct", TYPE_LIST},
    {"array", TYPE_LIST},
    {"base64", TYPE_STRING},
    {"dateTime.iso8601", TYPE_STRING},
};

static void xmlrpc_type(struct xmlrpc_reader *r, const char *element)
{
    struct xmlrpc_value *v = xmlrpc_top(r);

    for (size_t i = 0; i < ARRAY_LEN(xmlrpc_types); i++) {
        if (strcmp(element, xmlrpc_types[i].element) != 0)
            continue;
        if (!v || v->type != TYPE_NONE) {
            xmlrpc_stop(r, ERR_CORRUPT, "a type stands where no value does");
            return;
        }
        v->type = xmlrpc_types[i].type;
        strbuf_truncate(&v->text, 0); /* blanks before the element */
        if (v->type == TYPE_LIST)
            v->tree = *element == 's' ? json_object() : json_array();
    }
}

static void xmlrpc_on_start(void *data, const char *element, const char **attributes UNUSED)
{
    struct xmlrpc_reader *r = data;
    struct xmlrpc_value *v = xmlrpc_top(r);

    if (r->rc != ERR_OK)
        return; /* uncovered: expat may still tell what it has read */
    if (strcmp(element, "methodResponse") == 0)
        r->answer = true;
    else if (strcmp(element, "fault") == 0)
        r->fault = true;
    else if (strcmp(element, "value") == 0)
        xmlrpc_push(r);
    else if (strcmp(element, "name") == 0 && v) {
        v->in_name = true;
        strbuf_truncate(&v->name, 0);
    } else
        xmlrpc_type(r, element);
}

static void xmlrpc_on_end(void *data, const char *element)
{
    struct xmlrpc_reader *r = data;
    struct xmlrpc_value *v = xmlrpc_top(r);

    if (r->rc != ERR_OK)
        return;
    if (strcmp(element, "value") == 0 && v)
        xmlrpc_pop(r);
    else if (strcmp(element, "name") == 0 && v)
        v->in_name = false;
}

static void xmlrpc_on_text(void *data, const char *text, int n)
{
    struct xmlrpc_reader *r = data;
    struct xmlrpc_value *v = xmlrpc_top(r);

    if (v && r->rc == ERR_OK)
        strbuf_add(v->in_name ? &v->name : &v->text, text, (size_t)n);
}

/* Entities and files elsewhere: nothing that an answer of XML-RPC has. */
static void xmlrpc_on_doctype(void *data, const char *name UNUSED, const char *system UNUSED,
                              const char *public UNUSED, int internal UNUSED)
{
    xmlrpc_stop(data, ERR_CORRUPT, "it has a document type");
}

static enum err_code xmlrpc_parse(struct xmlrpc_reader *r, struct sv text, struct err *err)
{
    r->parser = expat.ParserCreate("UTF-8");
    if (!r->parser)
        abort(); /* uncovered: out of memory */
    expat.SetUserData(r->parser, r);
    expat.SetElementHandler(r->parser, xmlrpc_on_start, xmlrpc_on_end);
    expat.SetCharacterDataHandler(r->parser, xmlrpc_on_text);
    expat.SetStartDoctypeDeclHandler(r->parser, xmlrpc_on_doctype);
    if (expat.Parse(r->parser, text.p ? text.p : "", (int)text.n, XML_TRUE) != XML_STATUS_OK &&
        r->rc == ERR_OK)
        (void)err_set(err, r->rc = ERR_CORRUPT, "no XML: line %lu: %s",
                      expat.GetCurrentLineNumber(r->parser),
                      expat.ErrorString(expat.GetErrorCode(r->parser)));
    else if (r->rc != ERR_OK)
        (void)err_set(err, r->rc, "no answer of XML-RPC: %s", r->why);
    else if (!r->answer || !r->result)
        r->rc = err_set(err, ERR_CORRUPT, "no answer of XML-RPC: it has no value");
    expat.ParserFree(r->parser);
    return r->rc;
}

enum err_code xmlrpc_read(struct sv text, json_t **ret, int64_t *fault, struct err *err)
{
    struct xmlrpc_reader r = {.rc = ERR_OK};

    if (text.n > XMLRPC_BYTES)
        return err_set(err, ERR_LIMIT, "the answer is longer than %d bytes", XMLRPC_BYTES);
    if (expat_open(err) != ERR_OK)
        return err->code;
    (void)xmlrpc_parse(&r, text, err);
    if (r.rc == ERR_OK && r.fault) {
        *fault = json_get_int(r.result, "faultCode", 0);
        r.rc = err_set(err, ERR_FAILED, "%s", json_get_str(r.result, "faultString", "refused"));
    }
    while (r.depth)
        xmlrpc_free_value(&r.stack[--r.depth]);
    if (r.rc == ERR_OK)
        *ret = STEAL(r.result);
    json_decref(r.result);
    return r.rc;
}
