#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/ident.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/term.h"
#include "cli/verb.h"
#include "flag/flag_back.h"
#include "flag/flag_server.h"
#include "flag/flag_switch.h"

static const char *const flag_opts[] = {"--flags",    "--consumers", "--context", "--listen",
                                        "--operator", "--why",       "--json",    NULL};
static const char *const flag_words[] = {"list", "get",  "set",   "kill", "unkill",
                                         "back", "eval", "serve", NULL};

/* What every action begins with. */
struct flag_job {
    struct cli *c;
    const char *definitions;
    struct flag_files files;
    struct flag_binding binding;
    bool bound;
    enum exit_code exit;
};

static enum err_code flag_bind(struct flag_job *j, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(mem_freep) char *folder = path_dir(j->definitions);
    CLEANUP(mem_freep) char *beside = path_join(folder, FLAG_BINDING_NAME);
    const char *path = j->c->flags.consumers ? j->c->flags.consumers : beside;
    CLEANUP(mem_freep) char *own = path_dir(path);

    if (!j->c->flags.consumers && !file_exists(path))
        return ERR_OK;
    if (file_read(path, LIMIT_BINDING_BYTES, &text, err) != ERR_OK ||
        flag_binding_parse(strbuf_sv(&text), path, own, &j->binding, err) != ERR_OK)
        return err->code;
    j->bound = true;
    return ERR_OK;
}

static const struct flag_elsewhere *flag_elsewhere(const struct flag_job *j, const char *key)
{
    return j->bound ? flag_binding_find(&j->binding, sv_from(key)) : NULL;
}

static void flag_print(struct strbuf *line)
{
    strbuf_add_byte(line, '\n');
    term_write(line);
}

/* ---- list, get ---- */

static json_t *flag_info_json(const struct flag_info *f)
{
    json_t *j = json_object();

    json_put(j, "key", json_sv(f->key));
    json_put_str(j, "state", f->disabled ? "DISABLED" : "ENABLED");
    json_put_sv(j, "default", f->default_variant);
    json_put_bool(j, "targeting", f->targeted);
    json_put_sv(j, "killed", f->killed);
    json_put_sv(j, "by", f->kill_by);
    json_put_sv(j, "at", f->kill_at);
    json_put_sv(j, "reason", f->kill_reason);
    return j;
}

static void flag_info_text(const struct flag_info *f, struct strbuf *b)
{
    text_add_line(b, f->key);
    strbuf_add_str(b, ": ");
    if (f->killed.p) {
        term_addf(b, TERM_BAD, "killed to %.*s", SV_FMT(f->killed));
        strbuf_add_str(b, " by ");
        text_add_line(b, f->kill_by);
        strbuf_addf(b, ", %.*s: ", SV_FMT(f->kill_at));
        text_add_line(b, f->kill_reason);
        return;
    }
    strbuf_add_str(b, f->disabled ? "disabled" : f->targeted ? "targeted, else " : "");
    if (!f->disabled)
        text_add_line(b, f->default_variant.p ? f->default_variant : SV("no value"));
}

/* The name of the variant that has the text; NULL: none has. */
static const struct flag_variant *flag_elsewhere_variant(const struct flag_elsewhere *f,
                                                         struct sv text)
{
    for (size_t i = 0; i < f->n_variants; i++)
        if (sv_eq(f->variants[i].text, text))
            return &f->variants[i];
    return NULL;
}

static json_t *flag_elsewhere_json(const struct flag_elsewhere *f)
{
    CLEANUP(strbuf_release) struct strbuf value = STRBUF(0);
    const struct flag_variant *v;
    json_t *j = json_object();
    struct err err;

    json_put_sv(j, "key", f->key);
    json_put_bool(j, "elsewhere", true);
    if (flag_elsewhere_read(f, &value, &err) != ERR_OK) {
        json_put_str(j, "error", err.msg);
        return j;
    }
    v = flag_elsewhere_variant(f, strbuf_sv(&value));
    json_put_sv(j, "default", v ? v->name : (struct sv){NULL, 0});
    json_put_sv(j, "text", strbuf_sv(&value));
    return j;
}

/* Name of the variant that has the text, or the text. */
static void flag_elsewhere_text(const struct flag_elsewhere *f, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf value = STRBUF(0);
    const struct flag_variant *v;
    struct err err;

    text_add_line(b, f->key);
    strbuf_add_str(b, ": ");
    if (flag_elsewhere_read(f, &value, &err) != ERR_OK) {
        term_addf(b, TERM_WARN, "not known: ");
        text_add_line(b, sv_from(err.msg));
        return;
    }
    v = flag_elsewhere_variant(f, strbuf_sv(&value));
    if (v)
        strbuf_addf(b, "%.*s, ", SV_FMT(v->name));
    strbuf_add_str(b, "read as '");
    text_add_line(b, strbuf_sv(&value));
    strbuf_add_byte(b, '\'');
}

static enum err_code flag_list(struct flag_job *j, struct err *err)
{
    CLEANUP(flagset_freep) struct flagset *set = NULL;
    CLEANUP(json_cleanup) json_t *list = json_array();
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    bool has_definitions = file_exists(j->definitions) || !j->binding.n_flags;

    if (has_definitions && flag_files_load(&j->files, &set, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; set && i < flagset_count(set); i++) {
        struct flag_info f = flagset_info(set, i);

        json_append(list, flag_info_json(&f));
        flag_info_text(&f, &b);
        strbuf_add_byte(&b, '\n');
    }
    for (size_t i = 0; i < j->binding.n_flags; i++) {
        if (j->c->json) {
            json_append(list, flag_elsewhere_json(&j->binding.flags[i]));
            continue;
        }
        flag_elsewhere_text(&j->binding.flags[i], &b);
        strbuf_add_byte(&b, '\n');
    }
    if (j->c->json) {
        strbuf_truncate(&b, 0);
        json_write_pretty(list, &b);
        strbuf_add_byte(&b, '\n');
    }
    term_write(&b);
    return ERR_OK;
}

static enum err_code flag_find(const struct flag_job *j, struct flagset **set, size_t *at,
                               struct err *err)
{
    if (flag_files_load(&j->files, set, err) != ERR_OK)
        return err->code;
    if (flagset_find(*set, sv_from(j->c->args[1]), at))
        return ERR_OK;
    return flagset_unknown(*set, sv_from(j->c->args[1]), err);
}

/* `kill KEY`: which variants it has, as far as that is known. */
static void flag_hint_variants(const struct flag_job *j, struct err *err)
{
    CLEANUP(flagset_freep) struct flagset *set = NULL;
    CLEANUP(strbuf_release) struct strbuf list = STRBUF(0);
    struct err other;
    size_t at;

    if (flag_files_load(&j->files, &set, &other) != ERR_OK ||
        !flagset_find(set, sv_from(j->c->args[1]), &at))
        return;
    flagset_list_variants(set, at, &list);
    (void)err_hint(err, "variants of '%s': %s", j->c->args[1], strbuf_str(&list));
}

static enum err_code flag_get(struct flag_job *j, struct err *err)
{
    const struct flag_elsewhere *other = flag_elsewhere(j, j->c->args[1]);
    CLEANUP(flagset_freep) struct flagset *set = NULL;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct flag_info f;
    size_t at = 0;

    if (other && j->c->json) {
        CLEANUP(json_cleanup) json_t *o = flag_elsewhere_json(other);

        json_write_pretty(o, &b);
        flag_print(&b);
        return ERR_OK;
    }
    if (other) {
        flag_elsewhere_text(other, &b);
        flag_print(&b);
        return ERR_OK;
    }
    if (flag_find(j, &set, &at, err) != ERR_OK)
        return err->code;
    f = flagset_info(set, at);
    if (j->c->json) {
        CLEANUP(json_cleanup) json_t *o = flag_info_json(&f);

        json_write_pretty(o, &b);
    } else {
        flag_info_text(&f, &b);
    }
    flag_print(&b);
    return ERR_OK;
}

/* ---- eval ---- */

static enum err_code flag_eval(struct flag_job *j, struct err *err)
{
    CLEANUP(flagset_freep) struct flagset *set = NULL;
    CLEANUP(json_cleanup) json_t *context = NULL;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct flag_answer a;
    size_t at = 0;

    if (json_read(sv_from(j->c->flags.context ? j->c->flags.context : "{}"), &context, err) !=
            ERR_OK ||
        !json_is_object(context))
        return err_set(err, ERR_USAGE, "--context is no JSON object");
    if (flag_find(j, &set, &at, err) != ERR_OK)
        return err->code;
    a = flagset_eval(set, at, context, clock_now_us() / CLOCK_US_PER_S);
    flagset_body(set, at, &a, &b);
    flag_print(&b);
    j->exit = a.outcome == FLAG_FINE ? EXIT_CODE_DONE : EXIT_CODE_FAILED;
    return ERR_OK;
}

/* ---- set, kill, unkill ---- */

static void flag_switched_text(const struct flag_switch *s, const struct flag_switched *r,
                               bool elsewhere, struct strbuf *b)
{
    const struct flag_change *c = &s->change;

    strbuf_addf(b, "%.*s: ", SV_FMT(c->key));
    if (c->variant.p)
        strbuf_addf(b, "%s%.*s", c->kill ? "killed to " : "", SV_FMT(c->variant));
    else
        strbuf_add_str(b, "no longer killed");
    if (r->from.p)
        strbuf_addf(b, ", was %.*s", SV_FMT(r->from));
    if (r->consumers)
        strbuf_addf(b, "; in effect at %zu consumer%s after %lld ms", r->consumers,
                    r->consumers == 1 ? "" : "s", (long long)r->ms);
    else
        strbuf_addf(b, "; written, and no consumer %s be asked", elsewhere ? "can" : "is there to");
}

/* A default is what is left when nothing before it decides. */
static void flag_add_before_default(const struct flag_job *j, struct strbuf *b)
{
    CLEANUP(flagset_freep) struct flagset *set = NULL;
    struct flag_info f;
    struct err other;
    size_t at = 0;

    if (flag_elsewhere(j, j->c->args[1]) || flag_find(j, &set, &at, &other) != ERR_OK)
        return;
    f = flagset_info(set, at);
    if (f.killed.p)
        strbuf_addf(b, "; it stays killed to %.*s until unkill", SV_FMT(f.killed));
    else if (f.disabled)
        strbuf_add_str(b, "; it is disabled: the code's own default applies");
    else if (f.targeted)
        strbuf_add_str(b, "; its targeting decides first, kill is for everybody");
}

/* `unless_so`: it is no error, and nothing is done, when it is so already. */
static enum err_code flag_change_to(struct flag_job *j, struct flag_change change, bool unless_so,
                                    struct err *err)
{
    struct ident_login login = ident_login();
    struct flag_switch s = {.definitions = j->definitions,
                            .binding = j->bound ? &j->binding : NULL,
                            .token = sv_from(getenv("PRUSIK_FLAG_TOKEN")),
                            .change = change};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct flag_switched r;
    struct arena a = {0};
    enum err_code rc;

    s.change.by = sv_from(j->c->run.operator_name ? j->c->run.operator_name : login.name);
    s.change.at_us = clock_now_us();
    if (unless_so && flag_switch_holds(&s)) {
        strbuf_addf(&b, "%.*s: is as it was", SV_FMT(change.key));
        flag_print(&b);
        return ERR_OK;
    }
    rc = flag_switch(&s, &a, &r, err);
    if (rc == ERR_OK) {
        flag_switched_text(&s, &r, flag_elsewhere(j, j->c->args[1]) != NULL, &b);
        if (!change.kill)
            flag_add_before_default(j, &b);
        flag_print(&b);
    }
    arena_release(&a);
    return rc;
}

static enum err_code flag_change(struct flag_job *j, bool kill, struct sv variant, struct err *err)
{
    struct flag_change c = {.key = sv_from(j->c->args[1]),
                            .variant = variant,
                            .kill = kill,
                            .why = sv_from(j->c->told.why)};

    if (!c.why.n)
        return err_set(err, ERR_USAGE, "prusik flag %s needs --why: it is kept with the change",
                       j->c->args[0]);
    return flag_change_to(j, c, false, err);
}

static enum err_code flag_set(struct flag_job *j, struct err *err)
{
    return flag_change(j, false, sv_from(j->c->args[2]), err);
}

static enum err_code flag_kill(struct flag_job *j, struct err *err)
{
    return flag_change(j, true, sv_from(j->c->args[2]), err);
}

static enum err_code flag_unkill(struct flag_job *j, struct err *err)
{
    return flag_change(j, true, (struct sv){NULL, 0}, err);
}

/* ---- back ---- */

/* "run": since the run began that this is a step of. */
static enum err_code flag_since(struct sv text, int64_t *ret, struct err *err)
{
    const char *began = getenv("PRUSIK_RUN_BEGAN");

    if (clock_parse(text, ret))
        return ERR_OK;
    if (!sv_eq(text, SV("run")))
        return err_set(err, ERR_USAGE, "'%.*s' is no time: 2026-02-15T02:07:00Z", SV_FMT(text));
    if (began && sv_to_i64(sv_from(began), ret))
        return ERR_OK;
    return err_set(err, ERR_USAGE, "'run' is for the steps of a run: this is none");
}

static enum err_code flag_back(struct flag_job *j, struct err *err)
{
    struct sv key = sv_from(j->c->args[1]), since = sv_from(j->c->args[2]);
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(arena_release) struct arena a = {0};
    struct flag_back found;
    int64_t since_us;

    if (flag_since(since, &since_us, err) != ERR_OK ||
        flag_back_find(&j->files, key, since_us, &a, &found, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < found.n; i++) {
        found.v[i].why = j->c->told.why ? sv_from(j->c->told.why) : SV("back to what it was");
        if (flag_change_to(j, found.v[i], true, err) != ERR_OK)
            return err->code;
    }
    if (found.n == 0) {
        strbuf_addf(&b, "%.*s: nothing to bring back", SV_FMT(key));
        flag_print(&b);
    }
    return ERR_OK;
}

/* ---- serve ---- */

static void flag_on_signal(uv_signal_t *s, int sig UNUSED)
{
    uv_stop(s->loop);
}

static enum err_code flag_wait(struct err *err)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    uv_signal_t signals[ARRAY_LEN(numbers)];
    uv_loop_t loop;
    int failed = uv_loop_init(&loop);

    if (failed)
        return err_sys(err, -failed, "make an event loop");
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        (void)uv_signal_init(&loop, &signals[i]); /* always succeeds */
        (void)uv_signal_start(&signals[i], flag_on_signal, numbers[i]);
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        uv_close((uv_handle_t *)&signals[i], NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop); /* it is empty */
    return ERR_OK;
}

static enum err_code flag_serve(struct flag_job *j, struct err *err)
{
    CLEANUP(flag_server_freep) struct flag_server *server = NULL;
    struct flag_server_config config = {.definitions = j->definitions,
                                        .listen = j->c->flags.listen ? j->c->flags.listen
                                                                     : FLAG_SERVER_DEFAULT,
                                        .token = sv_from(getenv("PRUSIK_FLAG_TOKEN"))};

    if (flag_server_start(&config, &server, err) != ERR_OK)
        return err->code;
    printf("listening on %s\n", flag_server_url(server));
    fflush(stdout);
    return flag_wait(err);
}

/* ---- the verb ---- */

static const struct flag_action {
    const char *name, *args;
    int n_args; /* with its own name */
    enum err_code (*run)(struct flag_job *j, struct err *err);
} flag_actions[] = {
    {"list", "", 1, flag_list},           {"get", " KEY", 2, flag_get},
    {"set", " KEY VARIANT", 3, flag_set}, {"kill", " KEY VARIANT", 3, flag_kill},
    {"unkill", " KEY", 2, flag_unkill},   {"back", " KEY SINCE", 3, flag_back},
    {"eval", " KEY", 2, flag_eval},       {"serve", "", 1, flag_serve},
};

static enum err_code flag_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    struct flag_job j = {.c = c, .definitions = c->flags.file ? c->flags.file : "flags.json"};
    const struct flag_action *a = flag_actions;
    enum err_code rc;

    while (strcmp(a->name, c->args[0]) != 0)
        a++; /* it is one of them: verb_main() looked */
    rc = c->n_args == a->n_args
             ? flag_bind(&j, err)
             : err_set(err, ERR_USAGE, "prusik flag takes: %s%s", a->name, a->args);
    flag_files_init(&j.files, j.definitions);
    if (strstr(a->args, "VARIANT") && c->n_args == 2)
        flag_hint_variants(&j, err);
    if (rc == ERR_OK)
        rc = a->run(&j, err);
    flag_files_release(&j.files);
    flag_binding_release(&j.binding);
    *exit = j.exit;
    return rc;
}

static const struct verb_only flag_only[] = {
    {"--context", "eval", NULL},
    {"--listen", "serve", NULL},
    {"--why", "set kill unkill back", NULL},
    {"--operator", "set kill unkill back", NULL},
    {"--json", "list get eval", NULL},
    {NULL, NULL, NULL},
};

const struct verb verb_flag = {
    .name = "flag",
    .args =
        "list | get KEY | set KEY VARIANT | kill KEY VARIANT | unkill KEY | back KEY SINCE | eval KEY | serve",
    .help = "feature flags: look, evaluate, switch, and answer clients of OpenFeature",
    .more =
        "Flags are in flagd's format (flags.json, or --flags). `set` changes the default variant, `kill`\n"
        "overrides everything else of a flag until `unkill`; both need --why and are logged beside the\n"
        "flags. prusik.flags.yaml (or --consumers) says who reads flags: a change is reported only when\n"
        "each of them sees it (exit code 4: written, but not in effect). It also describes flags that a\n"
        "service reads from a .env file, a drop-in of systemd or an endpoint; `set` switches those, too.\n"
        "`back` makes a flag what it was at a time (or `run`: when the run began that it is a step of); what a\n"
        "rule has switched off since stays off.\n"
        "`serve` answers OFREP on 127.0.0.1:8016 (or --listen); PRUSIK_FLAG_TOKEN makes it ask for a token.\n\n"
        "  prusik flag kill DEAL_TYPE_AWARENESS off --why 'error rate 10%'\n"
        "  prusik flag eval new-ui --context '{\"targetingKey\": \"user-1\"}'",
    .opts = flag_opts,
    .words = flag_words,
    .only = flag_only,
    .min_args = 1,
    .max_args = 3,
    .run = flag_run,
};
