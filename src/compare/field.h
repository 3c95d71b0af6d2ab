#pragma once

/*
 * field: what is compared of a record, with its tolerance, and how two values of it differ.
 *
 * docs/formats/snapshot.md, sections 1 and 2.  Pure.
 */
#include "base/arena.h"
#include "base/json.h"

enum field_type {
    FIELD_NUMBER,
    FIELD_INTEGER,
    FIELD_TEXT,
    FIELD_BOOL,
    FIELD_TIME,
    FIELD_SET,
    FIELD_LIST,
    FIELD_JSON,
    FIELD__N
};
extern const char *const field_type_names[FIELD__N];

/* From best to worst. */
enum field_class {
    FIELD_IDENTICAL,
    FIELD_WITHIN,
    FIELD_NULL_MISMATCH,
    FIELD_CHANGED,
    FIELD_CLASS__N
};
extern const char *const field_class_names[FIELD_CLASS__N];

struct field {
    struct sv name;
    enum field_type type;
    struct sv rel_text, abs_text; /* as written; .p NULL: none */
    double rel, abs;              /* 0: none */
    bool ignored;                 /* kept and not compared */
};

/* From {"type", "rel", "abs", "compare"}; everything is copied.  ERR_INVALID names the field and what is wrong. */
NODISCARD enum err_code field_read(struct arena *a, struct sv name, const json_t *def,
                                   struct field *ret, struct err *err);
/* From "NAME=TYPE,rel=5%,abs=0.01,ignore": as a command line says it. */
NODISCARD enum err_code field_parse(struct arena *a, struct sv text, struct field *ret,
                                    struct err *err);
/* The definition again, for a header. */
json_t *field_json(const struct field *f);
/* Same name, type, tolerance as numbers. */
bool field_same(const struct field *a, const struct field *b);

/* A cell of CSV or SQL as the type says, or as text when it cannot be read so.  NULL view: null. */
json_t *field_value(enum field_type type, struct sv text);

/* How far two numbers are from each other. */
struct field_distance {
    bool is_number;
    double d, relative; /* relative < 0: the old one is 0 */
};
/* NULL is null.  `distance` is filled always. */
enum field_class field_compare(const struct field *f, const json_t *old, const json_t *new,
                               struct field_distance *distance);
