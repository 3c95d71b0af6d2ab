#include "runbook/clause.h"

#include <string.h>

#include "base/regex.h"
#include "base/words.h"

/* Words that a condition begins with, up to a comma. */
static const struct sv clause_fronts[] = {SV("if "),
                                          SV("only if "),
                                          SV("only when "),
                                          SV("unless "),
                                          SV("in case "),
                                          SV("in the event "),
                                          SV("falls "),
                                          SV("wenn "),
                                          SV("nur wenn "),
                                          SV("nur falls "),
                                          SV("sofern "),
                                          SV("sollte "),
                                          SV("sollten "),
                                          SV("si "),
                                          SV("s'il"),
                                          SV("s’il"),
                                          SV("seulement si "),
                                          SV("uniquement si "),
                                          SV("seulement en cas d"),
                                          SV("en cas d"),
                                          SV("dans le cas où "),
                                          SV("solo si "),
                                          SV("sólo si "),
                                          SV("solamente si "),
                                          SV("únicamente si "),
                                          SV("en caso de "),
                                          SV("se "),
                                          SV("somente se "),
                                          SV("apenas se "),
                                          SV("só se "),
                                          SV("em caso de "),
                                          SV("apenas em "),
                                          SV("somente em "),
                                          SV("só em "),
                                          SV("nur in "),
                                          SV("nur auf "),
                                          SV("nur für "),
                                          SV("solo en "),
                                          SV("sólo en "),
                                          SV("solamente en "),
                                          SV("uniquement en "),
                                          SV("uniquement sur "),
                                          SV("seulement en "),
                                          SV("caso "),
                                          SV("solo se "),
                                          SV("in caso di "),
                                          SV("jeśli "),
                                          SV("jeżeli "),
                                          SV("tylko jeśli "),
                                          SV("indien "),
                                          SV("alleen als "),
                                          SV("hvis "),
                                          SV("если "),
                                          SV("Если "),
                                          SV("Только если "),
                                          SV("Только для "),
                                          SV("Только на "),
                                          SV("В случае "),
                                          SV("только если "),
                                          SV("только для "),
                                          SV("только на "),
                                          SV("tylko dla "),
                                          SV("tylko na "),
                                          SV("nur bei "),
                                          SV("uniquement pour "),
                                          SV("seulement pour "),
                                          SV("solo para "),
                                          SV("sólo para "),
                                          SV("apenas para "),
                                          SV("somente para "),
                                          SV("в случае ")};

/* These say when by themselves: what is done may follow without a comma. */
static const struct sv clause_alone[] = {SV("im fehlerfall"),
                                         SV("im notfall"),
                                         SV("im störungsfall"),
                                         SV("im zweifel"),
                                         SV("bei bedarf"),
                                         SV("bei fehlern"),
                                         SV("bei einem fehler"),
                                         SV("bei problemen"),
                                         SV("bei störungen"),
                                         SV("falls nötig"),
                                         SV("wenn nötig"),
                                         SV("au besoin"),
                                         SV("si besoin"),
                                         SV("si nécessaire"),
                                         SV("en cas d'échec"),
                                         SV("en cas d’échec"),
                                         SV("en cas d'erreur"),
                                         SV("en cas d’erreur"),
                                         SV("en cas de problème"),
                                         SV("si es necesario"),
                                         SV("de ser necesario"),
                                         SV("en caso de fallo"),
                                         SV("en caso de error"),
                                         SV("en caso de problemas"),
                                         SV("se necessário"),
                                         SV("quando necessário"),
                                         SV("em caso de falha"),
                                         SV("em caso de erro"),
                                         SV("em caso de problemas"),
                                         SV("in case of failure"),
                                         SV("in case of errors"),
                                         SV("in case of problems"),
                                         SV("if needed"),
                                         SV("if necessary"),
                                         SV("if required"),
                                         SV("必要に応じて"),
                                         SV("必要であれば"),
                                         SV("必要なら"),
                                         SV("如有必要"),
                                         SV("如有需要"),
                                         SV("必要时")};

/* Anywhere in a sentence that is a condition as a whole: "Solo usar si la migración causó el problema". */
static const struct sv clause_only[] = {SV("use only if "),
                                        SV("use only when "),
                                        SV("nur verwenden, wenn "),
                                        SV("nur ausführen, wenn "),
                                        SV("nur nötig, wenn "),
                                        SV("à utiliser uniquement si "),
                                        SV("solo usar si "),
                                        SV("sólo usar si "),
                                        SV("usar solo si "),
                                        SV("usar sólo si "),
                                        SV("solo ejecutar si "),
                                        SV("ejecutar solo si "),
                                        SV("usar somente se "),
                                        SV("usar apenas se "),
                                        SV("use somente se "),
                                        SV("use apenas se "),
                                        SV("execute apenas se "),
                                        SV("execute somente se "),
                                        SV("場合のみ"),
                                        SV("ときのみ"),
                                        SV("場合に限"),
                                        SV("仅当"),
                                        SV(" seulement :"),
                                        SV(" uniquement :"),
                                        SV("只有在"),
                                        SV("仅在")};

/* Words of such a kind before a colon. */
static const struct sv clause_marks[] = {
    SV("note:"),     SV("warning:"),    SV("important:"),  SV("caution:"),   SV("attention:"),
    SV("tip:"),      SV("danger:"),     SV("hinweis:"),    SV("achtung:"),   SV("wichtig:"),
    SV("remarque:"), SV("nota:"),       SV("atención:"),   SV("atenção:"),   SV("cuidado:"),
    SV("aviso:"),    SV("importante:"), SV("precaución:"), SV("precaução:"), SV("PRECAUCIÓN:"),
    SV("ATENÇÃO:"),  SV("ATENCIÓN:"),   SV("注意:"),       SV("注意："),     SV("警告："),
    SV("重要："),    SV("补足："),      SV("説明：")};

struct sv clause_unmarked(struct sv text)
{
    size_t end;

    text = sv_trim(text);
    while (text.n > 1 && ((unsigned char)*text.p == 0xe2 || (unsigned char)*text.p == 0xf0)) {
        end = sv_find_byte(text, ' ', 0);
        if (end == SV_NPOS || end > 12) /* "→" alone, but not a word of signs */
            break;
        text = sv_trim(sv_sub(text, end, text.n));
    }
    for (end = 0; end < 16 && end < text.n && text.p[end] != ':'; end++)
        if (ascii_is_space(text.p[end]) || sv_starts(sv_sub(text, end, text.n), SV("：")))
            break;
    if (end == 16 || end == text.n || ascii_is_space(text.p[end]))
        return text; /* no word with a colon */
    for (size_t i = 0; i < ARRAY_LEN(clause_marks); i++)
        if (sv_eat_nocase(&text, clause_marks[i]))
            return sv_trim(text);
    return text;
}

/* Where the first half ends: at a comma or colon outside of code; SV_NPOS: nowhere. */
static size_t clause_comma(struct sv text, size_t *after)
{
    static const struct sv marks[] = {SV(", "), SV(": "), SV("，"), SV("、"), SV("："), SV("；")};
    bool code = false;

    for (size_t i = 0; i < text.n; i++) {
        code ^= text.p[i] == '`';
        if (code || !(strchr(",:", text.p[i]) || (unsigned char)text.p[i] >= 0xe3))
            continue;
        for (size_t k = 0; k < ARRAY_LEN(marks); k++)
            if (sv_starts(sv_sub(text, i, text.n), marks[k])) {
                *after = i + marks[k].n;
                return i;
            }
    }
    return SV_NPOS;
}

struct sv clause_bare(struct sv text)
{
    static const struct sv ends[] = {SV("："), SV("。"), SV("，"), SV("、")};

    text = sv_trim(text);
    while (text.n && strchr(":.,; ", text.p[text.n - 1]))
        text.n--;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(text, ends[i]))
            text.n -= ends[i].n;
    return text;
}

/* "失敗した場合は", "エラーが出たら、", "本番環境のみ：" */
static struct sv clause_of_japanese(struct sv text, struct sv *main)
{
    static const struct sv cases[] = {SV("場合は"), SV("場合に"), SV("場合、"), SV("場合のみ"),
                                      SV("場合："), SV("時のみ"), SV("たら、"), SV("れば、"),
                                      SV("なら、"), SV("際は、")};
    size_t best = SV_NPOS, n = 0;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t at = sv_find(text, cases[i], 0);

        if (at < best && at > 0) {
            best = at;
            n = cases[i].n;
        }
    }
    if (best == SV_NPOS)
        return (struct sv){NULL, 0};
    *main = sv_trim(sv_sub(text, best + n, text.n));
    (void)(sv_eat(main, SV("、")) || sv_eat(main, SV("：")) || sv_eat(main, SV(":")));
    return clause_bare(sv_sub(text, 0, best + n));
}

/* "如果结果为空，重启服务": up to the comma. */
static struct sv clause_of_chinese(struct sv text, struct sv *main)
{
    static const struct sv fronts[] = {SV("如果"), SV("若"), SV("如需"), SV("如有"), SV("仅当"),
                                       SV("只有"), SV("当"), SV("假如"), SV("倘若")};
    size_t after, end = SV_NPOS;

    for (size_t i = 0; i < ARRAY_LEN(fronts) && end == SV_NPOS; i++)
        if (sv_starts(text, fronts[i]) && !sv_starts(text, SV("若干")) &&
            !sv_starts(text, SV("当前")))
            end = clause_comma(text, &after);
    if (end == SV_NPOS)
        return (struct sv){NULL, 0};
    *main = sv_trim(sv_sub(text, after, text.n));
    return sv_sub(text, 0, end);
}

static bool clause_is_ascii(struct sv text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] >= 0xe3)
            return false;
    return true;
}

struct sv clause_when(struct sv sentence, struct sv *main)
{
    struct sv text = clause_unmarked(sentence), rest = text, found = {NULL, 0};
    size_t end, after = 0;

    *main = (struct sv){NULL, 0};
    if (!text.n)
        return found;
    if (REGEX_SAYS_ANY(text, clause_only))
        return clause_bare(text);
    if (!strchr("abcdefhijnoqstuwABCDEFHIJNOQSTUW", *text.p) && (unsigned char)*text.p < 0x80)
        return found; /* no front begins so */
    for (size_t i = 0; i < ARRAY_LEN(clause_alone); i++) {
        rest = text;
        if (!sv_eat_nocase(&rest, clause_alone[i]) || (rest.n && ascii_is_word(*rest.p)) ||
            sv_starts(rest, SV("间"))) /* "Bei Fehlernummer 3" */
            continue;
        *main = sv_trim(rest);
        (void)(sv_eat(main, SV(",")) || sv_eat(main, SV("、")) || sv_eat(main, SV("，")) ||
               sv_eat(main, SV(":")) || sv_eat(main, SV("：")));
        *main = sv_trim(*main);
        return sv_sub(text, 0, clause_alone[i].n);
    }
    if (!clause_is_ascii(text)) {
        found = clause_of_chinese(text, main);
        return found.n ? found : clause_of_japanese(text, main);
    }
    for (size_t i = 0; i < ARRAY_LEN(clause_fronts) && !found.n; i++)
        if (sv_starts_nocase(text, clause_fronts[i]))
            found = text;
    if (!found.n)
        return found;
    end = clause_comma(text, &after);
    if (end == SV_NPOS)
        return clause_bare(text);
    *main = sv_trim(sv_sub(text, after, text.n));
    return sv_trim(sv_sub(text, 0, end));
}

bool clause_is_english(struct sv when)
{
    static const struct sv fronts[] = {SV("if "),     SV("only if "),     SV("only when "),
                                       SV("unless "), SV("in case "),     SV("in the event "),
                                       SV("should "), SV("use only if "), SV("use only when ")};

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_starts_nocase(when, fronts[i]))
            return true;
    return false;
}

bool clause_is_only(struct sv sentence)
{
    return REGEX_SAYS_ANY(sentence, clause_only);
}

struct sv clause_trails(struct sv sentence)
{
    static const struct sv inside[] = {
        SV(" uniquement si "), SV(" seulement si "), SV(" seulement en cas d"), SV(" nur wenn "),
        SV(" nur falls "),     SV(", falls "),       SV(", sofern "),           SV(" solo si "),
        SV(" sólo si "),       SV(" solamente si "), SV(" únicamente si "),     SV(" somente se "),
        SV(" apenas se "),     SV(" solo se "),      SV(" tylko jeśli ")};

    if (!REGEX_SAYS_ANY(sentence, inside))
        return (struct sv){NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        size_t at = sv_find_nocase(sentence, inside[i], 0);

        if (at != SV_NPOS)
            return clause_bare(sv_sub(sentence, at + 1 + (sentence.p[at] == ','), sentence.n));
    }
    return (struct sv){NULL, 0}; /* uncovered: one of them was found */
}

bool clause_asks(struct sv sentence, bool *by_hand)
{
    static struct words looks = WORDS(
        "vérifier vérifiez contrôler contrôlez s'assurer assurez-vous verificar verifique verifica comprobar compruebe comprueba "
        "asegurarse asegúrese confirmar confirme certifique-se garantir prüfen prüfe überprüfen sicherstellen kontrollieren verificare sprawdź "
        "répéter répétez repetir repita wiederholen");
    static struct words hands = WORDS(
        "prévenir prévenez informer informez avertir contacter contactez appeler appelez avisar avise informar informe contactar "
        "contacte llamar llame comunicar comunique notificar notifique informieren benachrichtigen anrufen kontaktieren freigeben");
    static const struct sv east[] = {SV("を確認する"), SV("を確認してください"), SV("を確認します"),
                                     SV("に連絡する"), SV("に通知する"),         SV("に報告する"),
                                     SV("ことを確認")};
    static const struct sv china[] = {SV("检查"), SV("确认"),   SV("确保"),
                                      SV("通知"), SV("请检查"), SV("请确认")};
    struct sv text = clause_unmarked(sentence), rest = text, word;

    *by_hand = false;
    if (!sv_next_word(&rest, &word))
        return false;
    if (sv_ends(word, SV(",")))
        word.n--;
    if (rest.n && words_have(&looks, word))
        return true;
    *by_hand = rest.n && words_have(&hands, word);
    if (*by_hand || clause_is_ascii(text))
        return *by_hand;
    for (size_t i = 0; i < ARRAY_LEN(china); i++)
        if (sv_starts(text, china[i]))
            return true;
    return REGEX_SAYS_ANY(text, east);
}

/* --- what is left out, waited for --- */

static const struct sv clause_steps[] = {SV("this step"),
                                         SV("this section"),
                                         SV("this part"),
                                         SV("this procedure"),
                                         SV("this chapter"),
                                         SV("these steps"),
                                         SV("diesen schritt"),
                                         SV("dieser schritt"),
                                         SV("diesen abschnitt"),
                                         SV("dieser abschnitt"),
                                         SV("diese schritte"),
                                         SV("cette étape"),
                                         SV("cette section"),
                                         SV("ces étapes"),
                                         SV("este paso"),
                                         SV("esta sección"),
                                         SV("estos pasos"),
                                         SV("este passo"),
                                         SV("esta etapa"),
                                         SV("esta seção"),
                                         SV("estes passos"),
                                         SV("この手順"),
                                         SV("本手順"),
                                         SV("この作業"),
                                         SV("このステップ"),
                                         SV("本ステップ"),
                                         SV("この節"),
                                         SV("この章"),
                                         SV("此步骤"),
                                         SV("本步骤"),
                                         SV("该步骤"),
                                         SV("这一步"),
                                         SV("本节"),
                                         SV("此步"),
                                         SV("该步")};

/* What is said of them, with a condition. */
static const struct sv clause_skips[] = {SV("skip "),
                                         SV("omit "),
                                         SV("ignore "),
                                         SV("be skipped"),
                                         SV("be omitted"),
                                         SV("leave out "),
                                         SV("relevant only"),
                                         SV("only relevant"),
                                         SV("only needed"),
                                         SV("needed only"),
                                         SV("only required"),
                                         SV("required only"),
                                         SV("only necessary"),
                                         SV("only applies"),
                                         SV("applies only"),
                                         SV("only apply"),
                                         SV("is only for"),
                                         SV("not needed"),
                                         SV("not required"),
                                         SV("not necessary"),
                                         SV("not apply"),
                                         SV("entfällt"),
                                         SV("entfallen"),
                                         SV("überspr"),
                                         SV("nicht nötig"),
                                         SV("nicht notwendig"),
                                         SV("nicht erforderlich"),
                                         SV("nur "),
                                         SV("sautez"),
                                         SV("sauter"),
                                         SV("passez"),
                                         SV("ignorez"),
                                         SV("ignorer"),
                                         SV("uniquement"),
                                         SV("seulement"),
                                         SV("pas nécessaire"),
                                         SV("omit"),
                                         SV("salte"),
                                         SV("saltar"),
                                         SV("solo "),
                                         SV("sólo "),
                                         SV("únicamente"),
                                         SV("no es necesari"),
                                         SV("pule "),
                                         SV("pular"),
                                         SV("somente"),
                                         SV("apenas"),
                                         SV("não é necess"),
                                         SV("スキップ"),
                                         SV("不要"),
                                         SV("飛ば"),
                                         SV("省略"),
                                         SV("場合のみ"),
                                         SV("必要ありません"),
                                         SV("必要はありません"),
                                         SV("跳过"),
                                         SV("忽略"),
                                         SV("略过"),
                                         SV("无需"),
                                         SV("不需要"),
                                         SV("仅适用"),
                                         SV("只适用")};

static const struct sv clause_cases[] = {
    SV("if "),   SV("when "), SV("unless "), SV(" for "),    SV("wenn "),    SV("falls "),
    SV(" bei "), SV(" für "), SV("si "),     SV("s'il"),     SV("s’il"),     SV("lorsqu"),
    SV("se "),   SV("caso "), SV("cuando "), SV("quando "),  SV(" en cas "), SV("場合"),
    SV("とき"),  SV("時"),    SV("なら"),    SV("如果"),     SV("若"),       SV("仅"),
    SV("只"),    SV("的"),    SV("情况"),    SV("スキップ"), SV("跳过"),     SV("忽略")};

/* "Do not skip this step." */
static const struct sv clause_must[] = {
    SV("not skip"),   SV("n't skip"), SV("n’t skip"),      SV("never skip"), SV("not ignore"),
    SV("n't ignore"), SV("not omit"), SV("nicht überspr"), SV("sautez pas"), SV("pas sauter"),
    SV("no omit"),    SV("no salt"),  SV("no se salt"),    SV("não pul"),    SV("スキップしない"),
    SV("省略しない"), SV("请勿跳过"), SV("不要跳过"),      SV("不可跳过"),   SV("不能跳过")};

bool clause_leaves_out(struct sv sentence)
{
    static const struct sv these[] = {
        /* as all of them are called: most texts have none */
        SV("this "),  SV("these "), SV("diese"), SV("cette "), SV("ces "), SV("este "), SV("esta "),
        SV("estos "), SV("estes "), SV("この"),  SV("本"),     SV("此"),   SV("该"),    SV("这")};

    return REGEX_SAYS_ANY(sentence, these) && REGEX_SAYS_ANY(sentence, clause_steps) &&
           REGEX_SAYS_ANY(sentence, clause_skips) && REGEX_SAYS_ANY(sentence, clause_cases) &&
           !REGEX_SAYS_ANY(sentence, clause_must);
}

bool clause_is_skip(struct sv condition)
{
    static const struct sv fronts[] = {SV("skip "), SV("omit "), SV("omitir "), SV("pomiń ")};
    static const struct sv ends[] = {SV("跳过"), SV("略过"), SV("忽略")};

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_starts_nocase(condition, fronts[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(condition, ends[i]))
            return true;
    return false;
}

bool clause_waits(struct sv sentence)
{
    static const struct sv fronts[] = {
        SV("warten, bis"), SV("warten bis"), SV("warte, bis"), SV("warte bis"),
        SV("warten auf "), SV("abwarten, "), SV("attendre "),  SV("attendez "),
        SV("patienter "),  SV("patientez "), SV("esperar a"),  SV("esperar hasta"),
        SV("esperar que"), SV("espere "),    SV("aguarde "),   SV("aguardar "),
        SV("attendere "),  SV("poczekaj"),   SV("wacht tot"),  SV("дождитесь"),
        SV("подождите"),   SV("等待"),       SV("请等待"),     SV("等到")};
    static const struct sv inside[] = {SV("まで待"), SV("を待つ"), SV("を待っ"), SV("を待ち")};
    struct sv text = clause_unmarked(sentence);

    if (!text.n || (!strchr("waepdWAEPD", *text.p) && (unsigned char)*text.p < 0x80))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_starts_nocase(text, fronts[i]))
            return true;
    return !clause_is_ascii(text) && REGEX_SAYS_ANY(text, inside);
}

bool clause_holds(struct sv sentence)
{
    static const struct sv inside[] = {SV("nicht fortfahren"),
                                       SV("nicht weitermachen"),
                                       SV("erst fortfahren"),
                                       SV("erst weitermachen"),
                                       SV("nur fortfahren, wenn"),
                                       SV("ne continuez pas"),
                                       SV("ne pas continuer"),
                                       SV("ne poursuivez pas"),
                                       SV("ne pas poursuivre"),
                                       SV("continuer uniquement si"),
                                       SV("continuez uniquement si"),
                                       SV("no continúe"),
                                       SV("no continuar"),
                                       SV("no continúes"),
                                       SV("no prosiga"),
                                       SV("no siga "),
                                       SV("no avance"),
                                       SV("no proceda"),
                                       SV("continuar solo si"),
                                       SV("continúe solo si"),
                                       SV("continúe sólo si"),
                                       SV("não prossiga"),
                                       SV("não continue"),
                                       SV("não continuar"),
                                       SV("não prosseguir"),
                                       SV("não avance"),
                                       SV("só prossiga"),
                                       SV("prossiga somente"),
                                       SV("prossiga apenas"),
                                       SV("prossiga só"),
                                       SV("non continuare"),
                                       SV("non procedere"),
                                       SV("次に進まない"),
                                       SV("次へ進まない"),
                                       SV("先に進まない"),
                                       SV("続行しない"),
                                       SV("请勿继续"),
                                       SV("不要继续"),
                                       SV("不得继续"),
                                       SV("切勿继续"),
                                       SV("再继续"),
                                       SV("方可继续")};

    static const struct sv stems[] = {
        /* of all of them */
        SV("fortfahr"), SV("weitermach"), SV("contin"),   SV("poursuiv"), SV("pros"), SV("proced"),
        SV(" siga "),   SV(" avance"),    SV("進まない"), SV("続行"),     SV("继续")};

    return REGEX_SAYS_ANY(sentence, stems) && REGEX_SAYS_ANY(sentence, inside);
}
