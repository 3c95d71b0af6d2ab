#include "rule/env.h"

#include "base/map.h"
#include "base/suggest.h"
#include "base/sv.h"

struct rule_env {
    struct arena arena;
    bool permit_unknown;
    int64_t interval_us;
    VEC(struct rule_source) sources;
    VEC(struct rule_alias) aliases;
    VEC(struct sv) rules;
    struct map source_by_name, alias_by_name, rule_by_name;
};

struct rule_env *rule_env_new(void)
{
    struct rule_env *env = XNEW(struct rule_env);

    env->interval_us = 15000000;
    return env;
}

void rule_env_free(struct rule_env *env)
{
    if (!env)
        return;
    map_release(&env->source_by_name);
    map_release(&env->alias_by_name);
    map_release(&env->rule_by_name);
    vec_release(&env->sources);
    vec_release(&env->aliases);
    vec_release(&env->rules);
    arena_release(&env->arena);
    free(env);
}

void rule_env_permit_unknown(struct rule_env *env, bool permit)
{
    env->permit_unknown = permit;
}

bool rule_env_permits_unknown(const struct rule_env *env)
{
    return env->permit_unknown;
}

void rule_env_set_interval(struct rule_env *env, int64_t us)
{
    assert(us > 0);
    env->interval_us = us;
}

int64_t rule_env_interval(const struct rule_env *env)
{
    return env->interval_us;
}

void rule_env_add_source(struct rule_env *env, const struct rule_source *s)
{
    struct rule_source *new = vec_add(&env->sources);

    *new = *s;
    new->name = arena_sv(&env->arena, s->name);
    new->unit = s->unit > 0 ? s->unit : 1;
    new->said = arena_sv(&env->arena, s->said);
    (void)map_put(&env->source_by_name, new->name, env->sources.n - 1);
}

enum err_code rule_env_add_alias(struct rule_env *env, struct sv name, struct sv text,
                                 enum worse worse, struct rule_diag *diag, struct err *err)
{
    struct expr *e;
    enum err_code rc = rule_parse_expr(&env->arena, text, &e, diag, err);

    if (rc != ERR_OK)
        return err_wrap(err, "alias '%.*s'", SV_FMT(name));
    *vec_add(&env->aliases) = (struct rule_alias){arena_sv(&env->arena, name), e, worse};
    (void)map_put(&env->alias_by_name, name, env->aliases.n - 1);
    return ERR_OK;
}

void rule_env_add_rule(struct rule_env *env, struct sv name)
{
    *vec_add(&env->rules) = arena_sv(&env->arena, name);
    (void)map_put(&env->rule_by_name, name, env->rules.n - 1);
}

const struct rule_source *rule_env_source(const struct rule_env *env, struct sv name)
{
    size_t i;

    return map_get(&env->source_by_name, name, &i) ? &env->sources.v[i] : NULL;
}

const struct rule_alias *rule_env_alias(const struct rule_env *env, struct sv name)
{
    size_t i;

    return map_get(&env->alias_by_name, name, &i) ? &env->aliases.v[i] : NULL;
}

bool rule_env_has_rule(const struct rule_env *env, struct sv name)
{
    return map_get(&env->rule_by_name, name, NULL);
}

struct sv rule_env_nearest(const struct rule_env *env, struct sv name)
{
    static const struct sv builtins[] = {SV("deploy"), SV("now"), SV("step.elapsed"),
                                         SV("rollback_time_left"), SV("env.set")};
    struct suggest near = suggest_begin(name);

    for (size_t i = 0; i < env->sources.n; i++)
        suggest_offer(&near, env->sources.v[i].name);
    for (size_t i = 0; i < env->aliases.n; i++)
        suggest_offer(&near, env->aliases.v[i].name);
    for (size_t i = 0; i < ARRAY_LEN(builtins); i++)
        suggest_offer(&near, builtins[i]);
    return near.best;
}

struct sv rule_env_nearest_alias(const struct rule_env *env, struct sv name)
{
    struct suggest near = suggest_begin(name);

    for (size_t i = 0; i < env->aliases.n; i++)
        suggest_offer(&near, env->aliases.v[i].name);
    return near.best;
}

struct sv rule_env_nearest_rule(const struct rule_env *env, struct sv name)
{
    struct suggest near = suggest_begin(name);

    for (size_t i = 0; i < env->rules.n; i++)
        suggest_offer(&near, env->rules.v[i]);
    return near.best;
}

bool rule_unit_parse(struct sv word, struct dim_type *ret, double *unit)
{
    /* clang-format off */
    static const struct { struct sv word; enum dim dim; double unit; } rows[] = {
        {SV("seconds"), DIM_TIME, 1}, {SV("second"), DIM_TIME, 1}, {SV("milliseconds"), DIM_TIME, 1e-3},
        {SV("microseconds"), DIM_TIME, 1e-6}, {SV("minutes"), DIM_TIME, 60}, {SV("hours"), DIM_TIME, 3600},
        {SV("days"), DIM_TIME, 86400}, {SV("bytes"), DIM_BYTES, 1}, {SV("byte"), DIM_BYTES, 1},
        {SV("kilobytes"), DIM_BYTES, 1e3}, {SV("megabytes"), DIM_BYTES, 1e6}, {SV("gigabytes"), DIM_BYTES, 1e9},
        {SV("ratio"), DIM_RATIO, 1}, {SV("share"), DIM_RATIO, 1}, {SV("percent"), DIM_RATIO, 0.01},
        {SV("%"), DIM_RATIO, 0.01}, {SV("count"), DIM_COUNT, 1}, {SV("number"), DIM_COUNT, 1},
    };
    /* clang-format on */
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(64);
    struct err err;
    struct num v;
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(rows[i].word, word)) {
            *ret = (struct dim_type){rows[i].dim, false};
            *unit = rows[i].unit;
            return true;
        }
    strbuf_addf(&text, "1%.*s", SV_FMT(word)); /* the units of the language: "ms", "MiB" */
    if (word.n == 0 || ascii_is_digit(word.p[0]) || text.overflow ||
        num_parse(strbuf_sv(&text), &v, &n, &err) != ERR_OK || n != text.n || v.per_s > 0 ||
        (v.dim != DIM_TIME && v.dim != DIM_BYTES))
        return false;
    *ret = (struct dim_type){v.dim, false};
    *unit = v.value;
    return true;
}

static bool eat_suffix(struct sv *s, struct sv suffix)
{
    bool has = s->n > suffix.n && sv_ends(*s, suffix);

    if (has)
        s->n -= suffix.n;
    return has;
}

void rule_metric_guess(struct sv name, struct rule_source *ret)
{
    static const struct {
        struct sv suffix;
        enum dim dim;
        double unit;
    } units[] = {{SV("_seconds"), DIM_TIME, 1},
                 {SV("_bytes"), DIM_BYTES, 1},
                 {SV("_ratio"), DIM_RATIO, 1},
                 {SV("_percent"), DIM_RATIO, 0.01}};
    bool plain = eat_suffix(&name, SV("_count")) || eat_suffix(&name, SV("_bucket"));
    bool counter = plain || eat_suffix(&name, SV("_total")) || eat_suffix(&name, SV("_sum"));

    *ret = (struct rule_source){.name = name, .type = {DIM_COUNT, false}, .unit = 1};
    ret->kind = counter ? SOURCE_COUNTER : SOURCE_UNKNOWN;
    for (size_t i = 0; !plain && i < ARRAY_LEN(units); i++)
        if (eat_suffix(&name, units[i].suffix)) {
            ret->type.dim = units[i].dim;
            ret->unit = units[i].unit;
        }
}

/* clang-format off */
static const struct rule_member members[] = {
    {"prom", "",            SOURCE_VALUE, DIM_ANY},    {"prom", "value",      SOURCE_VALUE, DIM_ANY},
    {"prom", "count",       SOURCE_VALUE, DIM_COUNT},  {"prom", "min",        SOURCE_VALUE, DIM_ANY},
    {"prom", "max",         SOURCE_VALUE, DIM_ANY},    {"prom", "avg",        SOURCE_VALUE, DIM_ANY},
    {"prom", "points",      SOURCE_VALUE, DIM_COUNT},  {"prom", "age",        SOURCE_VALUE, DIM_TIME},
    {"http", "",            SOURCE_ROWS,  DIM_ROWS},   {"http", "status",     SOURCE_VALUE, DIM_COUNT},
    {"http", "latency",     SOURCE_VALUE, DIM_TIME},   {"http", "text",       SOURCE_VALUE, DIM_TEXT},
    {"http", "json",        SOURCE_VALUE, DIM_ANY},    {"http", "header",     SOURCE_VALUE, DIM_TEXT},
    {"http", "up",          SOURCE_VALUE, DIM_BOOL},   {"http", "down_time",  SOURCE_VALUE, DIM_TIME},
    {"sql", "",             SOURCE_ROWS,  DIM_ROWS},   {"sql", "rows",        SOURCE_VALUE, DIM_COUNT},
    {"sql", "text",         SOURCE_VALUE, DIM_TEXT},   {"sql", "*",           SOURCE_VALUE, DIM_ANY},
    {"cmd", "",             SOURCE_PROBE, DIM_BOOL},   {"cmd", "exit",        SOURCE_VALUE, DIM_COUNT},
    {"cmd", "out",          SOURCE_VALUE, DIM_TEXT},   {"cmd", "err",         SOURCE_VALUE, DIM_TEXT},
    {"cmd", "elapsed",      SOURCE_VALUE, DIM_TIME},   {"cmd", "passed",      SOURCE_VALUE, DIM_COUNT},
    {"cmd", "failed",       SOURCE_VALUE, DIM_COUNT},  {"cmd", "skipped",     SOURCE_VALUE, DIM_COUNT},
    {"cmd", "total",        SOURCE_VALUE, DIM_COUNT},  {"cmd", "percent",     SOURCE_VALUE, DIM_RATIO},
    {"cmd", "failures",     SOURCE_ROWS,  DIM_ROWS},   {"cmd", "json",        SOURCE_VALUE, DIM_ANY},
    {"log", "",             SOURCE_LOG,   DIM_COUNT},  {"logpatterns", "",    SOURCE_ROWS,  DIM_ROWS},
    {"unit", "",            SOURCE_PROBE, DIM_BOOL},   {"unit", "active",     SOURCE_VALUE, DIM_BOOL},
    {"unit", "state",       SOURCE_VALUE, DIM_TEXT},   {"unit", "starts_failed", SOURCE_EVENTS, DIM_COUNT},
    {"unit", "crashes",     SOURCE_EVENTS, DIM_COUNT}, {"unit", "restarts",   SOURCE_EVENTS, DIM_COUNT},
    {"unit", "memory",      SOURCE_VALUE, DIM_BYTES},  {"unit", "cpu",        SOURCE_VALUE, DIM_RATIO},
    {"proc", "",            SOURCE_PROBE, DIM_BOOL},   {"proc", "rss",        SOURCE_VALUE, DIM_BYTES},
    {"proc", "fds",         SOURCE_VALUE, DIM_COUNT},  {"proc", "threads",    SOURCE_VALUE, DIM_COUNT},
    {"proc", "cpu",         SOURCE_VALUE, DIM_RATIO},
    {"cgroup", "memory",    SOURCE_VALUE, DIM_BYTES},  {"cgroup", "memory_max", SOURCE_VALUE, DIM_BYTES},
    {"cgroup", "oom_kills", SOURCE_EVENTS, DIM_COUNT}, {"cgroup", "cpu",      SOURCE_VALUE, DIM_RATIO},
    {"cgroup", "exists",    SOURCE_VALUE, DIM_BOOL},   {"cgroup", "processes", SOURCE_VALUE, DIM_COUNT},
    {"disk", "free",        SOURCE_VALUE, DIM_BYTES},  {"disk", "used",       SOURCE_VALUE, DIM_BYTES},
    {"disk", "size",        SOURCE_VALUE, DIM_BYTES},  {"disk", "used_share", SOURCE_VALUE, DIM_RATIO},
    {"disk", "inodes_free", SOURCE_VALUE, DIM_COUNT},
    {"file", "",            SOURCE_ROWS,  DIM_ROWS},   {"file", "exists",     SOURCE_VALUE, DIM_BOOL},
    {"file", "size",        SOURCE_VALUE, DIM_BYTES},  {"file", "age",        SOURCE_VALUE, DIM_TIME},
    {"file", "text",        SOURCE_VALUE, DIM_TEXT},   {"file", "json",       SOURCE_VALUE, DIM_ANY},
    {"tcp", "",             SOURCE_PROBE, DIM_BOOL},   {"tcp", "up",         SOURCE_VALUE, DIM_BOOL},
    {"tcp", "latency",      SOURCE_VALUE, DIM_TIME},
    {"tls", "",             SOURCE_PROBE, DIM_BOOL},   {"tls", "expires_in",  SOURCE_VALUE, DIM_TIME},
    {"tls", "not_after",    SOURCE_VALUE, DIM_MOMENT}, {"tls", "valid",       SOURCE_VALUE, DIM_BOOL},
    {"tls", "issuer",       SOURCE_VALUE, DIM_TEXT},
    {"env", "",             SOURCE_SET,   DIM_SET},
    {"flag", "value",       SOURCE_VALUE, DIM_ANY},    {"flag", "variant",    SOURCE_VALUE, DIM_TEXT},
    {"flag", "share_on",    SOURCE_VALUE, DIM_RATIO},  {"flag", "version",    SOURCE_VALUE, DIM_COUNT},
    {"snapshot", "",        SOURCE_ROWS,  DIM_ROWS},   {"snapshot", "result", SOURCE_VALUE, DIM_TEXT},
    {"snapshot", "identical", SOURCE_VALUE, DIM_COUNT}, {"snapshot", "within", SOURCE_VALUE, DIM_COUNT},
    {"snapshot", "changed", SOURCE_VALUE, DIM_COUNT},  {"snapshot", "null_mismatch", SOURCE_VALUE, DIM_COUNT},
    {"snapshot", "added",   SOURCE_VALUE, DIM_COUNT},  {"snapshot", "removed", SOURCE_VALUE, DIM_COUNT},
    {"snapshot", "moved",   SOURCE_VALUE, DIM_COUNT},  {"snapshot", "not_evaluated", SOURCE_VALUE, DIM_COUNT},
    {"snapshot", "changed_share", SOURCE_VALUE, DIM_RATIO},
    {"audit", "",           SOURCE_ROWS,  DIM_ROWS},   {"audit", "score",     SOURCE_VALUE, DIM_RATIO},
    {"audit", "status",     SOURCE_VALUE, DIM_TEXT},   {"audit", "failed",    SOURCE_VALUE, DIM_COUNT},
    {"audit", "evaluated",  SOURCE_VALUE, DIM_COUNT},  {"audit", "total",     SOURCE_VALUE, DIM_COUNT},
    {"audit", "rows",       SOURCE_VALUE, DIM_COUNT},
    {"tickets", "",         SOURCE_EVENTS, DIM_COUNT}, {"events", "",         SOURCE_EVENTS, DIM_COUNT},
    {"alertmanager", "",    SOURCE_ROWS,  DIM_ROWS},   {"alertmanager", "firing", SOURCE_VALUE, DIM_COUNT},
    {"alertmanager", "truncated", SOURCE_VALUE, DIM_COUNT}, {"alertmanager", "age", SOURCE_VALUE, DIM_TIME},
};
/* clang-format on */

/* What follows a member of these is a path inside it. */
static bool member_has_path(const struct rule_member *m)
{
    return sv_eq(sv_from(m->member), SV("json")) || sv_eq(sv_from(m->member), SV("header"));
}

const struct rule_member *rule_member_find(const struct sv *parts, size_t n, bool *is_prefix)
{
    struct sv member = n > 2 ? parts[2] : SV("");

    *is_prefix = false;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const struct rule_member *m = &members[i];

        if (!sv_is(parts[0], m->prefix))
            continue;
        *is_prefix = true;
        if (n < 2 || (n > 3 && !member_has_path(m)))
            continue;
        if (sv_is(member, m->member) || (m->member[0] == '*' && member.n))
            return m;
    }
    return NULL;
}

struct sv rule_event_own(size_t i)
{
    static const struct sv kinds[] = {SV("deploy"), SV("flag_toggle"), SV("incident"),
                                      SV("rollback")};

    return i < ARRAY_LEN(kinds) ? kinds[i] : (struct sv){NULL, 0};
}

bool rule_event_is_own(struct sv kind)
{
    for (size_t i = 0; rule_event_own(i).p; i++)
        if (sv_eq(kind, rule_event_own(i)))
            return true;
    return false;
}

struct sv rule_member_nearest(struct sv prefix, struct sv member)
{
    struct suggest near = suggest_begin(member);

    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (sv_eq(sv_from(members[i].prefix), prefix))
            suggest_offer(&near, sv_from(members[i].member));
    return near.best;
}

/* Of these the whole answer is known, and lists in it are rows. */
static bool member_has_lists(struct sv prefix)
{
    return sv_is(prefix, "http") || sv_is(prefix, "cmd") || sv_is(prefix, "file");
}

bool rule_name_is_fed(const struct expr *name)
{
    const struct rule_member *m;
    bool is_prefix;

    if (name->source != SOURCE_ROWS)
        return true;
    m = rule_member_find(name->parts, name->n_parts, &is_prefix);
    if (!m)
        return false; /* a metric: it has no rows */
    if (name->n_parts == 2)
        return (m->kind == SOURCE_ROWS || m->kind == SOURCE_SET) && !sv_is(name->parts[0], "http");
    return m->kind == SOURCE_ROWS ||
           (member_has_lists(name->parts[0]) && sv_is(name->parts[2], "json"));
}

bool rule_name_is_spell(const struct expr *name)
{
    return name->n_parts == 3 && sv_is(name->parts[0], "http") &&
           sv_is(name->parts[2], "down_time");
}

void rule_member_list(struct sv prefix, struct strbuf *out)
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const struct rule_member *m = &members[i];

        if (sv_eq(prefix, sv_from(m->prefix)) && m->member[0])
            strbuf_addf(out, "%s.%s%s", n++ ? ", " : "", m->member[0] == '*' ? "COLUMN" : m->member,
                        member_has_path(m) ? ".PATH" : "");
    }
    if (!n)
        strbuf_add_str(out, "none");
}

size_t rule_bound_parts(const struct expr *name)
{
    bool is_prefix;

    (void)rule_member_find(name->parts, name->n_parts, &is_prefix);
    return is_prefix && name->n_parts > 1 ? 2 : name->n_parts;
}
