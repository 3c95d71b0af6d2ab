/* runbook/forbid: hosts that something must not be done to. */
#include "runbook_want.h"

/* "text" of each step that is asked about for it, joined by '|'. */
static void want_asked(const char *said, const char *body, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;
    size_t noted = 0, asked = 0;

    strbuf_addf(&text, "# R\n\n%s\n\n## Deployment\n%s", said, body);
    read_text(&r, strbuf_str(&text));
    for (size_t i = 0; i < r.rb.n_steps; i++) {
        const struct rb_step *s = &r.rb.steps[i];

        if (!sv_starts(s->condition, SV("although it says")))
            continue;
        strbuf_addf(&got, "%s%.*s", got.n ? "|" : "", SV_FMT(s->text));
        asked++;
    }
    for (size_t i = 0; i < r.rb.n_notes; i++)
        noted += r.rb.notes[i].kind == NOTE_FORBIDDEN;
    T_EQ(noted, asked);
    want_given(strbuf_str(&text), &got, want);
}

T(what_must_not_be_done_to_a_host_is_asked_about)
{
    static const char said[] = "Hosts which must not be rebooted: db01, db02";

    want_asked(said, "\nOn db01:" SH("apt-get -y upgrade\nreboot") "\nOn web1:" SH("reboot"),
               "reboot");
    want_asked(said, SH("ssh root@db02 reboot\nssh db03 reboot\nssh old-db01 reboot"),
               "ssh root@db02 reboot");
    want_asked("db01 must never be touched.", "\nOn db01:" SH("ls /srv\nsystemctl stop x"),
               "systemctl stop x");
    want_asked(
        said,
        SH("ssh DB01.example.com reboot\nssh my.db02.example.com reboot\nssh xdb01.example.com reboot"),
        "ssh DB01.example.com reboot|ssh my.db02.example.com reboot");
    want_asked("Reports must not be rebooted.", "\nOn db01:" SH("reboot"), "");
    want_asked("web/db01 must never be rebooted.", "\nOn db01:" SH("reboot"), "");
    want_asked("db01 must not be alone.", "\nOn db01:" SH("reboot"), "");
    want_asked("db01 must not be ", "\nOn db01:" SH("reboot"), "");
    want_asked("**db01** must never be rebooted.", "\nOn db01:" SH("reboot"), "reboot");
}

T(a_step_that_has_a_condition_keeps_it)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n\ndb01 must not be rebooted\n\n## Deployment\n\nOn db01:" SH(
                      "# If the kernel is new:\nreboot"));
    SAME(r.rb.steps[0].condition, "If the kernel is new");
    T_EQ(r.rb.n_remarks, 1);
}

T_MAIN(T_CASE(what_must_not_be_done_to_a_host_is_asked_about),
       T_CASE(a_step_that_has_a_condition_keeps_it))
