#pragma once

/*
 * flagset: flags as flagd defines them, the kill list, and the answer for a context (docs/formats/flags.md).
 *
 * A set is read once and does not change; evaluating is thread-safe as long as each thread has its own context.  Pure: the
 * time is handed in.
 */
#include "base/hash.h"
#include "base/json.h"

#define FLAGSET_BYTES (16u << 20) /* of definitions: 50,000 flags */
#define FLAGSET_FLAGS 100000u

struct flagset; /* opaque */

/* Definitions, and the kill list or the NULL view.  ERR_INVALID says which flag and what is wrong. */
NODISCARD enum err_code flagset_parse(struct sv definitions, struct sv kill, struct flagset **ret,
                                      struct err *err);
void flagset_free(struct flagset *s);
DEFINE_CLEANUP(struct flagset *, flagset_free)

/* Flags are in the order of the bytes of their keys. */
size_t flagset_count(const struct flagset *s);
struct flag_info {
    struct sv key;
    bool disabled, targeted;
    struct sv default_variant, killed; /* .p NULL: none */
    struct sv kill_by, kill_at, kill_reason;
    size_t n_variants;
};
struct flag_info flagset_info(const struct flagset *s, size_t i);
/* False: there is none. */
NODISCARD bool flagset_find(const struct flagset *s, struct sv key, size_t *ret);
/* ERR_NOT_FOUND: "there is no flag", with the nearest that there is. */
enum err_code flagset_unknown(const struct flagset *s, struct sv key, struct err *err);
/* "on, off": the variants of flag i. */
void flagset_list_variants(const struct flagset *s, size_t i, struct strbuf *out);
/* The name of a variant, and its value as JSON text. */
struct sv flagset_variant(const struct flagset *s, size_t i, size_t variant, struct sv *value);

enum flag_outcome { FLAG_FINE, FLAG_GENERAL, FLAG_UNKNOWN };
struct flag_answer {
    enum flag_outcome outcome;
    struct sv reason;  /* "STATIC", ... */
    struct sv variant; /* .p NULL: no value */
    struct sv value;   /* JSON text */
    bool killed;
    const char *details; /* of an error */
};
/* The answer for flag i. */
struct flag_answer flagset_eval(const struct flagset *s, size_t i, const json_t *context,
                                int64_t now_s);
/*
 * The share of clients that get another variant than `off`.  False: nobody gets one (DISABLED, no default), or who gets
 * which depends on more than chance.
 */
NODISCARD bool flagset_share(const struct flagset *s, size_t i, struct sv off, double *ret);
/* The answer as the body of OFREP. */
void flagset_body(const struct flagset *s, size_t i, const struct flag_answer *a,
                  struct strbuf *out);
/* All flags: {"flags":[...],"metadata":{...}}. */
void flagset_bulk(const struct flagset *s, const json_t *context, int64_t now_s,
                  struct strbuf *out);
/* {"key":KEY,"errorCode":CODE,"errorDetails":DETAILS}; without `key` (.p NULL) for all flags. */
void flagset_error_body(struct sv key, const char *code, const char *details, struct strbuf *out);
