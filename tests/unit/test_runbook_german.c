/* runbook/german: limits, sentences that decide and what people are told, in German. */
#include "runbook/german.h"

#include "runbook_want.h"

T(limits_are_read_in_german_words_and_order)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"Antwortzeit P95 unter 800 ms", "Antwortzeit P95 below 800 ms"},
        {"Fehlerrate länger als 5 Minuten über 5 % liegt", "Fehlerrate above 5 % for 5 minutes"},
        {"Fehlerrate für mindestens 2 Stunden größer als 0,5%",
         "Fehlerrate more than 0.5% for 2 hours"},
        {"Fehlerrate > 0,5 %", "Fehlerrate > 0.5 %"},
        {"höchstens 30 Sekunden", "at most 30 seconds"},
        {"Informieren Sie über Slack unter anderem das Team", NULL},
        {"für alle Kunden", NULL},
        {"länger als sonst", NULL},
        {"länger als zwei Minuten", NULL},
        {"für 5 Kunden mehr als sonst", NULL},
        {"more than 1,000 ms", NULL},
        {"a, b", NULL},
        {"error rate > 5%", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena = {0};
        struct sv got = german_phrase(sv_from(rows[i].text), &arena);

        if (!sv_eq(got, sv_from(rows[i].want ? rows[i].want : rows[i].text)))
            T_FAIL("'%s' is '%.*s'", rows[i].text, SV_FMT(got));
        arena_release(&arena);
    }
}

T(sentences_that_roll_back_are_rules)
{
    want_rules(
        "# R\n## Überwachung\nWenn die Fehlerrate länger als 5 Minuten über 5 % liegt, muss zurückgerollt werden.\n",
        "rollback when error_rate[1m] > 5% min 100 samples for 5m");
    want_rules(
        "# R\n## Überwachung\nFalls die Fehlerrate über 5 % steigt oder die Antwortzeit P95 über 2 Sekunden liegt, Rollback einleiten.\n",
        "rollback when error_rate[1m] > 5% min 100 samples|rollback when p95(response_time)[5m] > 2s min 100 samples");
    want_rules(
        "# R\n## Überwachung\nWenn die Fehlerrate über 5 % liegt und die Latenz hoch ist, wird zurückgerollt.\n",
        "?");
    want_rules(
        "# R\n## Überwachung\nWenn die Fehlerrate über 5 % liegt, ist kein Rollback nötig. Wenn es regnet, Rollback.\n",
        "?");
    want_rules("# R\n## Überwachung\n- Antwortzeit P95 unter 800 ms\n",
               "expect p95(response_time)[5m] < 800ms else investigate");
}

T(what_is_no_decision_or_says_more_is_none)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"Wenn die Fehlerrate unter 5 % liegt, darf auf keinen Fall zurückgerollt werden.", ""},
        {"Wenn die Fehlerrate über 5 % liegt, wird niemals zurückgerollt.", ""},
        {"Sobald die Fehlerrate unter 1 % liegt, ist der Rollback abgeschlossen.", "?"},
        {"Wenn die Fehlerrate über 5 % liegt, kann der DBA entscheiden, ob zurückgerollt wird.",
         "?"},
        {"Wenn die Fehlerrate über 5 % liegt, es sei denn der Batch läuft, muss zurückgerollt werden.",
         "?"},
        {"Wenn die Fehlerrate nur auf dem Canary über 5 % liegt, muss zurückgerollt werden.", "?"},
        {"Wenn die Fehlerrate mehr als 5 Minuten über 5 % liegt, muss zurückgerollt werden.", "?"},
        {"Wenn die Fehlerrate seit 5 Minuten über 5 % liegt, muss zurückgerollt werden.", "?"},
        {"Wenn die Fehlerrate über 5 % liegt, den DBA anrufen.",
         "[investigate when error_rate[1m] > 5% min 100 samples]"},
        {"Wenn die Antwortzeit über 1.500 ms liegt, muss zurückgerollt werden.", "?"},
    };
    static const struct {
        const char *bullet, *trigger, *expectation;
    } bullets[] = {
        {"Fehlerrate unter 5 % und CPU unter 90 %", "?",
         "expect error_rate[5m] < 5% else investigate|expect cpu < 90% else investigate"},
        {"Fehlerrate über 5 % oder CPU über 90 %",
         "rollback when error_rate[1m] > 5% min 100 samples|rollback when cpu > 90%", NULL},
        {"Fehlerrate nicht unter 5 %", "?", NULL},
        {"Fehlerrate steigt nicht über 1 %", "?", NULL},
        {"Fehlerrate über 5 Minuten über 5 %", "?", NULL},
        {"Fehlerrate über 5 % außer nachts", "?", NULL},
        {"Fehlerrate länger als fünf Minuten über 5 %", "?", NULL},
        {"Antwortzeit unter 2 Sekunden und CPU unter 80 %", "?",
         "expect avg(response_time)[5m] < 2s else investigate|expect cpu < 80% else investigate"},
        {"Error rate on nodes 1,2 > 5 %", "?", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "# R\n## Überwachung\n%s\n", rows[i].text);
        want_rules(strbuf_str(&text), rows[i].want);
    }
    for (size_t i = 0; i < ARRAY_LEN(bullets); i++) {
        want_bullet("Rollback Triggers", bullets[i].bullet, bullets[i].trigger);
        if (bullets[i].expectation)
            want_bullet("Monitoring", bullets[i].bullet, bullets[i].expectation);
    }
}

T(people_are_told_in_german)
{
    want_steps(
        "# R\n## Durchführung\nWarten Sie 5 Minuten, bis alle Sitzungen beendet sind.\n\nPrüfen Sie den Platz:\n" SH(
            "df -h /") "\nWerfen wir einen Blick darauf.\n\n- Wartungsmodus ausschalten: `rm wartung.flag`\n- Informieren Sie das Team.\n",
        "deploy [Warten Sie 5 Minuten, bis alle Sitzungen beendet sind.]|deploy df -h /|deploy rm wartung.flag|"
        "deploy [Informieren Sie das Team.]");
}

T(what_is_forbidden_in_german_is_a_remark)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "# R\n## Durchführung\n**Achtung:** Diesen Befehl niemals zweimal ausführen!\n" SH("./go"));
    T_EQ(r.rb.n_steps, 1);
    T_EQ(r.rb.n_remarks, 1);
    T_EQ(r.rb.remarks[0].line, 3);
    reading_done(&r);
    read_text(
        &r,
        "# R\n## Durchführung\n1. Den Dienst, der niemals endet, stoppen\n   ```sh\n   ./stop\n   ```\n"
        "- [ ] Prüfen, dass der Job auf keinen Fall läuft\n\nVerwenden Sie niemals root.\n");
    T_EQ(r.rb.n_steps, 2);
    T_EQ(r.rb.n_remarks, 1);
    reading_done(&r);
    read_text(&r, "# R\n## Release\n**Danger:** do not execute: `systemctl stop db`\n" SH("./go"));
    T_EQ(r.rb.n_steps, 1);
    T_EQ(r.rb.n_remarks, 1);
    reading_done(&r);
    read_text(&r, "# R\n## Release\n**Warning:** Never run this twice!\n" SH(
                      "./go") "**Contact:** Never mind\n");
    T_EQ(r.rb.n_remarks, 1);
}

T(how_long_it_is_watched_is_a_checkpoint)
{
    want_rules("# R\n## Monitoring\nWatch the error dashboards for 30 minutes.\n",
               "[checkpoint T+30m]");
    want_rules("# R\n## Monitoring\nWatch out for errors.\n", "");
}

T_MAIN(T_CASE(limits_are_read_in_german_words_and_order),
       T_CASE(sentences_that_roll_back_are_rules), T_CASE(what_is_no_decision_or_says_more_is_none),
       T_CASE(people_are_told_in_german), T_CASE(what_is_forbidden_in_german_is_a_remark),
       T_CASE(how_long_it_is_watched_is_a_checkpoint))
