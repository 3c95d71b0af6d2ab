#include "cli/tell.h"

#include "base/json.h"
#include "cli/command.h"
#include "cli/term.h"
#include "store/event.h"

void tell_done(const struct cli *c, int64_t run, const struct told *t)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), next = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();
    struct event_run_text name = event_run_text(run);

    if (t->verb)
        strbuf_addf(&next, "prusik %s %s", t->verb, name.s);
    if (c->json) {
        json_put_str(j, "run", name.s);
        json_put_str(j, "changed", t->changed);
        json_put_sv(j, "next", strbuf_sv(&next));
        json_write_pretty(j, &b);
        strbuf_add_byte(&b, '\n');
    } else {
        strbuf_addf(&b, "%s %s%s", name.s, t->text, next.n ? "; go on with: " : "");
        command_add(&b, strbuf_sv(&next));
        strbuf_add_byte(&b, '\n');
    }
    term_write(&b);
}
