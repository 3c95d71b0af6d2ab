#include "flag/flag_back.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"

#define FLAG_LOG_BYTES (64u << 20) /* a line for each change by hand: decades */

enum back_part { PART_DEFAULT, PART_KILL, PART__N };

/* What happened to a part of the flag since then. */
struct back_since {
    bool changed, by_rule; /* by_rule: last */
    struct sv from;        /* before the first change; .p NULL: there was none */
};

struct back_found {
    struct arena *a;
    struct back_since since[PART__N];
};

static void back_take(void *arg, const json_t *line)
{
    struct back_found *found = arg;
    bool set = sv_eq(json_get_sv(line, "what"), SV("set"));
    struct back_since *s = &found->since[set ? PART_DEFAULT : PART_KILL];

    if (!json_get_bool(line, "begun", false) && !json_get_bool(line, "in_effect", false))
        return; /* refused, or the end of one that was taken already */
    s->by_rule = sv_starts(json_get_sv(line, "by"), FLAG_BACK_RUN);
    if (s->changed || s->by_rule)
        return;
    s->changed = true;
    if (json_object_get(line, "from"))
        s->from = arena_sv(found->a, json_get_sv(line, "from"));
}

typedef void back_line_fn(void *arg, const json_t *line);

/* The lines of the flag since then. */
static enum err_code back_lines(struct sv text, struct sv key, int64_t since_us, back_line_fn *fn,
                                void *arg, struct err *err)
{
    struct sv one;

    for (size_t n = 1; sv_next_line(&text, &one); n++) {
        CLEANUP(json_cleanup) json_t *line = NULL;

        if (json_read(one, &line, err) != ERR_OK) {
            if (!text.n)
                break; /* a crash has cut it off; nothing was changed after it */
            return err_wrap(err, "line %zu", n);
        }
        if (sv_eq(json_get_sv(line, "flag"), key) && json_get_int(line, "at_us", 0) >= since_us)
            fn(arg, line);
    }
    return ERR_OK;
}

static enum err_code back_read(const struct flag_files *f, struct sv key, int64_t since_us,
                               back_line_fn *fn, void *arg, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (file_exists(f->log) &&
        (file_read(f->log, FLAG_LOG_BYTES, &text, err) != ERR_OK ||
         back_lines(strbuf_sv(&text), key, since_us, fn, arg, err) != ERR_OK))
        return err_wrap(err, "%s", f->log);
    return ERR_OK;
}

enum err_code flag_back_find(const struct flag_files *f, struct sv key, int64_t since_us,
                             struct arena *a, struct flag_back *ret, struct err *err)
{
    struct back_found read = {.a = a};
    const struct back_since *since = read.since;
    struct flag_back found = {.n = 0};

    if (back_read(f, key, since_us, back_take, &read, err) != ERR_OK)
        return err->code;
    for (unsigned i = 0; i < PART__N; i++) {
        if (!since[i].changed || since[i].by_rule)
            continue;
        if (i == PART_DEFAULT && !since[i].from.p)
            return err_set(err, ERR_FAILED, "what '%.*s' was before is not known", SV_FMT(key));
        found.v[found.n++] =
            (struct flag_change){.key = key, .variant = since[i].from, .kill = i == PART_KILL};
    }
    *ret = found;
    return ERR_OK;
}

/* --- toggles --- */

struct toggle_reader {
    flag_toggle_fn *fn;
    void *arg;
};

static void toggle_take(void *arg, const json_t *line)
{
    const struct toggle_reader *r = arg;
    bool was_so =
        json_object_get(line, "from") && sv_eq(json_get_sv(line, "from"), json_get_sv(line, "to"));

    if (json_get_bool(line, "in_effect", false) && !was_so &&
        !sv_starts(json_get_sv(line, "by"), FLAG_BACK_RUN))
        r->fn(r->arg, json_get_int(line, "at_us", 0));
}

enum err_code flag_toggles(const struct flag_files *f, struct sv key, int64_t since_us,
                           flag_toggle_fn *fn, void *arg, struct err *err)
{
    struct toggle_reader r = {fn, arg};

    return back_read(f, key, since_us, toggle_take, &r, err);
}
