/*
 * May it be touched at all?  A rehearsal is refused when a step is not known to stay within what is scratch.
 */
#include "base/ident.h"
#include "base/sv.h"
#include "cli/rehearsal.h"

static bool rehearsal_names(const struct sv *v, size_t n, struct sv name)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eq(v[i], name))
            return true;
    return false;
}

static enum err_code rehearsal_refuse(const struct plan_step *s, const char *hint, struct err *err,
                                      const char *fmt, ...) PRINTF_LIKE(4, 5);
static enum err_code rehearsal_refuse(const struct plan_step *s, const char *hint, struct err *err,
                                      const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    (void)err_set(err, ERR_REFUSED, "step %.*s (line %zu) %s", SV_FMT(s->id), s->line,
                  strbuf_str(&text));
    return err_hint(err, "%s", hint);
}

/* A value of the environment that the rehearsal stands for is met: then it is not scratch that is touched. */
static enum err_code rehearsal_check_values(const struct binding_rehearse *b,
                                            const struct plan_step *s, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf action = STRBUF(0);

    json_write(s->action, &action);
    for (size_t i = 0; i < b->replaced.n; i++)
        if (sv_has(strbuf_sv(&action), b->replaced.v[i].value))
            return rehearsal_refuse(
                s, "use the variable in the document, so that a rehearsal can replace it", err,
                "names '%.*s' itself, which is %.*s of %.*s", SV_FMT(b->replaced.v[i].value),
                SV_FMT(b->replaced.v[i].name), SV_FMT(b->production));
    return ERR_OK;
}

static enum err_code rehearsal_check_host(const struct binding_rehearse *b, struct sv host,
                                          const struct plan_step *s, struct err *err)
{
    if (rehearsal_names(b->hosts.v, b->hosts.n, host))
        return ERR_OK;
    return rehearsal_refuse(s, "rehearse: {hosts: [NAME]} says that a host is scratch", err,
                            "runs on host '%.*s', of which nothing says that it is scratch",
                            SV_FMT(host));
}

static bool rehearsal_is_own_process(const struct plan *p, struct sv service)
{
    for (size_t i = 0; i < p->n_services; i++)
        if (sv_eq(p->services[i].name, service))
            return sv_eq(p->services[i].manager, SV("process"));
    return false;
}

/* Services of this machine's managers have no copy; a process of the binding has a folder of its own. */
static enum err_code rehearsal_check_service(const struct rehearsal *r, const struct plan_step *s,
                                             struct err *err)
{
    const struct binding_rehearse *b = &r->l.b.rehearse;
    struct sv service = json_get_sv(s->action, "service");

    if (!sv_eq(s->effect, SV("service")))
        return ERR_OK;
    if (service.n && rehearsal_is_own_process(&r->l.plan, service))
        return ERR_OK;
    for (size_t i = 0; i < b->services.n; i++)
        if (service.n ? sv_eq(b->services.v[i], service)
                      : sv_has_word(s->command, b->services.v[i]))
            return ERR_OK;
    return rehearsal_refuse(s, "rehearse: {services: [NAME]} says that a service is scratch", err,
                            "changes a service of this machine, of which nothing says that it is "
                            "scratch");
}

static enum err_code rehearsal_check_step(const struct rehearsal *r, const struct plan_step *s,
                                          struct err *err)
{
    const struct binding_rehearse *b = &r->l.b.rehearse;

    if (s->skip.n)
        return ERR_OK;
    if (rehearsal_check_values(b, s, err) != ERR_OK || rehearsal_check_service(r, s, err) != ERR_OK)
        return err->code;
    if (s->address.n && rehearsal_check_host(b, s->host, s, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < s->n_on; i++)
        if (s->on[i].address.n && rehearsal_check_host(b, s->on[i].host, s, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* What steps use without naming it: a service's folder, a variable made of another one. */
static enum err_code rehearsal_check_rest(const struct rehearsal *r, struct err *err)
{
    static const char *const keys[] = {"env", "services", "maintenance", "workdir", "watch"};
    const struct binding_rehearse *b = &r->l.b.rehearse;

    for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        const json_t *part = json_object_get(r->l.plan.json, keys[k]);

        if (part)
            json_write(part, &text);
        for (size_t i = 0; i < b->replaced.n; i++) {
            if (!sv_has(strbuf_sv(&text), b->replaced.v[i].value))
                continue;
            (void)err_set(err, ERR_REFUSED, "%s: '%s' names '%.*s' itself, which is %.*s of %.*s",
                          r->l.b.path, keys[k], SV_FMT(b->replaced.v[i].value),
                          SV_FMT(b->replaced.v[i].name), SV_FMT(b->production));
            return err_hint(err, "write $%.*s there, or give it a value under rehearse: {env: ...}",
                            SV_FMT(b->replaced.v[i].name));
        }
    }
    return ERR_OK;
}

/* The binding lies beside the document on the machine that people use, too, where its units have the same names. */
static enum err_code rehearsal_check_machine(const struct binding *b, struct err *err)
{
    const struct binding_rehearse *r = &b->rehearse;
    struct ident_text host = ident_host();

    if (r->machine.n && !sv_eq(r->machine, sv_from(host.s)))
        return err_set(err, ERR_REFUSED,
                       "%s: the rehearsal is for machine '%.*s', and this is '%s'", b->path,
                       SV_FMT(r->machine), host.s);
    if (r->machine.n || !r->services.n)
        return ERR_OK;
    (void)err_set(err, ERR_REFUSED, "%s: services are said to be scratch, and not on which machine",
                  b->path);
    return err_hint(err, "if it is this one: rehearse: {machine: %s}", host.s);
}

enum err_code rehearsal_check(const struct rehearsal *r, struct err *err)
{
    const struct plan *p = &r->l.plan;

    assert(!sv_eq(p->environment, r->l.b.rehearse.production)); /* as the binding has refused */
    if (!p->n_way_back)
        return err_set(err, ERR_REFUSED, "%.*s has no way back that could be rehearsed",
                       SV_FMT(p->document));
    if (rehearsal_check_machine(&r->l.b, err) != ERR_OK || rehearsal_check_rest(r, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < p->n_steps; i++)
        if (rehearsal_check_step(r, &p->steps[i], err) != ERR_OK)
            return err->code;
    for (size_t i = 0; i < p->n_way_back; i++)
        if (rehearsal_check_step(r, &p->way_back[i], err) != ERR_OK)
            return err->code;
    return ERR_OK;
}
