#include "watch/log_shape.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/sv.h"

#define SHAPE_RECORD_BYTES \
    4096u /* of a record that are looked at: what a record says first is what it is about */
#define SHAPE_ID_BYTES 10u /* a shorter mix of letters and digits is a word with a number */

/* --- secrets --- */

static bool shape_is_name(char c)
{
    return ascii_is_word(c) || c == '-';
}

static bool shape_is_secret_name(struct sv name)
{
    static const struct sv more[] = {SV("pwd"),     SV("authorization"), SV("cookie"),
                                     SV("session"), SV("bearer"),        SV("signature")};

    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        if (sv_eq_nocase(name, more[i]))
            return true;
    return secrets_looks_like_name(name);
}

/* The end of a value that begins at `at`: of a quoted one its quote, else where a word ends. */
static size_t shape_value_end(struct sv s, size_t at)
{
    if (at < s.n && (s.p[at] == '"' || s.p[at] == '\'')) {
        size_t end = sv_find_byte(s, s.p[at], at + 1);

        return end == SV_NPOS ? s.n : end + 1;
    }
    while (at < s.n && !ascii_is_space(s.p[at]) && !strchr(",;&\"')}]", s.p[at]))
        at++;
    return at;
}

/* "password=", "token": ", "Authorization: Bearer ": where the value begins; 0: no value follows. */
static size_t shape_value_begin(struct sv s, size_t at)
{
    size_t from = at;

    while (at < s.n && strchr("\"' ", s.p[at]))
        at++;
    if (at >= s.n || (s.p[at] != '=' && s.p[at] != ':'))
        return 0;
    for (at++; at < s.n && s.p[at] == ' ';)
        at++;
    if (sv_starts_nocase(sv_sub(s, at, s.n), SV("bearer ")) ||
        sv_starts_nocase(sv_sub(s, at, s.n), SV("basic ")))
        at = sv_find_byte(s, ' ', at) + 1;
    return at > from && at < s.n ? at : 0;
}

/* "://user:password@": where the part before the @ ends; 0: there is none. */
static size_t shape_userinfo_end(struct sv s, size_t at)
{
    bool colon = false;

    for (; at < s.n && !ascii_is_space(s.p[at]) && !strchr("/\"'<>?#", s.p[at]); at++) {
        colon |= s.p[at] == ':';
        if (s.p[at] == '@')
            return colon ? at : 0;
    }
    return 0;
}

/* The name that begins at `at` says that a secret follows: it is copied, and what follows hidden.  The next place. */
static size_t shape_hide_value(struct sv s, size_t at, size_t end, struct strbuf *out)
{
    bool bearer = sv_eq_nocase(sv_sub(s, at, end), SV("bearer")) && end < s.n && s.p[end] == ' ';
    size_t value = shape_is_secret_name(sv_sub(s, at, end)) ? shape_value_begin(s, end) : 0;

    if (bearer && !value)
        value = end + 1;
    if (!value) {
        strbuf_add_sv(out, sv_sub(s, at, end));
        return end;
    }
    strbuf_add_sv(out, sv_sub(s, at, value));
    strbuf_add_str(out, SECRET_MASK);
    return shape_value_end(s, value);
}

static void shape_hide(struct sv s, struct strbuf *out)
{
    size_t at = 0;

    while (at < s.n) {
        size_t end = at;

        while (end < s.n && shape_is_name(s.p[end]))
            end++;
        if (end > at) {
            at = shape_hide_value(s, at, end, out);
        } else if (sv_starts(sv_sub(s, at, s.n), SV("://"))) {
            size_t user = shape_userinfo_end(s, at + 3);

            strbuf_add_str(out, user ? "://" SECRET_MASK : "://");
            at = user ? user : at + 3;
        } else {
            strbuf_add_byte(out, s.p[at++]);
        }
    }
}

/* --- what differs each time --- */

enum shape_mask {
    SHAPE_NONE,
    SHAPE_TIME,
    SHAPE_ADDR,
    SHAPE_UUID,
    SHAPE_HEX,
    SHAPE_ID,
    SHAPE_N,
    SHAPE_STR
};
static const char *const shape_masks[] = {"",      "<time>", "<addr>", "<uuid>",
                                          "<hex>", "<id>",   "<n>",    "<str>"};

static char shape_at(struct sv s, size_t at)
{
    return at < s.n ? s.p[at] : '\0';
}

static bool shape_is_hex(char c)
{
    return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/*
 * Does the text at `at` look like the form?  0: a digit, A: a letter, x: a hex digit, else itself.  The end; 0: it does not.
 */
static size_t shape_form(struct sv s, size_t at, const char *form)
{
    for (; *form; form++, at++) {
        char c = shape_at(s, at);
        bool fits = *form == '0'   ? ascii_is_digit(c)
                    : *form == 'A' ? ascii_is_alpha(c)
                    : *form == 'x' ? shape_is_hex(c)
                                   : c == *form;

        if (!fits)
            return 0;
    }
    return at;
}

/* A fraction and a zone behind a time of the day. */
static size_t shape_time_rest(struct sv s, size_t at)
{
    size_t zone;

    if ((shape_at(s, at) == '.' || shape_at(s, at) == ',') && ascii_is_digit(shape_at(s, at + 1)))
        for (at++; ascii_is_digit(shape_at(s, at));)
            at++;
    if (shape_at(s, at) == 'Z' && !ascii_is_word(shape_at(s, at + 1)))
        return at + 1;
    zone = at + (shape_at(s, at) == ' ');
    if (shape_at(s, zone) == '+' || shape_at(s, zone) == '-') {
        size_t end = shape_form(s, zone + 1, "00:00");

        end = end ? end : shape_form(s, zone + 1, "0000");
        return end && !ascii_is_digit(shape_at(s, end)) ? end : at;
    }
    return sv_starts(sv_sub(s, zone, s.n), SV("UTC")) ? zone + 3 : at;
}

static size_t shape_time(struct sv s, size_t at)
{
    static const char *const dates[] = {"0000-00-00",  "0000/00/00", "0000.00.00",
                                        "00/AAA/0000", "AAA 00",     "AAA  0"};
    size_t end = 0, clock;

    for (size_t i = 0; i < ARRAY_LEN(dates) && !end; i++) {
        end = shape_form(s, at, dates[i]);
        if (!end)
            continue;
        clock =
            strchr("T :_", shape_at(s, end)) && end < s.n ? shape_form(s, end + 1, "00:00:00") : 0;
        if (clock)
            return shape_time_rest(s, clock);
        end = i >= 4 || ascii_is_word(shape_at(s, end)) ? 0 : end; /* "for 12" is no date */
    }
    if (end)
        return end;
    clock = shape_form(s, at, "00:00:00");
    return clock && !ascii_is_digit(shape_at(s, clock)) && shape_at(s, clock) != ':'
               ? shape_time_rest(s, clock)
               : 0;
}

static size_t shape_uuid(struct sv s, size_t at)
{
    size_t end = shape_form(s, at, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");

    return end && !ascii_is_word(shape_at(s, end)) ? end : 0;
}

/* ":5432" or "/24" behind an address. */
static size_t shape_port(struct sv s, size_t at)
{
    size_t end = at + 1;

    if (shape_at(s, at) != ':' && shape_at(s, at) != '/')
        return at;
    while (ascii_is_digit(shape_at(s, end)))
        end++;
    return end > at + 1 && !ascii_is_word(shape_at(s, end)) ? end : at;
}

static size_t shape_ipv4(struct sv s, size_t at)
{
    for (unsigned part = 0; part < 4; part++) {
        size_t from = at;

        while (ascii_is_digit(shape_at(s, at)))
            at++;
        if (at == from || at > from + 3 || (part < 3 && shape_at(s, at) != '.'))
            return 0;
        at += part < 3;
    }
    if (ascii_is_word(shape_at(s, at)) ||
        (shape_at(s, at) == '.' && ascii_is_digit(shape_at(s, at + 1))))
        return 0;
    return shape_port(s, at);
}

/* Two colons in a row or more than four of them, and a digit: "fe80::1", also in brackets with a port; a MAC address, too. */
static size_t shape_ipv6(struct sv s, size_t at)
{
    size_t from = at, colons = 0;
    bool twice = false, digit = false;

    for (; shape_is_hex(shape_at(s, at)) || shape_at(s, at) == ':'; at++) {
        colons += s.p[at] == ':';
        digit |= ascii_is_digit(s.p[at]);
        twice |= s.p[at] == ':' && at > from && s.p[at - 1] == ':';
    }
    if (ascii_is_word(shape_at(s, at)) || !digit || !(twice || colons > 4) || s.p[at - 1] == ':')
        return 0;
    return at;
}

static size_t shape_hex(struct sv s, size_t at)
{
    size_t from = at, digits = 0, letters = 0;
    bool marked = shape_at(s, at) == '0' && ascii_lower(shape_at(s, at + 1)) == 'x';

    at += marked ? 2 : 0;
    for (from = at; shape_is_hex(shape_at(s, at)); at++) {
        digits += ascii_is_digit(s.p[at]);
        letters += ascii_is_alpha(s.p[at]);
    }
    if (ascii_is_word(shape_at(s, at)) || at == from)
        return 0;
    return marked || (at - from >= 6 && digits >= 2 && letters >= 1) ? at : 0;
}

/* "req-8fK2mQ7xLp", "01HXAMPLE0K2M4": letters and digits that take turns. */
static size_t shape_id(struct sv s, size_t at)
{
    size_t from = at, digits = 0, turns = 0;

    for (; ascii_is_alnum(shape_at(s, at)); at++) {
        digits += ascii_is_digit(s.p[at]);
        turns += at > from && ascii_is_digit(s.p[at]) != ascii_is_digit(s.p[at - 1]);
    }
    return at - from >= SHAPE_ID_BYTES && digits >= 3 && turns >= 4 ? at : 0;
}

static size_t shape_number(struct sv s, size_t at)
{
    size_t end;

    at += shape_at(s, at) == '-' || shape_at(s, at) == '+';
    if (!ascii_is_digit(shape_at(s, at)))
        return 0;
    while (ascii_is_digit(shape_at(s, at)) ||
           (strchr(".,_", shape_at(s, at)) && at < s.n && ascii_is_digit(shape_at(s, at + 1))))
        at++;
    if (ascii_lower(shape_at(s, at)) != 'e')
        return at;
    end = at + 1 + (shape_at(s, at + 1) == '-' || shape_at(s, at + 1) == '+');
    if (!ascii_is_digit(shape_at(s, end)))
        return at;
    while (ascii_is_digit(shape_at(s, end)))
        end++;
    return ascii_is_alpha(shape_at(s, end)) ? at : end;
}

/* What begins at the beginning of a word; the end of it, or 0. */
static size_t shape_find(struct sv s, size_t at, enum shape_mask *mask)
{
    static const struct {
        size_t (*find)(struct sv s, size_t at);
        enum shape_mask mask;
    } kinds[] = {{shape_uuid, SHAPE_UUID}, {shape_time, SHAPE_TIME}, {shape_ipv4, SHAPE_ADDR},
                 {shape_ipv6, SHAPE_ADDR}, {shape_hex, SHAPE_HEX},   {shape_id, SHAPE_ID},
                 {shape_number, SHAPE_N}};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t end = kinds[i].find(s, at);

        if (end) {
            *mask = kinds[i].mask;
            return end;
        }
    }
    return 0;
}

/* "1, 2, 3" is one of them: how long a list is differs, too. */
static void shape_join(struct strbuf *out, const char *item)
{
    struct sv text = strbuf_sv(out), one = sv_from(item);

    if (sv_ends(text, SV(", ")))
        text = sv_sub(text, 0, text.n - 2);
    else if (sv_ends(text, SV(",")))
        text = sv_sub(text, 0, text.n - 1);
    else
        text = SV("");
    if (sv_ends(text, one))
        strbuf_truncate(out, text.n);
    else
        strbuf_add_sv(out, one);
}

/* --- quoted text --- */

/* The quote that ends the one at `at`; 0: there is none, or it is an apostrophe. */
static size_t shape_quote_end(struct sv s, size_t at)
{
    char quote = s.p[at];

    if (quote != '"' && quote != '\'' && quote != '`')
        return 0;
    if (quote == '\'' && at > 0 && ascii_is_alnum(s.p[at - 1]))
        return 0;
    for (size_t i = at + 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == quote && !(quote == '\'' && ascii_is_alnum(shape_at(s, i + 1))))
            return i;
    }
    return 0;
}

/* msg="...": what is said stands in quotes there, and differs no more than any other text. */
static bool shape_is_said(struct sv s, size_t at)
{
    static const struct sv names[] = {SV("msg"),    SV("message"), SV("error"), SV("err"),
                                      SV("reason"), SV("event"),   SV("level"), SV("exception")};
    size_t from;

    if (at == 0 || s.p[at - 1] != '=')
        return false;
    for (from = at - 1; from > 0 && ascii_is_word(s.p[from - 1]);)
        from--;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (sv_eq_nocase(sv_sub(s, from, at - 1), names[i]))
            return true;
    return false;
}

static void shape_text(struct sv s, struct strbuf *out);

/* A key of JSON stays, and so does what is said. */
static size_t shape_quoted(struct sv s, size_t at, struct strbuf *out)
{
    size_t end = shape_quote_end(s, at);
    char item[8] = {s.p[at], '<', 's', 't', 'r', '>', s.p[at], '\0'};

    if (!end) {
        strbuf_add_byte(out, s.p[at]);
        return at + 1;
    }
    if (shape_is_said(s, at)) {
        strbuf_add_byte(out, s.p[at]);
        shape_text(sv_sub(s, at + 1, end), out);
        strbuf_add_byte(out, s.p[at]);
        return end + 1;
    }
    if (shape_at(s, end + 1) == ':' && s.p[at] == '"') {
        strbuf_add_sv(out, sv_sub(s, at, end + 1));
        return end + 1;
    }
    shape_join(out, item);
    return end + 1;
}

/* --- a text --- */

/* "\033[31m" and other control characters: the end of what stands for a blank. */
static size_t shape_blank(struct sv s, size_t at, bool *escape)
{
    *escape = shape_at(s, at) == '\033';
    if (*escape && shape_at(s, at + 1) == '[') {
        for (at += 2; at < s.n && !ascii_is_alpha(s.p[at]);)
            at++;
        return at + 1 < s.n ? at + 1 : s.n;
    }
    return at + 1;
}

static bool shape_is_blank(char c)
{
    return ascii_is_space(c) || (unsigned char)c < 0x20 || c == 0x7f;
}

/* A mask of before: it stays as it is. */
static size_t shape_known(struct sv s, size_t at, struct strbuf *out)
{
    for (size_t i = 1; i < ARRAY_LEN(shape_masks); i++)
        if (sv_starts(sv_sub(s, at, s.n), sv_from(shape_masks[i]))) {
            shape_join(out, shape_masks[i]);
            return at + strlen(shape_masks[i]);
        }
    return 0;
}

static void shape_text(struct sv s, struct strbuf *out)
{
    size_t at = 0, begin = out->n;

    while (at < s.n && out->n < begin + LOG_SHAPE_BYTES) {
        char before = at > 0 ? s.p[at - 1] : '\0';
        enum shape_mask mask = SHAPE_NONE;
        bool escape;
        size_t end;

        if (shape_is_blank(s.p[at])) {
            at = shape_blank(s, at, &escape);
            if (!escape && out->n > begin && out->p[out->n - 1] != ' ')
                strbuf_add_byte(out, ' ');
            continue;
        }
        if (s.p[at] == '<' && (end = shape_known(s, at, out)) != 0) {
            at = end;
            continue;
        }
        if (strchr("\"'`", s.p[at])) {
            at = shape_quoted(s, at, out);
            continue;
        }
        end = !ascii_is_alnum(before)   ? shape_find(s, at, &mask)
              : ascii_is_digit(s.p[at]) ? shape_number(s, at)
                                        : 0;
        if (end) {
            shape_join(out, shape_masks[mask ? mask : SHAPE_N]);
            at = end;
        } else {
            strbuf_add_byte(out, s.p[at++]);
        }
    }
}

/* --- records --- */

/* Of a record of JSON: "error db.pool: no connection". */
static void shape_json_member(const json_t *j, const char *const *names, size_t n,
                              const char *before, struct strbuf *out)
{
    for (size_t i = 0; i < n; i++) {
        struct sv text = json_get_sv(j, names[i]);

        if (!text.n)
            continue;
        if (out->n)
            strbuf_add_str(out, before);
        strbuf_add_sv(out, text);
        return;
    }
}

/* False: it is no JSON, or says nothing by a name that is known. */
static bool shape_json(struct sv record, struct strbuf *out)
{
    static const char *const levels[] = {"level", "severity", "lvl", "levelname"},
                             *const loggers[] = {"logger", "logger_name", "module", "component"},
                             *const messages[] = {"message", "msg", "event", "text", "log"},
                             *const errors[] = {"error", "err", "exception", "exc_info",
                                                "error_message"};
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct err ignored;
    size_t begin;

    if (!sv_starts(record, SV("{")) || json_read(record, &j, &ignored) != ERR_OK)
        return false;
    shape_json_member(j, levels, ARRAY_LEN(levels), " ", out);
    shape_json_member(j, loggers, ARRAY_LEN(loggers), " ", out);
    begin = out->n;
    shape_json_member(j, messages, ARRAY_LEN(messages), " ", out);
    shape_json_member(j, errors, ARRAY_LEN(errors), ": ", out);
    if (out->n == begin)
        strbuf_truncate(out, 0);
    return out->n > 0;
}

/* A record of several lines says first where it stands and last what it is: both. */
static void shape_record(struct sv record, struct strbuf *out)
{
    struct sv first = sv_sub(record, 0, sv_find_byte(record, '\n', 0)),
              last = sv_trim_right(record);

    if (shape_json(sv_trim(record), out))
        return;
    strbuf_add_sv(out, sv_sub(first, 0, SHAPE_RECORD_BYTES));
    for (size_t at = last.n; at > first.n; at--)
        if (last.p[at - 1] == '\n') {
            strbuf_add_byte(out, ' ');
            strbuf_add_sv(out, sv_sub(last, at, at + SHAPE_RECORD_BYTES));
            return;
        }
}

/* Bytes that are none of UTF-8 would be no text of JSON. */
static void shape_add_cut(struct sv text, struct strbuf *out)
{
    size_t n = size_min(text.n, LOG_SHAPE_BYTES);

    while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    strbuf_add_sv(out, sv_sub(text, 0, n));
}

void log_shape_add(struct sv record, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf said = STRBUF(0), hidden = STRBUF(0), shape = STRBUF(0);

    shape_record(record, &said);
    shape_hide(strbuf_sv(&said), &hidden);
    shape_text(strbuf_sv(&hidden), &shape);
    shape_add_cut(sv_trim_right(strbuf_sv(&shape)), out);
}

void log_shape_example(struct sv record, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf said = STRBUF(0), hidden = STRBUF(0);

    shape_record(record, &said);
    for (size_t i = 0; i < said.n; i++)
        if (shape_is_blank(said.p[i]))
            said.p[i] = ' ';
    shape_hide(strbuf_sv(&said), &hidden);
    shape_add_cut(sv_trim(strbuf_sv(&hidden)), out);
}

/* --- what was seen --- */

static void log_shapes_forget(struct log_shapes *s)
{
    for (size_t i = 0; i < s->v.n; i++) {
        free(s->v.v[i].pattern);
        free(s->v.v[i].example);
    }
    s->v.n = 0;
    map_release(&s->by_pattern);
    s->full = s->broken = false;
}

void log_shapes_release(struct log_shapes *s)
{
    log_shapes_forget(s);
    vec_release(&s->v);
    regex_free(s->lines);
    *s = (struct log_shapes){.lines = NULL};
}

void log_shapes_take(struct log_shapes *s, struct sv record)
{
    CLEANUP(strbuf_release)
    struct strbuf shape = STRBUF(0), example = STRBUF(0), clean = STRBUF(0);
    size_t at;

    if (s->lines && !regex_has(s->lines, record)) {
        s->broken |= regex_hit_limit(s->lines);
        return;
    }
    if (s->secrets) {
        secrets_redact(s->secrets, record, &clean);
        record = strbuf_sv(&clean);
    }
    log_shape_add(record, &shape);
    if (!shape.n)
        return;
    s->taken++;
    if (map_get(&s->by_pattern, strbuf_sv(&shape), &at)) {
        s->v.v[at].n++;
        return;
    }
    if (s->v.n == LOG_SHAPES_MAX) {
        s->full = true;
        return;
    }
    (void)map_put(&s->by_pattern, strbuf_sv(&shape), s->v.n);
    log_shape_example(record, &example);
    *vec_add(&s->v) =
        (struct log_shape_row){xstrdup_sv(strbuf_sv(&shape)), xstrdup_sv(strbuf_sv(&example)), 1};
}

void log_shapes_take_lines(struct log_shapes *s, struct sv lines)
{
    struct sv line;

    while (sv_next_line(&lines, &line))
        log_shapes_take(s, line);
}

json_t *log_shapes_report(struct log_shapes *s, bool known)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < s->v.n; i++) {
        const struct log_shape_row *r = &s->v.v[i];
        json_t *row = json_object();

        json_put_str(row, "pattern", r->pattern);
        json_put_int(row, "count", known ? 0 : (int64_t)r->n);
        if (!known)
            json_put_str(row, "example", r->example);
        json_append(rows, row);
    }
    log_shapes_forget(s);
    return rows;
}
