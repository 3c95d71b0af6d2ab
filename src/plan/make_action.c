/*
 * What a step of the document becomes: a kind of action and its parameters.
 */
#include "base/sv.h"
#include "plan/make_int.h"

typedef bool make_action_fn(struct make *m, const struct rb_step *s, json_t *out, json_t *action);

static json_t *make_words(struct make *m, const struct shell_word *const *words, size_t n,
                          size_t line)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_append(list, make_word(m, words[i], line));
    return list;
}

/* How long what was just started may take until it listens. */
enum { MAKE_LISTENS_MS = 30000, MAKE_STARTED_STEPS = 64 };

/* "./restart.sh", "bin/app start": a program that nobody knows, and what it is called. */
static bool make_is_called_start(struct sv text)
{
    static const struct sv verbs[] = {SV("start"), SV("restart"), SV("reload"), SV("respawn")};
    struct sv word = {text.p, 0};

    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && ascii_is_alpha(text.p[i])) {
            word.n++;
            continue;
        }
        for (size_t k = 0; k < ARRAY_LEN(verbs); k++)
            if (sv_eq_nocase(word, verbs[k]))
                return true;
        word = (struct sv){text.p + i + 1, 0};
    }
    return false;
}

/* The step before, on the same way, that starts what may answer; RB_NONE: none, or something else was changed since. */
static uint32_t make_started_by(const struct make *m, const struct rb_step *s)
{
    const struct rb_step *v = m->rb->steps;
    uint32_t at = (uint32_t)(s - v), first = at > MAKE_STARTED_STEPS ? at - MAKE_STARTED_STEPS : 0;

    for (uint32_t i = at; i-- > first;) {
        const struct command *c = v[i].command;

        if (!c || c->effect <= EFFECT_STATE || make_is_forward(m, &v[i]) != make_is_forward(m, s))
            continue;
        if (sv_has_word(v[i].text, SV("stop")) ||
            (c->form == COMMAND_SERVICE && c->verb == SERVICE_STOP))
            return RB_NONE;
        return c->effect == EFFECT_SERVICE ||
                       (c->effect == EFFECT_UNKNOWN && make_is_called_start(v[i].text))
                   ? i
                   : RB_NONE;
    }
    return RB_NONE;
}

/* That nobody listens, or that a proxy says so, may be what is wanted. */
static bool make_wants_no_answer(const struct rb_expect *e)
{
    static const struct sv statuses[] = {SV("502"), SV("503"), SV("504"), SV("5xx")};
    bool wants = e->form == EXPECT_FAIL || e->form == EXPECT_EXIT;

    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        wants |= sv_has_nocase(e->source, statuses[i]);
    return wants;
}

/* A service that was started a moment ago may not listen yet: who is refused has sent nothing, and asks again. */
static void make_listens(const struct make *m, const struct rb_step *s, json_t *action)
{
    uint32_t by = make_started_by(m, s);

    for (size_t i = 0; i < s->n_expects; i++)
        if (make_wants_no_answer(&s->expects[i]))
            return;
    if (by == RB_NONE)
        return;
    json_put_int(action, "listens_ms", MAKE_LISTENS_MS);
    json_put_int(action, "started_line", (int64_t)m->rb->steps[by].line);
}

static bool make_http(struct make *m, const struct rb_step *s, json_t *out, json_t *action)
{
    const struct command *c = s->command;

    json_put_str(out, "kind", "http");
    json_put_sv(action, "method", c->method);
    json_put(action, "url", make_word(m, c->url, s->line));
    json_put(action, "headers", make_words(m, c->headers, c->n_headers, s->line));
    if (c->data)
        json_put(action, "body", make_word(m, c->data, s->line));
    json_put_bool(action, "fail_on_status", c->fail_on_status);
    json_put_bool(action, "follow", c->follow);
    json_put_int(action, "timeout_ms", c->http_timeout_ms);
    make_listens(m, s, action);
    return true;
}

static bool make_sqlite(struct make *m, const struct rb_step *s, json_t *out, json_t *action)
{
    json_put_str(out, "kind", "sqlite");
    json_put(action, "file", make_word(m, s->command->target, s->line));
    json_put(action, "sql", make_word(m, s->command->sql, s->line));
    return true;
}

static bool make_pause(struct make *m UNUSED, const struct rb_step *s, json_t *out, json_t *action)
{
    json_put_str(out, "kind", "pause");
    json_put_int(action, "ms", s->command->sleep_ms);
    return true;
}

static bool make_poll(struct make *m, const struct rb_step *s, json_t *out, json_t *action)
{
    json_put_str(out, "kind", "poll");
    json_put(action, "command", make_pieces(m, s->command->inner, s->line, false));
    json_put_int(action, "every_ms", s->command->every_ms);
    if (s->n_expects == 0)
        make_question(m, s->line, "condition", true,
                      SV("this looks again and again: when is it done?"),
                      SV("a line such as '# When connections <5, proceed' in the document"));
    if (!s->timeout_ms && !json_get_int(out, "timeout_ms", 0))
        make_question(m, s->line, "bound", true, SV("how long may this wait take?"),
                      arena_fmt(m->arena, "steps: {\"%.*s\": {timeout: 5m}}",
                                SV_FMT(names_short(&m->names, s->id))));
    return true;
}

static bool make_follow(struct make *m, const struct rb_step *s, json_t *out, json_t *action)
{
    json_put_str(out, "kind", "follow");
    json_put(action, "command", make_pieces(m, s->text, s->line, false));
    json_put_int(action, "for_ms", s->watch_ms);
    if (!s->watch_ms && !json_get_int(out, "timeout_ms", 0))
        make_question(m, s->line, "bound", true, SV("this never ends: how long is it watched?"),
                      arena_fmt(m->arena, "steps: {\"%.*s\": {timeout: 30s}}",
                                SV_FMT(names_short(&m->names, s->id))));
    return true;
}

static bool make_disk(struct make *m, const struct rb_step *s, json_t *out, json_t *action)
{
    bool asked = false;

    for (size_t i = 0; i < s->n_expects; i++)
        asked |= s->expects[i].form == EXPECT_FREE;
    if (!asked)
        return false;
    json_put_str(out, "kind", "disk");
    json_put(action, "path", make_word(m, s->command->target, s->line));
    return true;
}

/* touch and rm of the maintenance flag: the bound one, else a file whose name says so. */
static bool make_flag(struct make *m, const struct rb_step *s, json_t *out, json_t *action)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0), bound = STRBUF(0);
    struct err ignored;
    bool ours;

    if (!make_word_now(m, s->command->target, &path))
        return false;
    if (m->b->flag.n)
        ours = binding_expand(m->b, m->b->flag, &bound, &ignored) == ERR_OK &&
               sv_eq(strbuf_sv(&bound), strbuf_sv(&path));
    else
        ours = sv_has_nocase(strbuf_sv(&path), SV("maintenance"));
    if (!ours)
        return false;
    json_put_str(out, "kind", "maintenance");
    json_put_bool(action, "on", s->command->form == COMMAND_TOUCH);
    json_put(action, "file", make_word(m, s->command->target, s->line));
    return true;
}

/* A lone `curl` that prints no figures of its own: in a shell it is made to say the status of its request. */
static bool make_asks_status(const struct make *m, const struct rb_step *s)
{
    static const struct sv others[] = {SV("--write-out"), SV("--next"), SV("--parallel"),
                                       SV("--config")};
    const struct shell_item *item = s->block == RB_NONE || s->item == RB_NONE
                                        ? NULL
                                        : &m->rb->blocks[s->block].script.v[s->item];

    if (!sv_starts(s->text, SV("curl ")))
        return false;
    if (s->command->form == COMMAND_HTTP)
        return true;
    if (s->n_expects)
        return false; /* "Expected: rejected" may well mean a status that is none of success */
    if (!item || item->kind != SHELL_SIMPLE || item->n_simple != 1 || item->background ||
        item->n_redirects || item->heredoc)
        return false;
    for (size_t i = 1; i < item->simple[0].n_words; i++) {
        struct sv w = item->simple[0].words[i].raw;

        for (size_t k = 0; k < ARRAY_LEN(others); k++)
            if (sv_starts(w, others[k]))
                return false;
        if (w.n > 1 && w.p[0] == '-' && w.p[1] != '-' &&
            (sv_find_byte(w, 'w', 1) != SV_NPOS || sv_find_byte(SV("K:Z"), w.p[1], 0) != SV_NPOS))
            return false;
    }
    return true;
}

static bool make_shell(struct make *m, const struct rb_step *s, json_t *out, json_t *action)
{
    json_put_str(out, "kind", "shell");
    json_put(action, "command", make_command(m, s));
    if (sv_starts(s->text, SV("prusik ")) && !make_is_remote(m, s))
        json_put_bool(action, "own", true); /* by the program that runs it */
    if (make_asks_status(m, s))
        json_put_bool(action, "asks_status", true);
    return true;
}

/* What is watched for a time where it only looks; a server in the foreground is asked about. */
static void make_endless(struct make *m, const struct rb_step *s, json_t *out, json_t *action)
{
    bool looks = s->command->effect <= EFFECT_STATE && !s->command->serves;

    if (looks && s->command->endless) {
        (void)make_follow(m, s, out, action); /* always applies */
        return;
    }
    (void)make_shell(m, s, out, action); /* always applies */
    if (s->command->endless && !json_get_int(out, "timeout_ms", 0))
        make_question(m, s->line, "bound", true,
                      SV("this does not come back: nothing behind it is reached"),
                      arena_fmt(m->arena,
                                "begin it in the background or as a service; or"
                                " steps: {\"%.*s\": {skip: why}}",
                                SV_FMT(names_short(&m->names, s->id))));
}

static make_action_fn *const make_actions[COMMAND__N] = {
    [COMMAND_HTTP] = make_http,  [COMMAND_SQLITE] = make_sqlite, [COMMAND_SLEEP] = make_pause,
    [COMMAND_POLL] = make_poll,  [COMMAND_FOLLOW] = make_follow, [COMMAND_DISK] = make_disk,
    [COMMAND_TOUCH] = make_flag, [COMMAND_REMOVE] = make_flag,
};

/* Files that the command names as its results, for "backup created". */
static void make_makes(struct make *m, const struct rb_step *s, json_t *action)
{
    json_t *makes = json_array();

    for (size_t i = 0; i < s->command->n_artifacts; i++)
        if (s->command->artifacts[i]->plain)
            json_append(makes, make_word(m, s->command->artifacts[i], s->line));
    if (json_array_size(makes))
        json_put(action, "makes", makes);
    else
        json_decref(makes);
}

/* What is read whole when it is made: "dump" of a database's own program, "copy" of a file; empty: nothing is. */
static const char *make_proven_of(const struct make *m, const struct rb_step *s)
{
    const struct shell_item *item;

    if (s->command->effect != EFFECT_BACKUP || s->block == RB_NONE || s->item == RB_NONE)
        return "";
    if (s->command->form == COMMAND_SQLITE)
        return "dump";
    item = &m->rb->blocks[s->block].script.v[s->item];
    if ((item->kind != SHELL_SIMPLE && item->kind != SHELL_PIPELINE) ||
        s->command->n_artifacts != 1)
        return ""; /* one of several files may be a log */
    for (size_t i = 0; i < item->n_simple; i++) {
        bool sudo;
        struct shell_simple c = shell_inner(&item->simple[i], &sudo);
        struct sv program = c.n_words ? shell_program(&c) : SV("");

        if (sv_eq(program, SV("pg_dump")) || sv_eq(program, SV("sqlite3")))
            return "dump";
        if (sv_eq(program, SV("cp")))
            return "copy";
    }
    return "";
}

/* psql goes on after an error of its script and ends with 0: what it says of errors is looked at as well. */
static bool make_ends_in_psql(const struct make *m, const struct rb_step *s)
{
    const struct shell_item *item;
    struct shell_simple c;
    bool sudo;

    item = s->block == RB_NONE || s->item == RB_NONE ? NULL
                                                     : &m->rb->blocks[s->block].script.v[s->item];
    if (!item || item->n_simple == 0)
        return false;
    c = shell_inner(&item->simple[item->n_simple - 1], &sudo);
    return c.n_words && sv_eq(shell_program(&c), SV("psql"));
}

static bool make_waits_for_person(const struct rb_step *s, const struct binding_step *set)
{
    return set && set->terminal >= 0 ? set->terminal : s->command->interactive;
}

/* "$NAME" or "${NAME" */
static bool make_uses(struct sv text, struct sv name)
{
    for (size_t at = 0; (at = sv_find(text, name, at)) != SV_NPOS; at += name.n) {
        size_t end = at + name.n;
        bool whole = end == text.n || !ascii_is_word(text.p[end]);

        if (whole && at &&
            (text.p[at - 1] == '$' || (text.p[at - 1] == '{' && at > 1 && text.p[at - 2] == '$')))
            return true;
    }
    return false;
}

/* The first later step of the procedure that uses what is read into this name; RB_NONE: none does. */
static uint32_t make_used_by(const struct make *m, const struct rb_step *s, struct sv name)
{
    for (uint32_t i = (uint32_t)(s - m->rb->steps) + 1; i < m->rb->n_steps; i++)
        if (m->rb->steps[i].proc == s->proc && make_uses(m->rb->steps[i].text, name))
            return i;
    return RB_NONE;
}

/* Of `read -r -p "Which? " A B` the names; a letter of these has a value. */
static struct sv make_next_read(const struct shell_simple *c, size_t *at)
{
    for (; *at < c->n_words; (*at)++) {
        struct sv w = c->words[*at].raw;

        if (!sv_starts(w, SV("-")))
            return c->words[(*at)++].raw;
        if (sv_find_byte(SV("dinNptu"), w.p[w.n - 1], 0) != SV_NPOS)
            (*at)++;
    }
    return (struct sv){NULL, 0};
}

/*
 * What a person types into `read` is a variable of the shell that has the terminal, and ends with it: the steps after it would go on
 * with nothing in its place.
 */
static void make_read_in_vain(struct make *m, const struct rb_step *s)
{
    const struct shell_item *item = s->block == RB_NONE || s->item == RB_NONE
                                        ? NULL
                                        : &m->rb->blocks[s->block].script.v[s->item];

    for (size_t i = 0; item && i < item->n_simple; i++) {
        const struct shell_simple *c = &item->simple[i];
        bool reads = c->n_words && sv_eq(shell_program(c), SV("read"));
        struct sv name;

        for (size_t at = 1; reads && (name = make_next_read(c, &at)).n;) {
            uint32_t by = make_used_by(m, s, name);

            if (by == RB_NONE)
                continue;
            make_question(
                m, s->line, "terminal", true,
                arena_fmt(
                    m->arena,
                    "what is typed into '%.*s' is gone with its terminal, and line %zu uses $%.*s",
                    SV_FMT(s->text), m->rb->steps[by].line, SV_FMT(name)),
                arena_fmt(m->arena,
                          "env: {%.*s: VALUE}, and steps: {\"%.*s\": {skip: it is bound}}",
                          SV_FMT(name), SV_FMT(names_short(&m->names, s->id))));
        }
    }
}

/* A command that waits for somebody to type gets a terminal; unattended nobody is there, and for several hosts at once only one. */
static void make_terminal(struct make *m, const struct rb_step *s, json_t *out, json_t *action)
{
    struct sv id = names_short(&m->names, s->id);

    make_read_in_vain(m, s);
    json_put_str(out, "kind", "terminal");
    json_put(action, "command", make_pieces(m, s->text, s->line, false));
    make_question(
        m, s->line, "terminal", make_is_fleet(m, s),
        arena_fmt(m->arena, "'%.*s' waits for a person at a terminal%s", SV_FMT(s->text),
                  make_is_fleet(m, s) ? ", which several hosts cannot have at once" : ""),
        arena_fmt(m->arena, "steps: {\"%.*s\": {terminal: no}} (or skip: WHY)", SV_FMT(id)));
}

static enum err_code make_shell_step(struct make *m, const struct rb_step *s,
                                     const struct binding_step *set, json_t *out, json_t *action)
{
    make_action_fn *fn = make_actions[s->command->form];
    bool ours = false;

    make_makes(m, s, action);
    json_put_str(action, "proven", make_proven_of(m, s));
    if (make_waits_for_person(s, set)) {
        make_terminal(m, s, out, action);
        return ERR_OK;
    }
    if (s->command->form == COMMAND_SERVICE &&
        make_service(m, s->command, out, action, &ours) != ERR_OK)
        return m->err->code;
    if (!ours && !(fn && fn(m, s, out, action)))
        make_endless(m, s, out, action);
    else if (s->command->delay_ms)
        json_put_int(action, "delay_ms", s->command->delay_ms);
    return ERR_OK;
}

/* On another host everything is a command of its shell. */
static void make_remote(struct make *m, const struct rb_step *s, json_t *out, json_t *action)
{
    enum command_form form = s->command->form;

    if (form == COMMAND_POLL || form == COMMAND_FOLLOW || form == COMMAND_SLEEP)
        (void)make_actions[form](m, s, out, action); /* these always apply */
    else
        make_endless(m, s, out, action);
}

enum err_code make_action(struct make *m, uint32_t step, const struct binding_step *set,
                          json_t *out)
{
    const struct rb_step *s = &m->rb->steps[step];
    bool remote = make_is_remote(m, s);
    json_t *action = json_object();

    json_put(out, "action", action);
    switch (s->kind) {
    case STEP_SHELL:
        if (s->command->cx.searches && !s->command->cx.only_tests)
            json_put_bool(action, "searches", true);
        if (make_ends_in_psql(m, s))
            json_put_str(action, "client", "psql");
        if (!remote)
            return make_shell_step(m, s, set, out, action);
        if (make_waits_for_person(s, set))
            make_terminal(m, s, out, action);
        else
            make_remote(m, s, out, action);
        return ERR_OK;
    case STEP_MANUAL: json_put_str(out, "kind", "manual"); return ERR_OK;
    case STEP_APPROVAL: make_approval(m, step, out, action); return ERR_OK;
    case STEP_SQL: return make_sql(m, s, set, out, action);
    case STEP__N:   /* uncovered: it is none */
    default: break; /* uncovered: there is no other */
    }
    return err_set(m->err, ERR_INTERNAL, "a step without a kind"); /* uncovered: there is none */
}
