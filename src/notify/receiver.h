#pragma once

/*
 * receiver: how notices reach somebody; one row for each kind, named in receivers.inc.
 *
 * A row turns notices into what is sent: a request, a mail, or a command.  Several that are due at the same time, of
 * one run and receiver, are sent together.  Pure; the outbox does the rest.
 */
#include "base/sv.h"
#include "net/http.h"
#include "net/mail.h"
#include "notify/notice.h"
#include "watch/source.h"

enum receiver_way { RECEIVER_HTTP, RECEIVER_MAIL, RECEIVER_COMMAND };

/* One notice, as the outbox has it. */
struct receiver_item {
    const json_t *body; /* of struct notice */
    struct sv id;       /* "r-0042/17/team": the same when the same is sent again */
    struct sv key;      /* of what lasts: its end has the same */
    int64_t at_us;
    bool lasts, firing; /* it is told again until it has ended */
};

struct receiver_call {
    const struct receiver_item *items;
    size_t n;
    struct sv id; /* of them together; of one its own */
    size_t part;  /* the entry of the list `each` that is told, from 1 on; 0: all of them */
    const json_t *settings; /* with secrets; must not be shown */
    int64_t now_us;
};

/* What is sent; views and pointers live in the arena or in the settings. */
struct receiver_out {
    struct arena arena;
    struct strbuf body;
    struct http_spec http;
    struct http_field fields[8];
    size_t n_fields;
    struct mail mail;
    struct sv command;
};

struct receiver_ops {
    const char *kind, *help;
    const struct source_key *keys;
    size_t n_keys;
    enum receiver_way way;
    const char *events; /* that it is told of unless `on` says otherwise */
    int64_t repeat_us;  /* what lasts is told again; 0: never */
    bool lasting;       /* a verdict lasts here, too */
    const char
        *each; /* a list of its settings of which each entry is told on its own; NULL: none */
    /* Of settings that fit `keys`, with secrets as they are: ERR_INVALID, their values do not do.  NULL: any do. */
    enum err_code (*check)(const json_t *settings, struct err *err);
    /* ERR_INVALID: the settings do not do. */
    enum err_code (*make)(const struct receiver_call *c, struct receiver_out *out, struct err *err);
    bool (*taken)(const struct http_request *r); /* NULL: any 2xx */
};

#define RECEIVER_EVENTS "gate verdict rollback rolled-back failed done message flag"
#define RECEIVER_KEY_ON                                       \
    {                                                         \
        "on", SOURCE_TEXTS, false, "the events it is told of" \
    }
#define RECEIVER_HOUR_US (3600 * 1000000LL)

/* NULL: there is no such kind. */
const struct receiver_ops *receiver_find(struct sv kind);
/* ERR_INVALID with the nearest kind, setting or event, or what is wrong with a value. */
NODISCARD enum err_code receiver_check(struct sv kind, json_t *settings, struct err *err);
/* Does this text name a secret, so that its value is not known yet? */
static inline bool receiver_is_secret(struct sv text)
{
    return sv_has(text, SV("$"));
}
/* Is a receiver with these settings told of such a notice? */
bool receiver_wants(const struct receiver_ops *ops, const json_t *settings, enum notice_kind kind);
/* What entry i of a list is called: itself, or "#2" where it is a secret or stands there twice. */
struct sv receiver_part(const json_t *list, size_t i, struct arena *a);
/* "ROLLBACK production r-0042: error rate 10% > 5%": one line. */
void receiver_line(const json_t *body, struct strbuf *out);
void receiver_add_field(struct receiver_out *out, struct sv name, struct sv value);
/* Body, URL and token of a request that posts JSON. */
void receiver_post(const struct receiver_call *c, struct receiver_out *out, struct sv url,
                   const json_t *body);

#define RECEIVER(kind) extern const struct receiver_ops receiver_##kind;
#include "notify/receivers.inc"
#undef RECEIVER
