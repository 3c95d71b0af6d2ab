/*
 * Sign-offs of the document: who signs before the deployment approves it, who signs after it accepts it.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "plan/make_int.h"

/* The topmost part of the sign-off that the step belongs to; RB_NONE: to none. */
static uint32_t sign_section(const struct make *m, const struct rb_step *s)
{
    uint32_t found = RB_NONE;

    for (uint32_t p = s->part; p != RB_NONE && m->rb->parts[p].role == ROLE_SIGN_OFF;
         p = m->rb->parts[p].parent)
        found = p;
    return found;
}

static bool sign_deploys(const struct make *m, uint32_t step)
{
    const struct rb_step *s = &m->rb->steps[step];

    return make_is_forward(m, s) &&
           (s->part == RB_NONE || m->rb->parts[s->part].role == ROLE_DEPLOY);
}

/* The first and the last step that deploys; false: none does. */
static bool sign_deployment(const struct make *m, uint32_t *first, uint32_t *last)
{
    *first = RB_NONE;
    for (uint32_t i = 0; i < m->rb->n_steps; i++)
        if (sign_deploys(m, i)) {
            *first = *first == RB_NONE ? i : *first;
            *last = i;
        }
    return *first != RB_NONE;
}

/* "Approvals", "Pre-deployment sign-off": given for what is to be done, wherever it stands. */
static bool sign_is_ahead(const struct make *m, uint32_t section)
{
    CLEANUP(regex_freep)
    struct regex *r = regex_must("approv|\\bpre[- ]|\\bbefore\\b|prior to|authori[sz]|go[- ]ahead|"
                                 "freigabe|genehmig|承認|事前|批准|审批|autorisation",
                                 REGEX_NOCASE);

    return section != RB_NONE && regex_has(r, m->rb->parts[section].title);
}

void make_order(struct make *m)
{
    uint32_t first = RB_NONE, last = RB_NONE, section = RB_NONE;
    bool ahead = false;

    m->signs = ARENA_NEWN(m->arena, enum make_sign, m->rb->n_steps);
    (void)sign_deployment(m, &first, &last); /* none: all stands before it */
    for (uint32_t i = 0; i < m->rb->n_steps; i++) {
        uint32_t own = sign_section(m, &m->rb->steps[i]);

        m->signs[i] = SIGN_NONE;
        if (own == RB_NONE)
            continue;
        if (own != section)
            ahead = first != RB_NONE && i > last && sign_is_ahead(m, own);
        section = own;
        m->signs[i] = ahead ? SIGN_AHEAD : first == RB_NONE || i < first ? SIGN_BEFORE : SIGN_AFTER;
    }
    m->first_deploy = first;
}

/* "Approved By", "Signature": anybody who may approve. */
static struct sv sign_role(struct sv name)
{
    static const struct sv nobody[] = {
        SV("approved by"),   SV("approved"),       SV("approver"),    SV("approval"),
        SV("signed by"),     SV("signed off by"),  SV("sign-off by"), SV("sign-off"),
        SV("signed"),        SV("authorized by"),  SV("signature"),   SV("released by"),
        SV("authorised by"), SV("freigabe durch"), SV("承認者")};

    for (size_t i = 0; i < ARRAY_LEN(nobody); i++)
        if (sv_eq_nocase(name, nobody[i]))
            return (struct sv){NULL, 0};
    return name;
}

bool make_accepts(const struct make *m, uint32_t step)
{
    return m->rb->steps[step].kind == STEP_APPROVAL && m->signs[step] == SIGN_AFTER;
}

void make_approval(const struct make *m, uint32_t step, json_t *out, json_t *action)
{
    const struct rb_step *s = &m->rb->steps[step];
    struct sv role = {NULL, 0};

    for (size_t i = 0; i < m->rb->n_signers; i++)
        if (m->rb->signers[i].line == s->line && sv_eq(m->rb->signers[i].name, s->text))
            role = sign_role(s->text);
    if (role.n)
        json_put_sv(action, "role", role);
    json_put_str(out, "kind", make_accepts(m, step) ? "manual" : "approval");
}
