#include "report/plan_script.h"

#include "base/duration.h"
#include "base/sv.h"
#include "report/plan_script_int.h"

/* Functions that stand in the script when something calls them. */
static const struct {
    struct sv name;
    const char *text;
} script_helpers[] = {
    {SV("stop_here"), "stop_here() { # WHY\n  echo \"stopped: $1\" >&2\n  exit 1\n}\n"},
    {SV("confirm"), "confirm() { # QUESTION: status 0 is yes\n  local answer\n"
                    "  read -r -p \"$1 [y/N] \" answer\n  [ \"$answer\" = y ]\n}\n"},
    {SV("gate"), "gate() { # TEXT: a person has to say so\n"
                 "  confirm \"$1: done?\" || stop_here \"$1\"\n}\n"},
    {SV("expect"),
     "expect() { # TEXT: a person looks at what was printed\n"
     "  confirm \"expected: $1: is it so?\" || stop_here \"not as expected: $1\"\n}\n"},
    {SV("look"),
     "look() { # SECONDS TEXT COMMAND: again and again until a person says that it is so\n"
     "  local every=$1 text=$2\n  shift 2\n  while :; do\n    \"$@\" || :\n"
     "    if confirm \"$text: is it so?\"; then return; fi\n    sleep \"$every\"\n  done\n}\n"},
    {SV("watch_for"),
     "watch_for() { # SECONDS COMMAND: it does not end by itself\n"
     "  local seconds=$1 pid\n  shift\n  \"$@\" &\n  pid=$!\n  sleep \"$seconds\"\n"
     "  kill \"$pid\" 2> /dev/null || :\n  wait \"$pid\" || :\n}\n"},
    {SV("within"),
     "within() { # SECONDS COMMAND: again until it succeeds\n"
     "  local end=$((SECONDS + $1))\n  shift\n  until \"$@\"; do\n"
     "    if [ \"$SECONDS\" -ge \"$end\" ]; then return 1; fi\n    sleep 1\n  done\n}\n"},
    {SV("again"),
     "again() { # TIMES COMMAND\n  local left=$1\n  shift\n  until \"$@\"; do\n"
     "    if [ \"$left\" -le 0 ]; then return 1; fi\n    left=$((left - 1))\n  done\n}\n"},
    {SV("fails"), "fails() { # COMMAND\n  if \"$@\"; then return 1; fi\n}\n"},
    {SV("exits"), "exits() { # STATUS COMMAND\n  local want=$1 got=0\n  shift\n  \"$@\" || got=$?\n"
                  "  [ \"$got\" -eq \"$want\" ]\n}\n"},
};

/* --- one step --- */

static void script_note(struct strbuf *out, const char *name, struct sv text)
{
    if (!text.n)
        return;
    strbuf_addf(out, "# %s", name);
    script_comment(out, text);
    strbuf_add_byte(out, '\n');
}

static void script_notes(struct script *s, const struct plan_step *step)
{
    struct strbuf *out = &s->body;

    strbuf_addf(out, "\n# line %zu, on ", step->line);
    script_comment(out, step->host);
    if (step->timeout_ms)
        strbuf_addf(out, ", at most %s", duration_format(plan_bound(s->plan, step->timeout_ms)).s);
    strbuf_add_byte(out, '\n');
    script_note(out, "", step->note);
    for (size_t i = 0; i < step->n_expects; i++) {
        strbuf_addf(out, "# expected [%s]: ", rb_expect_name(step->expects[i].e.form));
        script_comment(out, step->expects[i].e.source);
        strbuf_add_byte(out, '\n');
    }
    if (step->undo == UNDO_GAP)
        strbuf_add_str(out, "# NO WAY BACK\n");
    else
        script_note(out, "undone by: ", step->undo_text);
}

static const struct rb_expect *script_find_expect(const struct plan_step *step,
                                                  enum rb_expect_form form)
{
    for (size_t i = 0; i < step->n_expects; i++)
        if (step->expects[i].e.form == form)
            return &step->expects[i].e;
    return NULL;
}

/* What stands before the name of the function: "within 30 fails ".  Empty: the command can stand alone. */
static void script_prefix(const struct script *s, const struct plan_step *step, struct strbuf *out)
{
    const struct rb_expect *status = script_find_expect(step, EXPECT_EXIT);

    if (sv_eq(step->kind, SV("follow"))) {
        strbuf_add_str(out, "watch_for ");
        script_seconds(out, plan_scale(s->plan, json_get_int(step->action, "for_ms", 0)));
        strbuf_add_byte(out, ' ');
        return;
    }
    if (sv_eq(step->kind, SV("poll"))) {
        strbuf_add_str(out, "look ");
        script_seconds(out, plan_scale(s->plan, json_get_int(step->action, "every_ms", 1000)));
        strbuf_add_byte(out, ' ');
        script_quote(out, step->n_expects ? step->expects[0].e.source : SV("enough"));
        strbuf_add_byte(out, ' ');
        return;
    }
    if (step->wait_ms)
        strbuf_addf(out, "within %lld ",
                    (long long)(plan_bound(s->plan, step->wait_ms) + 999) / 1000);
    if (step->retries)
        strbuf_addf(out, "again %lld ", (long long)step->retries);
    if (script_find_expect(step, EXPECT_FAIL) || script_find_expect(step, EXPECT_INACTIVE))
        strbuf_add_str(out, "fails ");
    else if (status && status->number >= 1)
        strbuf_addf(out, "exits %.0f ", status->number);
}

static void script_gate(struct script *s, const struct plan_step *step)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (step->answered) {
        strbuf_addf(&s->body, "# answered ahead (%s) by ", step->answer ? "yes" : "no");
        script_comment(&s->body, step->answer_by);
        strbuf_add_str(&s->body, step->answer_note.n ? ": " : "");
        script_comment(&s->body, step->answer_note);
        strbuf_add_byte(&s->body, '\n');
        return;
    }
    script_comment(&text, sv_sub(step->command, 0, sv_find_byte(step->command, '\n', 0)));
    strbuf_add_str(&s->body, "gate ");
    script_quote(&s->body, strbuf_sv(&text));
    strbuf_add_byte(&s->body, '\n');
}

/* The command as comments. */
static void script_quoted(struct script *s, struct sv command)
{
    struct sv line;

    while (sv_next_line(&command, &line))
        script_note(&s->body, "  ", line);
}

static void script_left_out(struct script *s, const struct plan_step *step)
{
    script_note(&s->body, "left out: ", step->skip);
    script_quoted(s, step->command);
}

/* A person does it there: what a session keeps from step to step (cd) would be lost with an ssh for each. */
static void script_elsewhere(struct script *s, const struct plan_step *step)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    script_quoted(s, step->command);
    strbuf_add_str(&text, "by hand on ");
    script_comment(&text, step->host);
    strbuf_addf(&text, ", line %zu", step->line);
    strbuf_add_str(&s->body, "gate ");
    script_quote(&s->body, strbuf_sv(&text));
    strbuf_add_byte(&s->body, '\n');
}

static void script_act(struct script *s, const struct plan_step *step)
{
    CLEANUP(strbuf_release) struct strbuf command = STRBUF(0), prefix = STRBUF(0);

    script_command(s, step, &command);
    if (command.n == 0) {
        script_gate(s, step);
        return;
    }
    script_prefix(s, step, &prefix);
    if (prefix.n == 0) {
        strbuf_addf(&s->body, "%s\n", strbuf_str(&command));
    } else {
        s->n_functions++;
        strbuf_addf(&s->body, "step_%zu() {\n%s\n}\n%sstep_%zu\n", s->n_functions,
                    strbuf_str(&command), strbuf_str(&prefix), s->n_functions);
    }
    for (size_t i = 0; i < step->n_expects && !sv_eq(step->kind, SV("poll")); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        if (step->answered && !step->expects[i].machine)
            continue; /* the answer was given ahead */
        script_comment(&text, step->expects[i].e.source);
        strbuf_add_str(&s->body, "expect ");
        script_quote(&s->body, strbuf_sv(&text));
        strbuf_add_byte(&s->body, '\n');
    }
}

static void script_step(struct script *s, const struct plan_step *step)
{
    script_notes(s, step);
    if (step->skip.n)
        script_left_out(s, step);
    else if (!sv_eq(step->host, SV("local")))
        script_elsewhere(s, step);
    else
        script_act(s, step);
}

/* --- what is done only if --- */

static size_t script_conditions(const struct plan_step *step)
{
    return step->skip.n ? 0 : step->n_choices;
}

/* Steps that hang on the same choices are asked about once. */
static bool script_same_conditions(const struct plan_step *a, const struct plan_step *b)
{
    bool same = script_conditions(a) == script_conditions(b);

    for (size_t i = 0; same && i < script_conditions(a); i++)
        same = sv_eq(a->choices[i].part, b->choices[i].part);
    return same;
}

static void script_open(struct script *s, const struct plan_step *step)
{
    for (size_t i = 0; i < script_conditions(step); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        const struct plan_choice *c = &step->choices[i];

        script_comment(&text, c->text);
        if (c->when.n)
            strbuf_addf(&text, " (the output of %.*s has \"%.*s\")", SV_FMT(c->when),
                        SV_FMT(c->contains));
        if (c->if_failed.n)
            strbuf_addf(&text, " (%.*s has failed)", SV_FMT(c->if_failed));
        strbuf_add_str(&s->body, "\nif confirm ");
        script_quote(&s->body, strbuf_sv(&text));
        strbuf_add_str(&s->body, "; then\n:\n");
    }
}

static void script_close(struct script *s, const struct plan_step *step)
{
    for (size_t i = 0; i < script_conditions(step); i++)
        strbuf_add_str(&s->body, "fi\n");
}

/* --- steps in their sessions --- */

/* Headings of the parts that begin with this step. */
static void script_headings(struct script *s, struct sv *shown, struct sv part)
{
    const struct plan_part *p = plan_part(s->plan, part);
    CLEANUP(strbuf_release) struct strbuf title = STRBUF(0);

    if (sv_eq(*shown, part) || !p)
        return;
    *shown = part;
    strbuf_add_str(&s->body, "\n# ---- ");
    plan_add_number(p, &title);
    strbuf_add_sv(&title, p->title);
    script_comment(&s->body, strbuf_sv(&title));
    strbuf_addf(&s->body, " (line %zu)\n", p->line);
}

static void script_steps(struct script *s, const char *name, const struct plan_step *v, size_t n)
{
    struct sv shown = {NULL, 0};

    strbuf_addf(&s->body, "\n%s() {\n:", name);
    for (size_t i = 0; i < n; i++) {
        bool first = i == 0 || !sv_eq(v[i].session, v[i - 1].session);
        bool last = i + 1 == n || !sv_eq(v[i].session, v[i + 1].session);

        if (first) /* and never empty, also when all of it is left out */
            strbuf_add_str(&s->body, "\n( # a shell of its own: cd and variables end with it\n:\n");
        script_headings(s, &shown, v[i].part);
        if (first || !script_same_conditions(&v[i], &v[i - 1]))
            script_open(s, &v[i]);
        script_step(s, &v[i]);
        if (last || !script_same_conditions(&v[i], &v[i + 1]))
            script_close(s, &v[i]);
        if (last)
            strbuf_add_str(&s->body, ")\n");
    }
    strbuf_add_str(&s->body, "\n}\n");
}

static void script_rules(struct script *s)
{
    const struct plan *p = s->plan;

    if (p->n_rules == 0)
        return;
    strbuf_addf(&s->body, "\n# Watched afterwards until T+%s; this script does not:\n",
                duration_format(plan_scale(p, p->until_ms)).s);
    for (size_t i = 0; i < p->n_rules; i++)
        if (!p->rules[i].dropped)
            script_note(&s->body, "  ", p->rules[i].text);
}

/* --- the head, which is written last --- */

static void script_set(struct strbuf *out, const char *how, struct sv name, struct sv value)
{
    strbuf_add_str(out, how);
    script_name(out, name);
    strbuf_add_byte(out, '=');
    script_quote(out, value);
    strbuf_add_byte(out, '\n');
}

static void script_values(const struct script *s, struct strbuf *out)
{
    for (size_t i = 0; i < s->values.n; i++) {
        const struct plan_variable *found = NULL;

        for (size_t k = 0; k < s->plan->n_variables; k++)
            if (sv_eq(s->plan->variables[k].name, s->values.v[i]))
                found = &s->plan->variables[k];
        if (found && found->command.n) {
            strbuf_add_str(out, "value_");
            script_name(out, found->name);
            strbuf_addf(out, "=$(%.*s)\n", SV_FMT(found->command));
        } else if (found) {
            script_set(out, "value_", found->name, found->value);
        } else {
            strbuf_add_str(out, ": \"${value_");
            script_name(out, s->values.v[i]);
            strbuf_add_str(out, ":?has to be set}\"\n");
        }
    }
}

static void script_settings(const struct script *s, struct strbuf *out)
{
    const struct plan *p = s->plan;

    strbuf_add_str(out, "\ncd ");
    script_quote(out, p->workdir);
    strbuf_add_byte(out, '\n');
    for (size_t i = 0; i < p->n_env; i++)
        script_set(out, "export ", p->env[i].name, p->env[i].value);
    for (size_t i = 0; i < p->n_secrets; i++) {
        strbuf_add_str(out, ": \"${");
        script_name(out, p->secrets[i]);
        strbuf_add_str(out, ":?a secret, which is not written down here}\"\n");
    }
    for (size_t i = 0; i < s->formats.n; i++) {
        CLEANUP(strbuf_release) struct strbuf format = STRBUF(0);

        strbuf_add_str(&format, sv_starts(s->formats.v[i], SV("+")) ? "" : "+");
        strbuf_add_sv(&format, s->formats.v[i]);
        strbuf_addf(out, "prusik_date_%zu=$(date ", i + 1);
        script_quote(out, strbuf_sv(&format));
        strbuf_add_str(out, ")\n");
    }
    script_values(s, out);
}

static void script_head(const struct script *s, struct strbuf *out)
{
    strbuf_add_str(out, "#!/usr/bin/env bash\n");
    script_note(out, "", s->plan->title);
    script_note(out, "for environment: ", s->plan->environment);
    strbuf_addf(out, "# written by prusik from plan %.12s of ", hash_hex(&s->plan->hash).s);
    script_comment(out, s->plan->document);
    strbuf_add_str(
        out,
        "\n#\n# usage: bash SCRIPT [--way-back]\n#\n"
        "# The commands of the plan, to be read, and to fall back on.  This is no run: nothing is\n"
        "# journaled, no rule is watched, and a person looks wherever prusik checks by itself.\n"
        "#\n# shellcheck disable=SC2086,SC2317 # the document's commands stand as they are; calls by name\n"
        "set -euo pipefail\n");
}

/* The helpers that are called, also by one another. */
static void script_add_helpers(const struct script *s, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf found = STRBUF(0), text = STRBUF(0);

    for (size_t i = ARRAY_LEN(script_helpers); i-- > 0;) { /* callers stand after those they call */
        CLEANUP(strbuf_release) struct strbuf call = STRBUF(0);

        strbuf_addf(&call, "%.*s ", SV_FMT(script_helpers[i].name));
        if (!sv_has(strbuf_sv(&s->body), strbuf_sv(&call)) &&
            !sv_has(strbuf_sv(&found), strbuf_sv(&call)))
            continue;
        strbuf_truncate(&text, 0);
        strbuf_addf(&text, "\n%s%s", script_helpers[i].text, strbuf_str(&found));
        strbuf_truncate(&found, 0);
        strbuf_add_sv(&found, strbuf_sv(&text));
    }
    strbuf_add_sv(out, strbuf_sv(&found));
}

/* Does a step go through the binding's service? */
static bool script_manages(const struct script *s, const struct plan_service *service)
{
    CLEANUP(strbuf_release) struct strbuf call = STRBUF(0);

    strbuf_add_str(&call, "service_");
    script_name(&call, service->name);
    strbuf_add_byte(&call, ' ');
    return sv_has(strbuf_sv(&s->body), strbuf_sv(&call));
}

void plan_script(const struct plan *p, struct strbuf *out)
{
    struct script s = {.plan = p, .body = STRBUF(0)};

    script_steps(&s, "forward", p->steps, p->n_steps);
    script_rules(&s);
    script_steps(&s, "way_back", p->way_back, p->n_way_back);
    script_head(&s, out);
    script_settings(&s, out);
    script_add_helpers(&s, out);
    for (size_t i = 0; i < p->n_services; i++)
        if (script_manages(&s, &p->services[i]))
            script_service(&p->services[i], out);
    strbuf_add_sv(out, strbuf_sv(&s.body));
    strbuf_add_str(out, "\ncase ${1:-} in\n'') forward ;;\n--way-back) way_back ;;\n"
                        "*) echo \"usage: $0 [--way-back]\" >&2 && exit 2 ;;\nesac\n");
    strbuf_release(&s.body);
    vec_release(&s.formats);
    vec_release(&s.values);
    arena_release(&s.arena);
}
