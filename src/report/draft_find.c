/*
 * What a binding can say about a document that works without it, too: no question asks for it.
 */
#include "base/map.h"
#include "base/sv.h"
#include "report/draft_int.h"
#include "runbook/command.h"

/* Is the step of the document one of the plan, forward or back? */
static bool draft_is_planned(const struct map *planned, const struct rb_step *s)
{
    return map_get(planned, s->id, NULL);
}

/* Of the way forward: behind which other steps it stands, from 1; of the way back 0. */
static void draft_plan_ids(const struct draft *d, struct map *planned)
{
    for (size_t i = 0; i < d->plan->n_steps; i++)
        (void)map_put(planned, d->plan->steps[i].id, i + 1);
    for (size_t i = 0; i < d->plan->n_way_back; i++)
        (void)map_put(planned, d->plan->way_back[i].id, 0);
}

/* --- variables of the environment --- */

static bool draft_is_everywhere(struct sv name)
{
    static const struct sv names[] = {
        SV("HOME"), SV("PATH"), SV("PWD"),    SV("USER"), SV("SHELL"),  SV("LANG"),   SV("SHLVL"),
        SV("TERM"), SV("IFS"),  SV("OLDPWD"), SV("UID"),  SV("RANDOM"), SV("SECONDS")};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (sv_eq(name, names[i]))
            return true;
    return false;
}

/* NAME=value at the start of a line of the document, with or without `export`. */
static bool draft_is_set(struct sv line, struct sv name, struct sv *value)
{
    line = sv_trim(line);
    (void)sv_eat(&line, SV("export ")); /* it may be left out */
    if (!sv_eat(&line, name) || !sv_eat(&line, SV("=")))
        return false;
    *value = sv_trim(sv_sub(line, 0, sv_find(line, SV(" #"), 0)));
    return value->n > 0;
}

/* What the document says that it is; empty: nothing. */
static struct sv draft_proposal(const struct draft *d, struct sv name)
{
    struct sv value = {NULL, 0};

    for (size_t line = 1; line <= d->rb->doc->n_lines; line++)
        if (draft_is_set(document_line(d->rb->doc, line), name, &value))
            break;
    if (value.n > 1 && (*value.p == '"' || *value.p == '\'') && value.p[value.n - 1] == *value.p)
        value = sv_sub(value, 1, value.n - 1);
    return sv_find_byte(value, '$', 0) == SV_NPOS
               ? value
               : (struct sv){NULL, 0}; /* nothing is replaced in it */
}

/* The name after the '$' at `at`, when it is written as the environment's are: in capitals. */
static struct sv draft_name_at(struct sv text, size_t at)
{
    size_t from = at + 1 + (at + 1 < text.n && text.p[at + 1] == '{'), to = from;

    while (to < text.n && (ascii_is_upper(text.p[to]) || text.p[to] == '_' ||
                           (to > from && ascii_is_digit(text.p[to]))))
        to++;
    if (to < text.n && ascii_is_word(text.p[to]))
        return (struct sv){NULL, 0};
    return sv_sub(text, from, to);
}

/* Is it given a value by a step, as in NAME=$(...)?  Then nobody has to. */
static bool draft_is_made(const struct draft *d, const struct map *planned, struct sv name)
{
    for (size_t i = 0; i < d->rb->n_steps; i++) {
        struct sv rest = d->rb->steps[i].text, line, value;

        if (!draft_is_planned(planned, &d->rb->steps[i]))
            continue;
        while (sv_next_line(&rest, &line))
            if (draft_is_set(line, name, &value))
                return true;
    }
    return false;
}

static void draft_find_names(struct draft *d, struct map *seen, const struct map *planned,
                             const struct rb_step *s)
{
    for (size_t at = 0; (at = sv_find_byte(s->text, '$', at)) != SV_NPOS; at++) {
        struct sv name = draft_name_at(s->text, at), proposal;

        if (name.n < 2 || draft_is_everywhere(name) || !map_put(seen, name, 0) ||
            draft_is_made(d, planned, name))
            continue;
        proposal = draft_proposal(d, name);
        draft_add(d, SV("env"), name, proposal.n ? draft_scalar(d, proposal) : SV("\"\""), s->line,
                  SV("commands use it, first this one"));
    }
}

/* --- services, the flag --- */

/* A word with its variables as the document writes them. */
static struct sv draft_word(struct draft *d, const struct shell_word *w)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    for (size_t i = 0; i < w->n_pieces; i++)
        strbuf_addf(&b, "%s%.*s%s", w->pieces[i].variable ? "${" : "", SV_FMT(w->pieces[i].text),
                    w->pieces[i].variable ? "}" : "");
    return arena_sv(&d->arena, strbuf_sv(&b));
}

/* The name of the unit; empty: only the run knows it. */
static struct sv draft_unit(struct draft *d, const struct rb_step *s)
{
    struct sv unit = draft_word(d, s->command->target);

    if (sv_ends(unit, SV(".service")))
        unit.n -= sizeof(".service") - 1;
    return sv_find_byte(unit, '$', 0) == SV_NPOS ? unit : (struct sv){NULL, 0};
}

static void draft_find_service(struct draft *d, const struct rb_step *s)
{
    struct sv unit = draft_unit(d, s);
    const char *manager = service_tool_manager(s->command->tool);

    if (unit.n)
        draft_add(d, SV("services"), draft_scalar(d, unit),
                  arena_fmt(&d->arena, "{manager: %s%s}", manager,
                            s->command->tool == TOOL_COMPOSE ? ", project: \"\"" : ""),
                  s->line, SV("the document manages it; as a comment, its own commands run"));
}

static void draft_find_command(struct draft *d, const struct rb_step *s)
{
    const struct command *c = s->command;

    if (!c || !c->target)
        return;
    if (c->form == COMMAND_SERVICE)
        draft_find_service(d, s);
    if (c->form == COMMAND_TOUCH && sv_has_nocase(draft_word(d, c->target), SV("maintenance")))
        draft_add(d, SV("maintenance"), SV("flag"), draft_scalar(d, draft_word(d, c->target)),
                  s->line, SV("maintenance mode is this file; it is always lifted at the end"));
}

/* --- what a rehearsal has to be told --- */

/* Each name once, as a list of YAML: "[till, web]". */
struct draft_names {
    struct map seen;
    struct strbuf list;
    size_t line; /* of the first */
};

static void draft_names_add(struct draft *d, struct draft_names *n, struct sv name, size_t line)
{
    if (!name.n || !map_put(&n->seen, name, 0))
        return;
    n->line = n->line ? n->line : line;
    strbuf_addf(&n->list, "%s%.*s", n->list.n ? ", " : "", SV_FMT(draft_scalar(d, name)));
}

static struct sv draft_names_list(struct draft *d, const struct draft_names *n)
{
    return arena_fmt(&d->arena, "[%s]", strbuf_str(&n->list));
}

static void draft_names_release(struct draft_names *n)
{
    map_release(&n->seen);
    strbuf_release(&n->list);
}

static bool draft_is_service(const struct plan_step *s, const struct rb_step *of)
{
    return sv_eq(s->effect, SV("service")) && of->command && of->command->target;
}

/* The scratch environment itself is for a person to find: here is what of it has to be named. */
static void draft_find_rehearsal(struct draft *d, const struct map *planned)
{
    struct draft_names services = {.list = STRBUF(0)}, hosts = {.list = STRBUF(0)};
    CLEANUP(strbuf_release) struct strbuf compare = STRBUF(0);
    bool database = false;

    if (!d->plan->n_way_back)
        return; /* nothing that could be rehearsed */
    for (size_t i = 0, at = 0; i < d->rb->n_steps; i++) {
        const struct rb_step *of = &d->rb->steps[i];
        const struct plan_step *s;

        if (!map_get(planned, of->id, &at) || at == 0)
            continue;
        s = &d->plan->steps[at - 1];
        if (draft_is_service(s, of))
            draft_names_add(d, &services, draft_unit(d, of), s->line);
        if (!sv_eq(s->host, SV("local"))) /* there is no address before it is bound */
            draft_names_add(d, &hosts, s->host, s->line);
        database = database || sv_eq(s->effect, SV("database"));
    }
    draft_add(d, SV("rehearse"), SV("scratch"), SV("\"\""), 0,
              SV("why nobody uses what is touched there: a container, a copy, another machine"));
    draft_add(d, SV("rehearse"), SV("machine"), SV("\"\""), 0,
              SV("the only machine on which it is, as `uname -n` names it"));
    if (services.list.n)
        draft_add(d, SV("rehearse"), SV("services"), draft_names_list(d, &services), services.line,
                  SV("they are changed: there they are nobody's"));
    if (hosts.list.n)
        draft_add(d, SV("rehearse"), SV("hosts"), draft_names_list(d, &hosts), hosts.line,
                  SV("steps run on them: there they are nobody's"));
    strbuf_addf(&compare, "{files: [\"\"]%s%s%s%s}", services.list.n ? ", services: [" : "",
                strbuf_str(&services.list), services.list.n ? "]" : "",
                database ? ", databases: [\"\"]" : "");
    draft_add(d, SV("rehearse"), SV("compare"), arena_sv(&d->arena, strbuf_sv(&compare)), 0,
              SV("what must be the same before and after: files and folders, services, databases"));
    draft_names_release(&services);
    draft_names_release(&hosts);
}

void draft_find(struct draft *d)
{
    CLEANUP(map_release) struct map seen = {0}, planned = {0};

    draft_plan_ids(d, &planned);
    for (size_t i = 0; i < d->rb->n_steps; i++) {
        const struct rb_step *s = &d->rb->steps[i];

        if (!draft_is_planned(&planned, s))
            continue;
        draft_find_names(d, &seen, &planned, s);
        draft_find_command(d, s);
        if (s->kind == STEP_APPROVAL)
            draft_add(d, SV("approvers"), (struct sv){NULL, 0}, SV("[\"\"]"), s->line,
                      SV("who may approve; as a comment, anybody but the operator"));
    }
    draft_find_rehearsal(d, &planned);
    for (size_t i = 0; i < d->rb->n_rules; i++)
        if (d->rb->rules[i].text.n && !d->rb->rules[i].proposal) {
            draft_add(d, SV("scrape"), (struct sv){NULL, 0}, SV("\"\""), d->rb->rules[i].line,
                      SV("rules are judged by metrics: where are they exported?"));
            return; /* the first is enough */
        }
}
