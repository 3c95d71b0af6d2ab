/* Sources and receivers of the binding in the plan, their secrets, and a plan that only watches. */
#include "plan/settings.h"
#include "test_plan_util.h"

#define DOC  "# Web\n\n## Deployment\n\n```bash\ntrue\n```\n\n"
#define HEAD "environment: test\nenv: {HOME_OF: /srv/app, API_TOKEN: geheim-123, PORT: \"9090\"}\n"

static const struct plan_source *find_source(const struct world *w, const char *name)
{
    for (size_t i = 0; i < w->plan.n_sources; i++)
        if (sv_eq(w->plan.sources[i].name, sv_from(name)))
            return &w->plan.sources[i];
    T_FAIL("there is no source '%s'", name);
}

T(a_source_has_its_kind_and_what_its_settings_say)
{
    const struct plan_source *s;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), want = STRBUF(0);
    struct world w;

    world_make(&w, DOC,
               HEAD "databases: {shop: {url: \"sqlite:db/shop.db\"}}\nsources:\n"
                    "  log.app: {path: $HOME_OF/app.log, record: '^x$', from_start: yes}\n"
                    "  log.web: {kind: journal, unit: web.service}\n"
                    "  logpatterns.web: {unit: web.service}\n"
                    "  tcp.web: {port: 8080}\n"
                    "  prom.p95: {url: \"http://h:$PORT\", query: 'a{b=~\"c$\"}', unit: ms,"
                    " headers: {X-A: $HOME_OF}}\n"
                    "  sql.deals: {database: shop, query: SELECT 1}\n"
                    "  disk.root: {path: /}\n");
    T_EQ(w.plan.n_sources, 7);
    s = find_source(&w, "log.app");
    T_SV(s->kind, "log");
    T_SV(json_get_sv(s->settings, "path"), "/srv/app/app.log");
    T_SV(json_get_sv(s->settings, "record"), "^x$");
    T_CHECK(json_get_bool(s->settings, "from_start", false));
    s = find_source(&w, "log.web");
    T_SV(s->kind, "journal");
    T_SV(json_get_sv(s->settings, "unit"), "web.service");
    T_CHECK(!s->unit.n);
    s = find_source(&w, "logpatterns.web");
    T_SV(json_get_sv(s->settings, "unit"), "web.service");
    T_CHECK(!s->unit.n);
    T_EQ(json_get_int(find_source(&w, "tcp.web")->settings, "port", 0), 8080);
    s = find_source(&w, "prom.p95");
    T_SV(s->unit, "ms");
    T_SV(json_get_sv(s->settings, "url"), "http://h:9090");
    T_SV(json_get_sv(s->settings, "query"), "a{b=~\"c$\"}");
    T_SV(json_get_sv(json_object_get(s->settings, "headers"), "X-A"), "/srv/app");
    strbuf_addf(&want, "sqlite:%s/db/shop.db", w.b.dir);
    strbuf_add_sv(&text, json_get_sv(find_source(&w, "sql.deals")->settings, "database"));
    T_STR(strbuf_str(&text), strbuf_str(&want));
    world_end(&w);
}

T(alerts_that_are_told_bring_a_rule_about_what_was_left_out)
{
    struct world w;

    world_make(&w, DOC,
               HEAD "sources: {alertmanager.alerts: {token: t0ken}}\n"
                    "watch: {listen: \"0.0.0.0:9107\", until: T+1h}\n");
    T_SV(w.plan.listen, "0.0.0.0:9107");
    T_SV(find_source(&w, "alertmanager.alerts")->kind, "alertmanager");
    T_EQ(w.plan.n_rules, 1);
    T_SV(w.plan.rules[0].id, "alertmanager-truncated");
    T_SV(w.plan.rules[0].text, "investigate when alertmanager.alerts.truncated > 0");
    world_end(&w);
    world_make(&w, DOC, HEAD "watch: {until: T+1h}\n");
    T_EQ(w.plan.listen.n + w.plan.n_rules, 0);
    world_end(&w);
}

T(a_secret_is_named_in_the_plan_and_put_in_when_it_is_used)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *shown = NULL, *hidden = NULL;
    const struct plan_source *s;
    struct err err;
    struct world w;

    world_make(
        &w, DOC,
        HEAD
        "sources:\n  http.shop: {url: \"http://h/\", bearer: \"$API_TOKEN\","
        " headers: {X-Key: \"k-${API_TOKEN}\"}}\n"
        "  sql.x: {database: \"postgresql://u:$API_TOKEN@h/d\", query: SELECT 1}\n"
        "notify:\n  team: {kind: slack, url: \"https://h/$API_TOKEN\", on: [verdict, done]}\n");
    json_write(w.plan.json, &text);
    T_CHECK(!sv_has(strbuf_sv(&text), SV("geheim")));
    s = find_source(&w, "http.shop");
    hidden = settings_hide(s->settings);
    T_SV(json_get_sv(hidden, "bearer"), "$API_TOKEN");
    T_OK(settings_reveal(s->settings, &w.b, &shown, &err), err);
    T_SV(json_get_sv(shown, "bearer"), "geheim-123");
    T_SV(json_get_sv(json_object_get(shown, "headers"), "X-Key"), "k-geheim-123");
    json_decref(STEAL(shown));
    T_EQ(settings_reveal(s->settings, NULL, &shown, &err), ERR_REFUSED);
    want_message(&err, "nobody here knows the secret");
    T_OK(settings_reveal(find_source(&w, "sql.x")->settings, &w.b, &shown, &err), err);
    T_SV(json_get_sv(shown, "database"), "postgresql://u:geheim-123@h/d");
    T_EQ(w.plan.n_receivers, 1);
    T_SV(w.plan.receivers[0].name, "team");
    T_SV(w.plan.receivers[0].kind, "slack");
    T_EQ(json_array_size(json_object_get(w.plan.receivers[0].settings, "on")), 2);
    world_end(&w);
}

T(what_is_wrong_is_said_with_its_line)
{
    static const struct {
        const char *yaml, *message;
    } rows[] = {
        {"sources: [a]\n", "'sources' must be a map"},
        {"sources: {log.app: here}\n", "'log.app' must be a map of settings"},
        {"sources: {app: {path: x}}\n", "'app' is not of the form log.NAME"},
        {"sources: {log.: {path: x}}\n", "'log.' is not of the form log.NAME"},
        {"sources: {log.a.b: {path: x}}\n", "'log.a.b' is not of the form log.NAME"},
        {"sources: {lug.app: {path: x}}\n", "'lug.app' is of no kind of source"},
        {"sources: {log.app: {kind: disk, path: x}}\n",
         "'log.app' has a kind that gives something else"},
        {"sources: {prom.a: {url: x, query: y, unit: apples}}\n",
         "'prom.a' has a unit that is not known"},
        {"sources: {log.web: {unit: web.service}}\n", "'log.web' has a unit that is not known"},
        {"sources: {alertmanager.alerts: {}}\n",
         "'alertmanager.alerts' is told by others: watch: {listen: ADDRESS:PORT}"},
        {"sources: {alertmanager.other: {}}\n", "'alertmanager.other' is not alertmanager.alerts"},
        {"watch: {listen: localhost}\n", "'listen' is 'localhost', which is no ADDRESS:PORT"},
        {"sources: {alertmanager.alerts: {}}\nwatch: {listen: \"0.0.0.0:9107\"}\n",
         "'alertmanager.alerts' needs a token: others can reach the address"},
        {"sources: {log.app: {path: $NOWHERE}}\n", "variable NOWHERE is not set"},
        {"sources: {http.a: {headers: {X: $NOWHERE}}}\n", "variable NOWHERE is not set"},
        {"sources: {http.a: {list: [$NOWHERE]}}\n", "variable NOWHERE is not set"},
        {"sources: {sql.a: {database: \"x:$NOWHERE\"}}\n", "variable NOWHERE is not set"},
        {"sources: {http.a: {url: $NOWHERE}}\n", "variable NOWHERE is not set"},
        {"notify: {team: slack}\n", "'team' needs a kind"},
        {"notify: {team: {url: x}}\n", "'team' needs a kind"},
        {"notify: {team: {kind: slack, url: $NOWHERE}}\n", "variable NOWHERE is not set"},
    };
    char yaml[400];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)snprintf(yaml, sizeof(yaml), HEAD "%s", rows[i].yaml);
        world_refused(DOC, yaml, ERR_INVALID, rows[i].message);
    }
}

T(a_receiver_that_is_bound_can_be_told_by_a_rule)
{
    struct world w;

    world_make(
        &w, DOC,
        HEAD
        "sources: {cmd.q: {command: \"true\"}, prom.lat: {url: \"http://h\", query: a, unit: ms}}\n"
        "notify: {oncall: {kind: command, command: \"true\"}}\nwatch: {until: T+1m}\n"
        "rules:\n  a: page oncall when cmd.q.exit > 0\n  b: alert dba when cmd.q.exit > 0\n"
        "  c: investigate when prom.lat > 500ms\n  d: investigate when prom.lat.value > 5\n");
    T_EQ(count_questions(&w, "action"), 1);
    T_CHECK(sv_has(find_question(&w, "action", 0)->text, SV("alert dba")));
    T_EQ(count_questions(&w, "metric"), 1); /* a number without unit against milliseconds */
    world_end(&w);
}

T(a_plan_that_only_watches_carries_nothing_out)
{
    struct plan p = {0};
    struct world w;
    struct err err;

    world_make(&w, DOC,
               HEAD
               "variables: {x: {command: date}}\nmaintenance: {flag: $HOME_OF/flag}\n"
               "sources: {cmd.q: {command: \"true\"}}\nwatch: {until: T+1m}\n"
               "rules:\n  a: investigate when cmd.q.exit > 0\n  b: investigate when nothing > 0\n");
    T_CHECK(!w.plan.watch_only && w.plan.n_questions > 0);
    plan_watch_only(w.json);
    T_OK(plan_load(json_incref(w.json), &p, &err), err);
    T_CHECK(p.watch_only && p.n_steps == 0 && p.n_way_back == 0 && p.n_variables == 0 && !p.flag.n);
    T_SV(p.environment, "test (watch)");
    T_EQ(p.n_questions, 1); /* the metric that nobody knows */
    T_EQ(p.n_sources, 1);
    T_EQ(p.n_rules, 2);
    T_CHECK(memcmp(&p.hash, &w.plan.hash, sizeof(p.hash)) != 0);
    plan_release(&p);
    world_end(&w);
}

/* --- flags --- */

T(a_flag_of_the_binding_is_in_the_plan_with_what_its_consumers_say)
{
    const struct plan_flag *f;
    struct world w;
    struct err err;

    T_EQ(mkdir("sub", 0700), 0);
    T_OK(file_write_atomic("sub/prusik.flags.yaml", SV("consumers: []\n"), 0600, &err), err);
    T_OK(file_write_atomic("mine.yaml", SV("flags: {}\n"), 0600, &err), err);
    world_make(&w, DOC,
               HEAD
               "secrets: [API_TOKEN]\nflags:\n  A:\n"
               "  B: {definitions: sub/flags.json, off: disabled, token: $API_TOKEN, within: 2s}\n"
               "  C: {definitions: $HOME_OF/f.json, consumers: mine.yaml}\n");
    T_EQ(w.plan.n_flags, 3);
    f = plan_find_flag(&w.plan, SV("A"));
    T_CHECK(f && sv_ends(f->definitions, SV("/flags.json")) && !f->consumers.n && !f->rehearsal);
    T_SV(f->off, "off");
    T_EQ(f->within_ms, 30000);
    f = plan_find_flag(&w.plan, SV("B"));
    T_CHECK(sv_ends(f->consumers, SV("/sub/prusik.flags.yaml")));
    T_SV(f->text, "consumers: []\n");
    T_SV(f->off, "disabled");
    T_EQ(f->within_ms, 2000);
    T_SV(json_get_sv(json_object_get(f->settings, "token"), "secret"), "$API_TOKEN");
    f = plan_find_flag(&w.plan, SV("C"));
    T_SV(f->definitions, "/srv/app/f.json");
    T_SV(f->text, "flags: {}\n");
    T_CHECK(!plan_find_flag(&w.plan, SV("D")));
    world_end(&w);
}

T(a_flag_that_is_written_wrong_is_refused_with_its_line)
{
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        {"flags: 1\n", "must be a map"},
        {"flags:\n  A: x\n", "a flag is a map"},
        {"flags: {A: {definition: x}}\n", "definition"},
        {"flags: {A: {off: [1]}}\n", "'off' is a text"},
        {"flags: {A: {within: 11m}}\n", "at most 10 minutes"},
        {"flags: {A: {within: soon}}\n", "at most 10 minutes"},
        {"flags: {A: {consumers: none.yaml}}\n", "none.yaml"},
        {"flags: {A: {consumers: $NONE/x}}\n", "NONE"},
        {"flags: {A: {definitions: $NONE/x}}\n", "NONE"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct binding b;
        struct err err = {.code = ERR_OK};

        T_CHECK(binding_parse("prusik.yaml", ".", sv_from(rows[i].yaml), &b, &err) != ERR_OK);
        t_say("%s", err.msg);
        T_CHECK(strstr(err.msg, rows[i].says));
    }
}

T_MAIN(T_CASE(a_source_has_its_kind_and_what_its_settings_say),
       T_CASE(alerts_that_are_told_bring_a_rule_about_what_was_left_out),
       T_CASE(a_secret_is_named_in_the_plan_and_put_in_when_it_is_used),
       T_CASE(what_is_wrong_is_said_with_its_line),
       T_CASE(a_receiver_that_is_bound_can_be_told_by_a_rule),
       T_CASE(a_plan_that_only_watches_carries_nothing_out),
       T_CASE(a_flag_of_the_binding_is_in_the_plan_with_what_its_consumers_say),
       T_CASE(a_flag_that_is_written_wrong_is_refused_with_its_line))
