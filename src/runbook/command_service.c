#include "runbook/command_service.h"

#include "base/sv.h"

const char *service_verb_name(enum service_verb verb)
{
    static const char *const names[] = {
        [SERVICE_START] = "start",   [SERVICE_STOP] = "stop",     [SERVICE_RESTART] = "restart",
        [SERVICE_RELOAD] = "reload", [SERVICE_STATUS] = "status",
    };

    assert((unsigned)verb < SERVICE__N);
    return names[verb];
}

const char *service_tool_manager(enum service_tool tool)
{
    static const char *const names[] = {
        [TOOL_SYSTEMCTL] = "systemd", [TOOL_SYSTEMCTL_USER] = "systemd-user",
        [TOOL_COMPOSE] = "compose",   [TOOL_SUPERVISORCTL] = "supervisor",
        [TOOL_SV] = "runit",
    };

    assert((unsigned)tool < SERVICE_TOOL__N);
    return names[tool];
}

/* The verbs of each tool that mean what the manager is told. */
static const struct {
    enum service_tool tool;
    const char *word;
    enum service_verb verb;
} service_verbs[] = {
    {TOOL_SYSTEMCTL, "start", SERVICE_START},
    {TOOL_SYSTEMCTL, "stop", SERVICE_STOP},
    {TOOL_SYSTEMCTL, "restart", SERVICE_RESTART},
    {TOOL_SYSTEMCTL, "reload", SERVICE_RELOAD},
    {TOOL_SYSTEMCTL, "status", SERVICE_STATUS},
    {TOOL_SYSTEMCTL, "is-active", SERVICE_STATUS},
    {TOOL_COMPOSE, "start", SERVICE_START},
    {TOOL_COMPOSE, "stop", SERVICE_STOP},
    {TOOL_COMPOSE, "restart", SERVICE_RESTART},
    {TOOL_SUPERVISORCTL, "start", SERVICE_START},
    {TOOL_SUPERVISORCTL, "stop", SERVICE_STOP},
    {TOOL_SUPERVISORCTL, "restart", SERVICE_RESTART},
    {TOOL_SUPERVISORCTL, "status", SERVICE_STATUS},
    {TOOL_SV, "start", SERVICE_START},
    {TOOL_SV, "up", SERVICE_START},
    {TOOL_SV, "stop", SERVICE_STOP},
    {TOOL_SV, "down", SERVICE_STOP},
    {TOOL_SV, "restart", SERVICE_RESTART},
    {TOOL_SV, "reload", SERVICE_RELOAD},
    {TOOL_SV, "hup", SERVICE_RELOAD},
    {TOOL_SV, "status", SERVICE_STATUS},
};

/* How each program is called; `second`: a word that must follow; options that only change what is shown. */
static const struct service_program {
    const char *program, *second;
    enum service_tool tool;
    bool unit_first; /* service UNIT VERB */
    const char *shown[4];
} service_programs[] = {
    {"systemctl", NULL, TOOL_SYSTEMCTL, false, {"--no-pager", "--quiet", "-q", "--system"}},
    {"service", NULL, TOOL_SYSTEMCTL, true, {NULL}},
    {"docker", "compose", TOOL_COMPOSE, false, {NULL}},
    {"docker-compose", NULL, TOOL_COMPOSE, false, {NULL}},
    {"supervisorctl", NULL, TOOL_SUPERVISORCTL, false, {NULL}},
    {"sv", NULL, TOOL_SV, false, {"-v"}},
};

static bool service_word_is(const struct shell_word *w, const char *text)
{
    return w->literal && sv_eq(w->value, sv_from(text));
}

static bool service_program_is(const struct shell_word *w, const char *name)
{
    struct sv p = w->value;

    for (size_t i = p.n; i > 0; i--)
        if (p.p[i - 1] == '/') {
            p = sv_sub(p, i, p.n);
            break;
        }
    return w->literal && sv_eq(p, sv_from(name));
}

static bool service_only_shows(const struct service_program *p, const struct shell_word *w)
{
    for (size_t i = 0; i < ARRAY_LEN(p->shown) && p->shown[i]; i++)
        if (service_word_is(w, p->shown[i]))
            return true;
    return false;
}

/* Verb and unit among the words; false: there is another word, or an option that is not known. */
static bool service_take_words(const struct service_program *p, const struct shell_word *w,
                               size_t n, const struct shell_word **args, struct command *c)
{
    size_t n_args = 0;

    c->tool = p->tool;
    for (size_t i = p->second ? 2 : 1; i < n; i++) {
        if (service_only_shows(p, &w[i]))
            continue;
        if (p->tool == TOOL_SYSTEMCTL && !p->unit_first && service_word_is(&w[i], "--user")) {
            c->tool = TOOL_SYSTEMCTL_USER;
            continue;
        }
        if (n_args == 2 || !w[i].plain || (w[i].literal && sv_starts(w[i].value, SV("-"))))
            return false;
        args[n_args++] = &w[i];
    }
    return n_args == 2;
}

static bool service_take_verb(const struct shell_word *w, struct command *c)
{
    enum service_tool tool = c->tool == TOOL_SYSTEMCTL_USER ? TOOL_SYSTEMCTL : c->tool;

    for (size_t i = 0; i < ARRAY_LEN(service_verbs); i++)
        if (service_verbs[i].tool == tool && service_word_is(w, service_verbs[i].word)) {
            c->verb = service_verbs[i].verb;
            return true;
        }
    return false;
}

/* supervisorctl's "all" and "group:*" are many. */
static bool service_is_one(const struct shell_word *unit, const struct command *c)
{
    return !(c->tool == TOOL_SUPERVISORCTL &&
             (service_word_is(unit, "all") || (unit->literal && sv_ends(unit->value, SV(":*")))));
}

bool command_service_read(const struct shell_word *words, size_t n, struct command *c)
{
    const struct shell_word *args[2] = {NULL};

    for (size_t i = 0; i < ARRAY_LEN(service_programs); i++) {
        const struct service_program *p = &service_programs[i];

        if (n < 3 || !service_program_is(&words[0], p->program) ||
            (p->second && !service_word_is(&words[1], p->second)))
            continue;
        if (!service_take_words(p, words, n, args, c) ||
            !service_take_verb(args[p->unit_first ? 1 : 0], c))
            return false;
        c->target = args[p->unit_first ? 0 : 1];
        c->form = COMMAND_SERVICE;
        c->effect = c->verb == SERVICE_STATUS ? EFFECT_NONE : EFFECT_SERVICE;
        return service_is_one(c->target, c);
    }
    return false;
}
