/* Which half of a sentence says when the other half is done. */
#include "base/strbuf.h"
#include "base/sv.h"
#include "runbook/clause.h"
#include "runbook_want.h"

#define DEPLOY "# R\n## Deploy"

T(a_sentence_begins_with_when_it_is_done)
{
    static const struct {
        const char *text, *when, *main;
    } rows[] = {
        {"If the exporter is on, restart it.", "If the exporter is on", "restart it."},
        {"NOTE: Only if `a, b` is set, drop it.", "Only if `a, b` is set", "drop it."},
        {"Im Fehlerfall den Dienst zurücksetzen.", "Im Fehlerfall", "den Dienst zurücksetzen."},
        {"Im Fehlerfallbuch steht es.", "", ""},
        {"Nur wenn sich das Schema geändert hat, migrieren.",
         "Nur wenn sich das Schema geändert hat", "migrieren."},
        {"⚠️ Achtung: Falls nötig, neu starten.", "Falls nötig", "neu starten."},
        {"En cas d'échec, restaurer la base.", "En cas d'échec", "restaurer la base."},
        {"Uniquement si le cache est plein, le vider.", "Uniquement si le cache est plein",
         "le vider."},
        {"En caso de fallo: restaurar.", "En caso de fallo", "restaurar."},
        {"Solo usar si la tabla está dañada.", "Solo usar si la tabla está dañada", ""},
        {"Somente se o índice sumiu, recrie-o.", "Somente se o índice sumiu", "recrie-o."},
        {"Em caso de falha, volte.", "Em caso de falha", "volte."},
        {"失敗した場合は以下を実行する。", "失敗した場合は", "以下を実行する。"},
        {"エラーが出たら、戻す。", "エラーが出たら", "戻す。"},
        {"必要に応じてキャッシュを消す", "必要に応じて", "キャッシュを消す"},
        {"如果队列不为空，清空它。", "如果队列不为空", "清空它。"},
        {"若干服务需要重启，稍等。", "", ""},
        {"Restart it if it hangs.", "", ""},
        {"Set it to 5.", "", ""},
        {"Wenn alles steht", "Wenn alles steht", ""},
        {"", "", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv main, when = clause_when(sv_from(rows[i].text), &main);

        if (!sv_eq(when, sv_from(rows[i].when)) || !sv_eq(main, sv_from(rows[i].main)))
            T_FAIL("'%s': when '%.*s', main '%.*s'", rows[i].text, SV_FMT(when), SV_FMT(main));
    }
}

T(a_sentence_right_above_a_block_says_when_it_is_run)
{
    static const struct {
        const char *label, *want;
    } rows[] = {
        {"If the exporter is enabled, follow this step to upgrade it as well.",
         "If the exporter is enabled"},
        {"If it is in another namespace, update the manifest with `sed`.",
         "If it is in another namespace"},
        {"Nur wenn sich das Schema geändert hat, die Migration starten.",
         "Nur wenn sich das Schema geändert hat"},
        {"Im Fehlerfall den Dienst zurücksetzen.", "Im Fehlerfall"},
        {"En cas d'échec, restaurer la base.", "En cas d'échec"},
        {"Solo si el índice no existe, créalo.", "Solo si el índice no existe"},
        {"Em caso de falha, restaure o volume:", "Em caso de falha"},
        {"Apenas em homologação:", "Apenas em homologação"},
        {"En préproduction seulement :", "En préproduction seulement"},
        {"Lancer la migration uniquement si le schéma a changé :",
         "uniquement si le schéma a changé"},
        {"Den Cache leeren, sofern er läuft:", "sofern er läuft"},
        {"Alternativ geht das Skript:", "Alternativ geht das Skript"},
        {"Only the on-call lead may run:", "Only the on-call lead may run"},
        {"Somente se o cache estiver corrompido, limpe-o.",
         "Somente se o cache estiver corrompido"},
        {"失敗した場合は以下を実行してください。", "失敗した場合は"},
        {"本番環境のみ：", "本番環境のみ"},
        {"如果索引不存在，创建它。", "如果索引不存在"},
        {"If the lag stays, call the DBA.", ""},
        {"If the lag stays, stop here.", ""},
        {"Wenn das nicht hilft, den DBA anrufen.", ""},
        {"Si le disque est plein, contactez l'astreinte.", ""},
        {"If it is on, wait for it. Restart the service.", ""},
        {"Restart the service.", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        CLEANUP(reading_done) struct reading r = {0};
        struct sv got;

        strbuf_addf(&md, DEPLOY SH("./a") "\n%s\n" SH("./b"), rows[i].label);
        read_text(&r, strbuf_str(&md));
        got = r.rb.n_steps ? r.rb.steps[r.rb.n_steps - 1].condition : SV("no steps");
        if (!sv_eq(got, sv_from(rows[i].want)))
            T_FAIL("'%s' is done '%.*s'", rows[i].label, SV_FMT(got));
    }
}

T(a_case_above_a_list_is_of_its_section_in_any_language)
{
    static const char *const labels[] = {"Se houve corrupção:", "Si un servicio no responde:",
                                         "Si la base est corrompue :", "如果数据损坏：",
                                         "データが壊れた場合は："};

    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        CLEANUP(reading_done) struct reading r = {0};

        strbuf_addf(&md, "# R\n## Resolution\n\n%s\n\n1. Stop: `docker stop api`\n", labels[i]);
        read_text(&r, strbuf_str(&md));
        if (!r.rb.n_parts || !r.rb.parts[1].condition.n)
            T_FAIL("'%s' is no condition", labels[i]);
    }
}

T(what_may_be_left_out_is_asked)
{
    static const char *const texts[] = {
        "This step is relevant only when upgrading from 1.2.",
        "You can skip this section if you have one node.",
        "> **Note:** If you use SQLite, skip this step.",
        "> [!NOTE]\n> Skip this step unless TLS is on.",
        "Dieser Schritt entfällt, wenn kein Cache läuft.",
        "Cette étape n'est pas nécessaire si le cache est vide.",
        "Este paso no es necesario si hay un solo nodo.",
        "Esta etapa só é necessária se houver réplicas; caso contrário, pule esta etapa.",
        "単一ノードの場合、この手順は不要です。",
        "> **注意：**\n>\n> 如果没有缓存，可跳过此步骤。",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        CLEANUP(reading_done) struct reading r = {0};

        strbuf_addf(&md, DEPLOY "\n### Flush the cache\n\n%s\n" SH("./flush"), texts[i]);
        read_text(&r, strbuf_str(&md));
        if (!r.rb.parts[2].condition.n && !r.rb.steps[0].condition.n)
            T_FAIL("'%s' is no condition", texts[i]);
    }
    want_steps(DEPLOY "\n\nDo not skip this step if you are in a hurry.\n" SH("./a"), "deploy ./a");
    want_steps(DEPLOY SH("./a") "\nThis step is not needed for one node.\n",
               "deploy ./a ?as it says: \"This step is not needed for one node\"");
    want_steps("# R\n\nYou can skip this section if you know it.\n\n## Deploy" SH("./a"),
               "deploy ./a");
    want_remarks_at(DEPLOY SH("./a") "\nIt is done.\n\nSkip this step if it is the first time.\n",
                    "0:Skip this step if it is the first time.");
}

T(waits_and_gates_of_other_languages_are_asked)
{
    static const char *const texts[] = {"Warten, bis keine Verbindung mehr offen ist.",
                                        "Nicht fortfahren, wenn der Dienst läuft.",
                                        "Attendre que la réplication soit à jour.",
                                        "Ne continuez pas si le retard augmente.",
                                        "Esperar a que el nodo vuelva.",
                                        "No continúe si hay errores.",
                                        "Aguarde até que a fila esteja vazia.",
                                        "Não prossiga se houver erros.",
                                        "遅延が0になるまで待つ。",
                                        "等待复制完成。"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0), want = STRBUF(0);

        strbuf_addf(&md, DEPLOY "\n\n%s\n" SH("systemctl stop shop"), texts[i]);
        strbuf_addf(&want, "deploy [%s]|deploy systemctl stop shop", texts[i]);
        want_steps(strbuf_str(&md), strbuf_str(&want));
    }
    want_steps(DEPLOY
               "\n\n1. Auf db1: Dienst stoppen, sofern er läuft.\n\n   ```sh\n   ./a\n   ```\n",
               "deploy ./a ?sofern er läuft");
    want_steps(DEPLOY
               "\n\nRestart each. Do not go on until the cluster is green again.\n" SH("./a"),
               "deploy [Do not go on until the cluster is green again.]|deploy ./a");
    want_steps(DEPLOY "\n\nWait until the traffic is drained.\n\n1. Stop: `systemctl stop a`\n",
               "deploy [Wait until the traffic is drained.]|deploy systemctl stop a");
    want_steps(DEPLOY "\n\n**IMPORTANT:** make sure that nobody writes any more.\n" SH("./a"),
               "deploy [IMPORTANT: make sure that nobody writes any more.]|deploy ./a");
}

T(a_wait_above_what_only_looks_is_asked_with_its_output)
{
    static const char *const items[] = {"Wait until the lag is 0.", "Warten, bis der Lag 0 ist.",
                                        "Attendre que la file soit vide.",
                                        "セッション数が0になるまで待機する。"};

    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0), want = STRBUF(0);

        strbuf_addf(&md, DEPLOY "\n\n1. %s\n\n   ```sh\n   ss -tn\n   ```\n", items[i]);
        strbuf_addf(&want, "0 ask:%s", items[i] + (i == 1 ? strlen("Warten, ") : 0));
        want_expects(strbuf_str(&md), strbuf_str(&want));
    }
    want_expects(DEPLOY "\n\n1. Look at the sessions.\n\n   ```sh\n   ss -tn\n   ```\n", "");
}

T(verbs_of_other_languages_tell_somebody)
{
    static const char *const texts[] = {"Vérifier que la sauvegarde est récente.",
                                        "Verifique se o backup terminou.",
                                        "Prüfen, ob die Sicherung lief.",
                                        "Répéter l'opération sur app2.",
                                        "バックアップが完了したことを確認する。",
                                        "检查磁盘空间。",
                                        "Avise o gerente de plantão."};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0), want = STRBUF(0);

        strbuf_addf(&md, DEPLOY "\n\n%s\n", texts[i]);
        strbuf_addf(&want, "deploy [%s]", texts[i]);
        want_steps(strbuf_str(&md), strbuf_str(&want));
    }
    want_steps(DEPLOY "\n\nPrévenez.\n" SH("./a"), "deploy ./a");
}

T(approvals_and_options_of_other_languages_are_some)
{
    CLEANUP(reading_done) struct reading r = {0};

    read_text(&r, DEPLOY "\n\nVor Beginn muss die Freigabe des Betriebs vorliegen.\n" SH(
                      "./a") "\n## Reversão\n\nSomente com autorização do gerente.\n" SH("./b"));
    T_EQ(r.rb.n_steps, 4u);
    T_EQ(r.rb.steps[0].kind, STEP_APPROVAL);
    T_EQ(r.rb.steps[2].kind, STEP_APPROVAL);
    want_steps(DEPLOY "\n\n- 升级过程中请勿重启服务器。\n" SH("./a"), "deploy ./a");
}

T(a_login_of_the_east_says_where)
{
    static const char *const items[] = {"web1 にログインし、止める。", "web1にSSH接続する。",
                                        "登录 web1，停止服务。", "登录到 web1"};

    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        CLEANUP(reading_done) struct reading r = {0};

        strbuf_addf(&md, DEPLOY "\n\n1. %s\n\n   ```sh\n   systemctl stop x\n   ```\n", items[i]);
        read_text(&r, strbuf_str(&md));
        if (!r.rb.n_steps || !sv_eq(r.rb.steps[0].host, SV("web1")))
            T_FAIL("'%s' is elsewhere", items[i]);
    }
}

T_MAIN(T_CASE(a_sentence_begins_with_when_it_is_done),
       T_CASE(a_sentence_right_above_a_block_says_when_it_is_run),
       T_CASE(a_case_above_a_list_is_of_its_section_in_any_language),
       T_CASE(what_may_be_left_out_is_asked),
       T_CASE(a_wait_above_what_only_looks_is_asked_with_its_output),
       T_CASE(verbs_of_other_languages_tell_somebody),
       T_CASE(approvals_and_options_of_other_languages_are_some),
       T_CASE(a_login_of_the_east_says_where), T_CASE(waits_and_gates_of_other_languages_are_asked))
