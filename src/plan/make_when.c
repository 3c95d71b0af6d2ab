/*
 * When the document says that it is done: "**Maintenance window:** Sunday 02:00-04:00".  No step says so, and none may be
 * carried out before somebody has looked at the clock: a person is asked before the first step that it is about, unless the
 * binding has a window, which is judged.
 */
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "plan/make_int.h"

/* What is called a window can be nothing else; the other keys are of a time only where their value is one. */
#define WHEN_WINDOW                                                                                     \
    "^(?:(?:planned|scheduled|approved|agreed|proposed|production|our|the) )*"                          \
    "(?:maintenance|deploy(?:ment)?|release|change|cut-?over|migration|upgrade|outage|"                 \
    "rollout|execution|implementation|service)[ -]+(?:window|(?:time[ -]?)?slot|time ?frame)$"          \
    "|^window$|wartungsfenster|fenêtre de maintenance|ventana de mantenimiento|"                       \
    "finestra di manutenzione|janela de manutenção|メンテナンス(?:時間|ウィンドウ|枠)|" \
    "维护窗口|維護窗口|变更窗口"
#define WHEN_KEY                                                                     \
    "^(?:timing|when|schedule|scheduled(?: for| time| start| date)?|"                \
    "(?:planned|scheduled|deployment|release|go-live|cut-?over) (?:start|time|date)" \
    "(?: and time)?|start(?: time)?|date and time|termin|zeitpunkt|beginn)$"

#define WHEN_CLOCK                                                                                   \
    "\\b[0-9]{1,2}:[0-9]{2}\\b|\\b[0-9]{1,2}(?:-[0-9]{1,2})? ?[ap]\\.?m\\b|\\b[0-9]{1,2} ?(?:uhr|h " \
    "UTC|UTC)\\b|[0-9]時|[0-9]点|"                                                                 \
    "off[- ]?(?:peak|hours)|low[- ](?:traffic|load)|quiet (?:hours|time)|(?:business|working|office) hours"
#define WHEN_DAY                                                                          \
    "\\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:days?)?\\b|\\bweekend|" \
    "\\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)s?\\b|"            \
    "\\b[0-9]{4}-[0-9]{2}-[0-9]{2}\\b|\\btonight\\b|\\b(?:over|at )night\\b|[月火水木金土日]曜"
#define WHEN_OPEN \
    "\\b(?:tb[dca]|to be (?:decided|defined|determined|confirmed|agreed|announced))\\b|_{3,}"
#define WHEN_OFTEN "\\b(?:every|each|daily|weekly|nightly|monthly|hourly|cron)\\b"

/* "Sunday 02:00-04:00 UTC", "2026-06-02, 22:30 to 23:00 Europe/Berlin": the day, both times, the zone. */
#define WHEN_SPAN                                                                                   \
    "\\b((?:mon|tue|wed|thu|fri|sat|sun|die|mit|don|sam|son)[a-z]*|[0-9]{4}-[0-9]{2}-[0-9]{2}),? +" \
    "(?:from +)?([0-9]{1,2}:[0-9]{2}) *(?:-|–|—|to|until|till|bis) *([0-9]{1,2}:[0-9]{2})"      \
    "(?! ?[ap]\\.?m)(?: *(?:uhr)? *\\(?(UTC|[A-Z][a-z]+/[A-Z][A-Za-z_]+)\\b)?"

static bool when_has(const char *pattern, struct sv text)
{
    CLEANUP(regex_freep) struct regex *r = regex_must(pattern, REGEX_NOCASE);

    return regex_has(r, text);
}

bool make_is_when(const struct rb_meta *meta)
{
    if (when_has(WHEN_OFTEN, meta->value))
        return false;
    if (when_has(WHEN_WINDOW, meta->key))
        return when_has(WHEN_CLOCK "|" WHEN_DAY "|" WHEN_OPEN, meta->value);
    return when_has(WHEN_KEY, meta->key) && when_has(WHEN_CLOCK, meta->value);
}

/* As the binding calls it: the first three letters but in German. */
static struct sv when_day(const struct make *m, struct sv day)
{
    static const char *const german[][2] = {
        {"die", "tue"}, {"mit", "wed"}, {"don", "thu"}, {"sam", "sat"}, {"son", "sun"}};
    char *first = arena_strdup(m->arena, sv_sub(day, 0, 3));

    for (char *c = first; *c; c++)
        *c = ascii_lower(*c);
    for (size_t i = 0; i < ARRAY_LEN(german); i++)
        if (strcmp(first, german[i][0]) == 0)
            return sv_from(german[i][1]);
    return sv_from(first);
}

/* The window that the binding could have: the document's, where it is understood. */
static struct sv when_window(const struct make *m, struct sv value)
{
    CLEANUP(regex_freep) struct regex *r = regex_must(WHEN_SPAN, REGEX_NOCASE);
    struct sv day, from, to, zone = SV("");
    struct regex_match g[5];

    if (!regex_find(r, value, 0, g, ARRAY_LEN(g)))
        return SV("days: [DAY], from: \"HH:MM\", to: \"HH:MM\"");
    day = sv_sub(value, g[1].from, g[1].to);
    from = sv_sub(value, g[2].from, g[2].to);
    to = sv_sub(value, g[3].from, g[3].to);
    if (g[4].from != SV_NPOS)
        zone = arena_fmt(m->arena, ", zone: %.*s", SV_FMT(sv_sub(value, g[4].from, g[4].to)));
    if (day.n && ascii_is_digit(*day.p))
        return arena_fmt(m->arena, "from: %.*s %.*s, to: %.*s %.*s%.*s", SV_FMT(day), SV_FMT(from),
                         SV_FMT(day), SV_FMT(to), SV_FMT(zone));
    return arena_fmt(m->arena, "days: [%.*s], from: \"%.*s\", to: \"%.*s\"%.*s",
                     SV_FMT(when_day(m, day)), SV_FMT(from), SV_FMT(to), SV_FMT(zone));
}

/* The section whose steps it is about; NULL: the head of the document says it, of all that is deployed. */
static const struct rb_part *when_part(const struct make *m, const struct rb_meta *meta)
{
    const struct rb_part *part = meta->part == RB_NONE ? NULL : &m->rb->parts[meta->part];

    return part && part->level > 1 ? part : NULL;
}

static struct sv when_answer(const struct make *m, const struct rb_meta *meta)
{
    const struct rb_part *part = when_part(m, meta);
    struct sv what = part ? arena_fmt(m->arena, "\"%.*s\"", SV_FMT(part->id)) : SV("role=deploy");

    return arena_fmt(m->arena, "gates: {%.*s: {window: {%.*s}}}, or drop: {%zu: why}", SV_FMT(what),
                     SV_FMT(when_window(m, meta->value)), meta->line);
}

/* Does the binding have a window that stands before one of these steps? */
static bool when_is_judged(const json_t *steps)
{
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *before = json_object_get(json_array_get(steps, i), "before");

        for (size_t k = 0; k < json_array_size(before); k++)
            if (sv_eq(json_get_sv(json_array_get(before, k), "gate"), SV("window")))
                return true;
    }
    return false;
}

void make_whens(struct make *m, json_t *steps)
{
    bool judged = when_is_judged(steps);

    for (size_t i = 0; i < m->rb->n_metas && !judged; i++) {
        CLEANUP(json_cleanup) json_t *rows = json_array();
        const struct rb_meta *meta = &m->rb->metas[i];
        struct make_ref ref = {.part = meta->part, .step = RB_NONE};
        struct sv said;
        json_t *row;

        if (!make_is_when(meta) || make_dropped(m, meta->line, meta->value))
            continue;
        said = arena_fmt(m->arena, "\"%.*s: %.*s\"", SV_FMT(meta->key), SV_FMT(meta->value));
        row = json_object();
        json_append(rows, row);
        json_put_str(row, "gate", "confirm");
        json_put_int(row, "line", 0); /* the binding has none of it */
        json_put_sv(row, "text", arena_fmt(m->arena, "it is time: %.*s", SV_FMT(said)));
        if (make_gate_place(m, &ref, when_part(m, meta) ? SV("") : SV("deploy"), steps, rows))
            make_question(m, meta->line, "window", false,
                          arena_fmt(m->arena, "the document says when: %.*s", SV_FMT(said)),
                          when_answer(m, meta));
    }
}
