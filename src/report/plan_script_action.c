/*
 * What stands in the script for each kind of action.
 */
#include "base/sv.h"
#include "report/plan_script_int.h"

typedef void script_action_fn(struct script *s, const struct plan_step *step, struct strbuf *out);

static void script_shell(struct script *s, const struct plan_step *step, struct strbuf *out)
{
    script_pieces(s, json_object_get(step->action, "command"), out);
}

static void script_option(struct script *s, const char *name, const json_t *pieces,
                          struct strbuf *out)
{
    strbuf_addf(out, " %s ", name);
    script_word(s, pieces, out);
}

static void script_http(struct script *s, const struct plan_step *step, struct strbuf *out)
{
    const json_t *a = step->action, *headers = json_object_get(a, "headers"),
                 *body = json_object_get(a, "body");
    struct sv method = json_get_sv(a, "method");
    int64_t timeout_ms = json_get_int(a, "timeout_ms", 0);

    strbuf_add_str(out, "curl -sS -i");
    if (json_get_bool(a, "fail_on_status", false))
        strbuf_add_str(out, " -f");
    if (json_get_bool(a, "follow", false))
        strbuf_add_str(out, " -L");
    if (timeout_ms) {
        strbuf_add_str(out, " --max-time ");
        script_seconds(out, timeout_ms);
    }
    if (method.n && !sv_eq(method, SV("GET"))) {
        strbuf_add_str(out, " -X ");
        script_quote(out, method);
    }
    for (size_t i = 0; i < json_array_size(headers); i++)
        script_option(s, "-H", json_array_get(headers, i), out);
    if (body)
        script_option(s, "--data", body, out);
    strbuf_add_byte(out, ' ');
    script_word(s, json_object_get(a, "url"), out);
}

static void script_sqlite(struct script *s, const struct plan_step *step, struct strbuf *out)
{
    strbuf_add_str(out, "sqlite3 ");
    script_word(s, json_object_get(step->action, "file"), out);
    strbuf_add_byte(out, ' ');
    script_word(s, json_object_get(step->action, "sql"), out);
}

static void script_postgres(struct script *s, const struct plan_step *step, struct strbuf *out)
{
    strbuf_add_str(out, "psql -X -v ON_ERROR_STOP=1 -A -t -d ");
    script_word(s, json_object_get(step->action, "url"), out);
    strbuf_add_str(out, " -c ");
    script_word(s, json_object_get(step->action, "sql"), out);
}

/* A process of ours is started by the script; what another manager keeps is told by the document's own command. */
static void script_service_step(struct script *s, const struct plan_step *step, struct strbuf *out)
{
    struct sv name = json_get_sv(step->action, "service");

    for (size_t i = 0; i < s->plan->n_services; i++)
        if (sv_eq(s->plan->services[i].name, name) &&
            !sv_eq(s->plan->services[i].manager, SV("process"))) {
            strbuf_add_sv(out, step->command);
            return;
        }
    strbuf_add_str(out, "service_");
    script_name(out, name);
    strbuf_addf(out, " %s", json_get_str(step->action, "verb", "status"));
}

static void script_maintenance(struct script *s, const struct plan_step *step, struct strbuf *out)
{
    strbuf_add_str(out, json_get_bool(step->action, "on", false) ? "touch " : "rm -f ");
    script_word(s, json_object_get(step->action, "file"), out);
}

static void script_disk(struct script *s, const struct plan_step *step, struct strbuf *out)
{
    strbuf_add_str(out, "df -h ");
    script_word(s, json_object_get(step->action, "path"), out);
}

static void script_pause(struct script *s, const struct plan_step *step, struct strbuf *out)
{
    strbuf_add_str(out, "sleep ");
    script_seconds(out, plan_scale(s->plan, json_get_int(step->action, "ms", 0)));
}

static const struct {
    struct sv kind;
    script_action_fn *fn;
} script_actions[] = {
    {SV("shell"), script_shell},       {SV("terminal"), script_shell},
    {SV("poll"), script_shell},        {SV("follow"), script_shell},
    {SV("http"), script_http},         {SV("sqlite"), script_sqlite},
    {SV("postgres"), script_postgres}, {SV("service"), script_service_step},
    {SV("disk"), script_disk},         {SV("maintenance"), script_maintenance},
    {SV("pause"), script_pause},
};

void script_command(struct script *s, const struct plan_step *step, struct strbuf *out)
{
    int64_t delay_ms = json_get_int(step->action, "delay_ms", 0);

    for (size_t i = 0; i < ARRAY_LEN(script_actions); i++) {
        if (!sv_eq(step->kind, script_actions[i].kind))
            continue;
        if (delay_ms) {
            strbuf_add_str(out, "sleep ");
            script_seconds(out, plan_scale(s->plan, delay_ms));
            strbuf_add_byte(out, '\n');
        }
        script_actions[i].fn(s, step, out);
        return;
    }
}

void script_service(const struct plan_service *service, struct strbuf *out)
{
    strbuf_add_str(out, "\nservice_");
    script_name(out, service->name);
    strbuf_add_str(out, "() { # start, stop, restart, reload or status\n  local pid_file=");
    script_quote(out, service->pid_file);
    strbuf_add_str(out, "\n  case $1 in\n  start)\n    (\n      cd ");
    script_quote(out, service->workdir);
    strbuf_add_str(out, "\n      setsid");
    for (size_t i = 0; i < service->n_command; i++) {
        strbuf_add_byte(out, ' ');
        script_quote(out, service->command[i]);
    }
    strbuf_add_str(out, " < /dev/null >> ");
    script_quote(out, service->log.n ? service->log : SV("/dev/null"));
    strbuf_addf(
        out,
        " 2>&1 &\n      echo $! > \"$pid_file\"\n    )\n    ;;\n"
        "  stop)\n    local end=$((SECONDS + %lld))\n    kill \"$(cat \"$pid_file\")\"\n"
        "    while kill -0 \"$(cat \"$pid_file\")\" 2> /dev/null; do\n"
        "      if [ \"$SECONDS\" -gt \"$end\" ]; then kill -KILL \"$(cat \"$pid_file\")\"; fi\n"
        "      sleep 0.2\n    done\n    ;;\n  restart)\n    service_",
        (long long)(service->stop_timeout_ms + 999) / 1000);
    script_name(out, service->name);
    strbuf_add_str(out, " stop\n    service_");
    script_name(out, service->name);
    strbuf_add_str(out, " start\n    ;;\n"
                        "  reload) kill -HUP \"$(cat \"$pid_file\")\" ;;\n"
                        "  status) kill -0 \"$(cat \"$pid_file\")\" ;;\n  esac\n}\n");
}
