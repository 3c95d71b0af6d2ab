/*
 * watch_list: lists, tables and trees that say what is watched and what follows, read into rules.
 *
 * What stands where things are watched or decided is a rule; what stands elsewhere, and a person is asked about, is
 * a proposal: the rule that would judge it.
 */
#include "base/duration.h"
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/german.h"
#include "runbook/reader_int.h"
#include "runbook/shape.h"
#include "runbook/title.h"
#include "runbook/told_verb.h"

#define WATCH_ACTION                                                                                                                          \
    "(?:(?:(?:go|proceed|jump|move|switch) to |(?:start|execute|perform|trigger|initiate|begin|run) )?(?:the |a )?"                           \
    "roll(?:ing)?[ -]?back|revert|abort|back out|(?:go|switch|fall|fail) back(?! to step)|undo|page|alert|notify|investigate|hold|pause|fix " \
    "forward|zur\xc3\xbc"                                                                                                                     \
    "ckrollen)"

/* What is done when all is well. */
#define WATCH_ON                                                                                            \
    "\\b(?:continue|proceed|go (?:on|ahead)|succe\\w+|done|healthy|pass\\w*|ready|ok|start|begin|complete|" \
    "finish\\w*|promote|good|close|resolved)\\b"

const char *const watch_patterns[WATCH_PATTERN__N] = {
    [WATCH_ANY] =
        "\\brollback\\b.*\\bif any\\b.*\\bwithin ([0-9]+) (minutes?|hours?) of (?:the )?deploy",
    [WATCH_FOR] = "^(?:[0-9]+\\. )?monitor(?: production)? for ([0-9]+) (minutes?|hours?|days?)\\b",
    [WATCH_SOAK] =
        "^(?:[0-9]+\\. )?(?:then |now )?(?:watch|observe|monitor)(?: [\\w/-]+){0,6} for (?:at least |the next |about )?"
        "([0-9]+) (minutes?|hours?|days?)\\b",
    [WATCH_ALERTS] = "\\balerts?\\b|\\balerting\\b|\\balarme?\\b",
    [WATCH_TRIGGERS] =
        "^(?:(?:automatic|immediate|hard|critical|common) )*(?:roll(?:ing)?[ -]?back|abort) (?:triggers?|"
        "criteria|conditions?)\\b|\\b(?:triggers?|criteria|conditions?|reasons) for (?:an? )?(?:automatic |immediate )?"
        "(?:roll ?back|rolling back|abort)|^when (?:to|(?:should|must|do) (?:we|you|i)) (?:roll ?back|rollback|abort|revert)"
        "(?: if)?\\??:?$|^(?:(?:trigger|initiate|start|perform|execute|consider) "
        "(?:an? |the )?(?:immediate )?)?(?:roll back|rollback|abort)(?: immediately| at once)? (?:if|when)"
        "(?: any| one| all)?(?: of)?(?: the)?(?: following| these)?[^:,]*:?$|^roll ?back polic(?:y|ies)$|^(?:" TITLE_REASONS
        ")",
    [WATCH_TRIGGERED] =
        "^(?:roll ?back )?triggers?(?: conditions?)?:?(?: (?:any|one|all|each|when|if)\\b[^<>0-9]*)?$",
    [WATCH_FEARED] =
        "^(?:do not|don't|never|no need)\\b.* (?:if|when):$|^(?:não|no|nicht|ne|n['’])\\b.* (?:se|si|cuando|quando|wenn|falls) ?:$|"
        "\\b(?:roll ?back|abort|revert|escalate|triggers?|symptoms?|warning signs?)\\b[^:]*:$",
    [WATCH_LIMITED] =
        "[<>\xe2\x89\xa4\xe2\x89\xa5]|\\b(?:exceeds|(?<!not )exceed|(?:more|less|higher|lower|greater|fewer) than|above|below|target)\\b|"
        "\\b(?:over|under|beyond) [0-9]|"
        "(?:über|oberhalb|unter|unterhalb|mindestens|höchstens|maximal|"
        "(?:mehr|weniger|größer|kleiner|höher|niedriger|länger) als) [0-9]",
    [WATCH_DURATION] =
        "\\bexpected duration: ?(?:[0-9]+ ?- ?)?([0-9]+) (minutes?|hours?|seconds?)\\b",
    [WATCH_TAKES] =
        "\\btakes? (?:longer than |more than |over |> ?)([0-9]+) ?(minutes?|hours?|seconds?)\\b",
    [WATCH_COMPLETES] = "\\b(?:completes?|finish(?:es)?) (?:in |within )?(?:less than |under |< ?)"
                        "([0-9]+) ?(minutes?|hours?|seconds?)\\b",
    [WATCH_COMPLETE] = "^complete within ([0-9]+) (minutes?|hours?) of (?:the )?deploy",
    [WATCH_HAVE] = "\\bhave ([0-9]+) (minutes?|hours?) available for rollback\\b",
    [WATCH_FLAG] = "\\b([A-Z][A-Z0-9_]{4,})=(?:true|false|on|off)\\b",
    [WATCH_FIRST] = "\\b(?:first|within) ([0-9]+) (hours?|days?)\\b",
    [WATCH_PER] = "(?:/|per )(hour|day|week|min(?:ute)?)\\b",
    [WATCH_SQL] = "^select\\b",
    [WATCH_TWICE] = "\\bhaving\\s+count ?\\([^)]*\\) ?> ?1\\b",
    /* conditions and what is done, or what is done and when */
    [WATCH_DECIDES] =
        "^(?:(?:and|but) )?(?:if|when|once|as soon as|should|falls|wenn) (.+?) ?"
        "(?:\xe2\x86\x92|->|=>|,|:|\\bthen\\b|\xe2\x80\x93|\xe2\x80\x94) ?"
        "(?:(?:then|we|you|please|immediately|dann|must|should) )*(" WATCH_ACTION "\\b[^,;]*)|"
        "^(?:(?:we|you|please|immediately|automatically|consider) )*(" WATCH_ACTION
        "\\b[^<>0-9]{0,60}?) (?:if|when|once|as soon as|falls|wenn) (.+)$",
    [WATCH_STAYS] = "^(.*?)\\b(?:stays?|remains?|is|goes|rises|climbs|gets|keeps) "
                    "((?:above|over|below|under|more than|at least|less than|[<>]).*)$",
    [WATCH_MORE] =
        "\\b(?:and|but|while|unless|except|without|not|never|no need|only|und|nicht|nur|sowie|ohne|sofern|"
        "aber|keine?n?|niemals)\\b|außer|während|sei denn|n(?:'|\xe2\x80\x99)t\\b",
    [WATCH_ACTS] =
        "^(?:(?:then|we|you|please|immediately|must|should) )*(?:" WATCH_ACTION
        "|stop|consider (?:abort|roll)\\w*)(?: (?:immediately|at once|the (?:deployment|release|migration|"
        "rollout|upgrade)|it))*[.!]?$",
    [WATCH_ALSO] = "\\b(?:or|oder|if|with|when|plus|either|both|sustained|since|longer than|every|"
                   "provided|ask|as well as|together)\\b|[,;] | [&+/] ",
    [WATCH_FOR_WORD] = "\\bfor (?:more than |at least |over |about )?([a-z]+|[0-9]+)"
                       "( consecutive)? (seconds?|minutes?|hours?)\\b",
    [WATCH_LASTS] =
        "(?:^|\\W)(?:über|während|seit|innerhalb|binnen|lang|pendant|durant|depuis|durante|desde) (?:mehr als |plus de |más de )?"
        "[0-9]+ ?(?:s|m|h|sek|min|sec|seg|stund|heure|hora)|持续|持續|続く|以上続|間続|[0-9] ?(?:分|秒|時間|小时|小時)|"
        "\\b(?:en|sur|por|im|je|à|durch) [0-9]+ ?(?:s|m|h|sek|min|sec|seg|stund|heure|hora)|"
        "\\b(?:for|over|during|within|in a row|in the last|after|since|consecutive)\\b.*"
        "(?:\\bs|sec\\w*|m|min\\w*|h|hours?|days?|row|checks?|samples?)\\b|"
        "\\([0-9]+ ?(?:s|sec\\w*|m|min\\w*|h|hours?)(?: [a-z]+)*\\)",
    [WATCH_REPEATED] =
        "\\b(?:(?:in|for) [0-9]+ (?:out )?of [0-9]+|twice|(?:two|three|four|five|[2-9]|1[0-9]) times|(?:per|each|every|all|both) (?:\\w+ )?"
        "(?:nodes?|pods?|hosts?|instances?|servers?|replicas?|regions?|zones?))\\b",
    [WATCH_FINE] =
        "^\\W*(?:no (?:action|rollback)(?: needed| required| yet)?|continue|healthy|fine|ok(?:ay)?|proceed|normal|acceptable|"
        "good|green|as expected|expected|go on|ignore(?: it)?|nothing|nothing to do|do not roll ?back|don['’]t roll ?back|"
        "weiter|unkritisch|keine aktion|続行|正常|继续)\\W*$",
    [WATCH_BACK] = "roll(?:s|ed|ing)?[ -]?back|\\brevert|\\babort|zurückroll|ロールバック|回滚",
    [WATCH_WANTED] =
        "\\b(?:should|must|shall|stays?|remains?|keep|at least|minimum|min|target|goal|expected|"
        "soll(?:te)?|muss|mindestens|(?:has|have|needs?) to|"
        "(?:is|are) (?:reasonable|acceptable|sufficient|adequate|plausible|enough))\\b|预期|期待",
    [WATCH_TURNS] =
        "\\b(?:falls?|drops?|dips?|rises?|climbs?|jumps?|spikes?|grows?|exceeds?|sinkt|fällt|steigt)\\b "
        "?(?:below|under|above|over|to|by|beyond|more|unter|über|auf|[<>0-9])",
    [WATCH_LEADS] =
        "\\bunless\\b|(?:→|->|=>) ?(?:page|call|stop|abort|roll|switch|cancel|alert|lower|restart|take|kill)\\b",
    [WATCH_RELATIVE] =
        "% ?of (?:last|the (?:last|previous|usual|normal|same|day|average)|normal|usual|baseline|yesterday|what|its)\\b|"
        "[0-9%] after (?:an?|the|each|every) (?!deploy|release|upgrade|migration|cut|switch|roll|restart|change|fail)",
    [WATCH_GOES_ON] = "^(?!.*\\b(?:not|never)\\b|.*n['’]t\\b).*" WATCH_ON
                      "\\b.*\\b(?:when|if|once|falls|wenn|sobald)"
                      "(?: (?:all|each|every)\\b[^:]*)?:?$",
    [WATCH_STOPS] =
        "^(?!.*" WATCH_ON
        ").*\\b(?:when|if|whenever|as soon as|falls|wenn|sobald)(?: (?:any|one)\\b[^:]*)?:?$",
    [WATCH_MORE_IS_BETTER] =
        "\\b(?:success\\w*|availab\\w+|uptime|hits?|hit[- ]?r\\w+|healthy|ready|free|idle|spare|remaining|throughput|(?<=% )left|"
        "complet\\w+|coverage|replicas?|score|satisf\\w+|conversions?|rps|tps|qps|\\w+ per second|"
        "erfolg\\w*|verfügbar\\w*|frei\\w*)\\b|成功|稼働",
    [WATCH_LESS_IS_BETTER] =
        "\\b(?:errors?|fail\\w*|[45]xx|\\w*latenc\\w+|\\w*(?<!up)times?|usage|utili[sz]ation|used|lag|queue\\w*|backlog|depth|"
        "pending|restarts?|crash\\w*|cpu|memory|ram|load|delays?|duration|timeouts?|exceptions?|deadlocks?|conflicts?|"
        "dropped|lost|reject\\w+|retries|wait\\w*|age|p[59]\\d+|\\w*fehler\\w*|\\w*zeit\\w*|latenz\\w*|auslastung)\\b|"
        "エラー|レスポンス",
    [WATCH_ALL_OF] = "\\b(?:include|contain|show|list)s? (?:all|the) ([0-9]{1,3}) (?:new )?\\w+$",
};

bool watch_limited(const struct rb_build *b, struct sv text)
{
    return regex_has(b->watch_patterns[WATCH_LIMITED], text);
}

static struct sv watch_span(const struct rb_build *b, struct sv text, const struct regex_match *g)
{
    struct sv unit = sv_sub(text, g[2].from, g[2].to);

    return arena_fmt(b->arena, "%.*s%c", SV_FMT(sv_sub(text, g[1].from, g[1].to)),
                     ascii_lower(*unit.p));
}

static bool watch_find(const struct rb_build *b, enum watch_pattern p, struct sv text,
                       struct sv *span)
{
    struct regex_match g[3];

    if (!regex_find(b->watch_patterns[p], text, 0, g, 3))
        return false;
    if (span)
        *span = watch_span(b, text, g);
    return true;
}

static struct rb_rule *watch_add(struct rb_build *b, size_t line, struct sv source, struct sv text,
                                 bool proposal)
{
    struct rb_rule *rule;

    if (proposal && b->rules.n) {
        rule = vec_last(&b->rules);
        if (rule->line == line && sv_eq(rule->text, text))
            return rule; /* an item whose text is read as a paragraph too */
    }
    rule = vec_add(&b->rules);
    *rule = (struct rb_rule){.line = line,
                             .part = b->part,
                             .source = source,
                             .text = text,
                             .offset_ms = -1,
                             .proposal = proposal};
    return rule;
}

void watch_rule(struct rb_build *b, size_t line, struct sv source, struct sv text)
{
    (void)watch_add(b, line, source, text, false);
}

/* --- queries --- */

/* A query for what is there twice: nothing is. */
void watch_query(struct rb_build *b, struct sv sql, size_t line)
{
    struct regex_match g[1];

    if (!regex_find(b->watch_patterns[WATCH_TWICE], sql, 0, g, 1))
        return;
    for (size_t i = 0; i < g[0].from; i++)
        line += sql.p[i] == '\n';
    watch_add(b, line, sv_sub(sql, g[0].from, g[0].to), SV("expect sql.duplicates.rows == 0"),
              true);
}

/* The code span that is all of an item's text; empty: there is more, or none. */
static struct sv watch_coded(const struct rb_build *b, uint32_t item)
{
    const struct md_node *v = b->rb->md.v;
    const struct md_node *n = v[item].first == MD_NONE ? NULL : &v[v[item].first];

    for (size_t i = 0; n && i < n->n_spans; i++)
        if (n->spans[i].kind == MD_CODE_SPAN &&
            n->spans[i].to - n->spans[i].from == sv_trim(n->text).n)
            return sv_trim(n->text);
    return (struct sv){"", 0};
}

/* "`A`", "`B`", ... as a set, when the list has n such items and no other; false: it has not. */
static bool watch_set(const struct rb_build *b, uint32_t list, uint64_t n, struct strbuf *out)
{
    const struct md_node *v = b->rb->md.v;
    uint64_t found = 0;

    for (uint32_t c = v[list].first; c != MD_NONE; c = v[c].next, found++) {
        struct sv name = watch_coded(b, c);

        if (!name.n || sv_find_byte(name, '"', 0) != SV_NPOS)
            return false;
        strbuf_addf(out, "%s\"%.*s\"", found ? ", " : "", SV_FMT(name));
    }
    return found == n && n > 0;
}

/* The first node that begins at `line` or later; nodes stand in the order of their lines. */
static uint32_t watch_node_at(const struct rb_build *b, size_t line)
{
    uint32_t low = 0, high = (uint32_t)b->rb->md.n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (b->rb->md.v[middle].line < line)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What is spoken of stands near: farther back nobody looks, nor reads. */
#define WATCH_LOOK_BACK 512u

/* "should include all 6 new values": those that the nearest list of six names before it has. */
static bool watch_all_of(struct rb_build *b, struct sv text, size_t line)
{
    const struct md_node *v = b->rb->md.v;
    struct regex_match g[2];
    uint32_t at;
    uint64_t n;

    if (!regex_find(b->watch_patterns[WATCH_ALL_OF], text, 0, g, 2) || !b->steps.n ||
        !vec_last(&b->steps)->step.command || !vec_last(&b->steps)->step.command->cx.sql ||
        !sv_to_u64(sv_sub(text, g[1].from, g[1].to), &n))
        return false;
    at = watch_node_at(b, line);
    for (uint32_t i = at; i-- > 0 && at - i < WATCH_LOOK_BACK;) {
        CLEANUP(strbuf_release) struct strbuf set = STRBUF(0);

        if (v[i].kind != MD_LIST || !watch_set(b, i, n, &set))
            continue;
        watch_add(b, line, text,
                  arena_fmt(b->arena, "expect sql.values superset {%s}", strbuf_str(&set)), true);
        return true;
    }
    return false;
}

/* --- phrases --- */

/* No time is a percentage: "response time degradation > 20%" compares with what was, and nothing says with what. */
static bool watch_shape(struct rb_build *b, const struct shape_request *q, struct shape *ret)
{
    return !regex_has(b->watch_patterns[WATCH_RELATIVE], q->phrase) &&
           shape_read(b->shape, q, b->arena, ret) &&
           !(sv_ends(ret->condition, SV("%")) && sv_has(ret->condition, SV("_time")) &&
             !sv_has(ret->condition, SV("baseline")));
}

/* Does it say more than one thing?  "> 5% and CPU > 90%", "> 2s, or 20% more", "> 5% unless a batch runs". */
bool watch_is_repeated(const struct rb_build *b, struct sv reason)
{
    return regex_has(b->watch_patterns[WATCH_REPEATED], reason);
}

static bool watch_says_more(const struct rb_build *b, struct sv phrase)
{
    static const struct sv modals[] = {SV("should not "), SV("must not "), SV("shall not "),
                                       SV("may not "), SV("does not ")};
    struct sv before = phrase, behind = {NULL, 0};

    for (size_t i = 0; i < ARRAY_LEN(modals); i++) { /* "must not exceed 90%" is a limit */
        size_t at = sv_find_nocase(before, modals[i], 0);

        if (at == SV_NPOS)
            continue;
        behind = sv_sub(phrase, at + modals[i].n, phrase.n);
        before = sv_sub(phrase, 0, at);
    }
    return !watch_is_simple(b, before) || !watch_is_simple(b, behind) ||
           regex_has(b->watch_patterns[WATCH_ALSO], phrase) || watch_is_repeated(b, phrase);
}

/* One condition, and nothing beside it that a rule would leave out. */
static bool watch_alone(struct rb_build *b, const struct shape_request *q, struct shape *ret)
{
    return watch_shape(b, q, ret) && (ret->whole || !watch_says_more(b, q->phrase));
}

struct sv watch_phrase(struct rb_build *b, struct sv phrase, enum prose_verdict verdict,
                       struct sv *dropped)
{
    struct shape_request q = {
        .phrase = watch_english(b, phrase), .count_window = "[5m]", .offset_ms = -1};
    struct sv rule = prose_rule(b->prose, q.phrase, verdict, b->arena, dropped);
    bool relative = shape_is_relative(b->shape, phrase) || sv_has_nocase(phrase, SV("baseline"));
    struct shape s;

    if (rule.n && !watch_says_more(b, q.phrase) && (!relative || sv_has(rule, SV("baseline"))))
        return rule;
    *dropped = (struct sv){NULL, 0};
    return watch_limited(b, phrase) && watch_alone(b, &q, &s) &&
                   watch_keeps_span(b, q.phrase, s.clauses)
               ? arena_fmt(b->arena, "%s when %.*s%.*s", prose_action(verdict), SV_FMT(s.condition),
                           SV_FMT(s.clauses))
               : (struct sv){NULL, 0};
}

/* "**Error Rate:** <0.5%": the bold words, or those before a colon, are the subject. */
static void watch_split(struct sv text, struct sv *label, struct sv *rest)
{
    size_t colon = sv_find(text, SV(":"), 0);

    *label = (struct sv){"", 0};
    *rest = sv_trim(text);
    if (colon == SV_NPOS || colon == 0 || sv_find_byte(sv_sub(text, 0, colon), '(', 0) != SV_NPOS ||
        colon > 60 || colon + 1 >= text.n ||
        (text.p[colon + 1] != ' ' && text.p[colon + 1] != '\n'))
        return;
    *label = sv_trim(sv_sub(text, 0, colon));
    *rest = sv_trim(sv_sub(text, colon + 1, text.n));
}

/*
 * "wait_for_the_queue < 5m", "it_should_be > 2GB": a sentence that was made a name measures nothing, nor does what
 * is promised ("RTO: < 5 minutes").
 */
static bool watch_is_sentence(struct sv condition)
{
    static const struct sv words[] = {SV("verify_the_"), SV("check_the_"),   SV("confirm_the_"),
                                      SV("ensure_the_"), SV("verify_that_"), SV("check_that_"),
                                      SV("wait_"),       SV("it_"),          SV("this_"),
                                      SV("should_"),     SV("if_"),          SV("critical_if_"),
                                      SV("slow_"),       SV("rto"),          SV("rpo"),
                                      SV("die_"),        SV("der_"),         SV("das_")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t at = sv_find(condition, words[i], 0);

        if (at == 0 || (at != SV_NPOS && condition.p[at - 1] == '('))
            return true;
    }
    return false;
}

/* "If it takes > 30 minutes", "Completes in < 15 minutes": how long the step may take. */
static bool watch_takes(struct rb_build *b, struct sv text, size_t line)
{
    struct sv span;

    if (!watch_find(b, WATCH_TAKES, text, &span) && !watch_find(b, WATCH_COMPLETES, text, &span))
        return false;
    watch_add(b, line, text,
              arena_fmt(b->arena, "investigate when step.elapsed > %.*s", SV_FMT(span)), true);
    return true;
}

/*
 * "Error rate > 5%" among what is to be looked at: nobody hopes for it, and what is done then is not said.  The same of
 * "Success rate < 95%", and of "Sessions > 1000", which may be either.
 */
static bool watch_is_feared_value(const struct rb_build *b, const struct shape_request *q,
                                  const struct shape *s)
{
    struct sv said = q->subject.n ? q->subject : q->phrase;
    bool more = regex_has(b->watch_patterns[WATCH_MORE_IS_BETTER], said);
    bool less = regex_has(b->watch_patterns[WATCH_LESS_IS_BETTER], said);

    if (s->whole || regex_has(b->watch_patterns[WATCH_WANTED], q->phrase) || b->hoped)
        return false;
    if (sv_has(s->condition, SV(" > ")))
        return less || !more;
    return sv_has(s->condition, SV(" >= ")) ? less && !more
                                            : sv_has(s->condition, SV(" < ")) && more && !less;
}

/* "CPU idle > 20%", "Sessions > 1000": nobody knows whether it is hoped for or feared. */
static bool watch_is_either(const struct rb_build *b, const struct shape_request *q,
                            const struct shape *s)
{
    struct sv said = q->subject.n ? q->subject : q->phrase;

    return watch_is_feared_value(b, q, s) &&
           regex_has(b->watch_patterns[WATCH_MORE_IS_BETTER], said) ==
               regex_has(b->watch_patterns[WATCH_LESS_IS_BETTER], said);
}

/* "approval rate falls below 92 %", "..., unless the database is the cause", "2 % → page": a rule would turn it round. */
static bool watch_is_turned(const struct rb_build *b, struct sv phrase)
{
    return regex_has(b->watch_patterns[WATCH_LEADS], phrase) ||
           (regex_has(b->watch_patterns[WATCH_TURNS], phrase) &&
            !regex_has(b->watch_patterns[WATCH_WANTED], phrase));
}

void watch_propose(struct rb_build *b, struct sv text, size_t line)
{
    struct shape_request q = {
        .phrase = sv_trim(text), .good = true, .min_samples = true, .offset_ms = -1};
    struct shape s;
    struct sv span, rest;
    bool gate, later;

    if (expect_is_label(q.phrase, &rest))
        q.phrase = rest;
    if (!q.phrase.n || told_starts(q.phrase, WORDS_HERE("wait")) ||
        (sv_has_word(q.phrase, SV("if")) &&
         told_verb(q.phrase) != TOLD_NOT) || /* "Halt it if ..." */
        expect_is_proceed(q.phrase, &rest) ||
        watch_all_of(b, q.phrase, line) || watch_takes(b, q.phrase, line) || b->feared ||
        sv_has_nocase(q.phrase, SV(" exceeded ")) || watch_verdict(q.phrase).n ||
        (sv_has_nocase(q.phrase, SV("rollback")) && !sv_starts_nocase(q.phrase, SV("no "))) ||
        regex_has(b->watch_patterns[WATCH_DECIDES], q.phrase)) /* not what is hoped for */
        return;
    if (watch_find(b, WATCH_FOR, q.phrase, &span) && !sv_has_nocase(q.phrase, SV("confirm"))) {
        watch_add(b, line, text, arena_fmt(b->arena, "checkpoint T+%.*s", SV_FMT(span)), true);
        return;
    }
    if (!watch_shape(b, &q, &s)) {
        watch_split(q.phrase, &q.subject, &q.phrase);
        if (!q.subject.n || !watch_shape(b, &q, &s))
            return;
    }
    if (watch_is_sentence(s.condition) ||
        (watch_is_turned(b, q.phrase) && !watch_is_feared_value(b, &q, &s)))
        return;
    gate = sv_ends(s.clauses, SV(" of step"));
    later = b->watch_first.n && !s.clauses.n;
    watch_add(b, line, text,
              arena_fmt(b->arena, "%s %.*s%.*s%s%.*s",
                        watch_is_feared_value(b, &q, &s) ? "investigate when"
                        : gate                           ? "proceed when"
                                                         : "expect",
                        SV_FMT(s.condition), SV_FMT(s.clauses), later ? " at T+" : "",
                        SV_FMT(later ? b->watch_first : SV(""))),
              true);
}

/* --- paragraphs --- */

/* What is done when what stands behind the label is so; empty: the label says nothing bad. */
static struct sv watch_bad_action(struct sv label)
{
    static const struct {
        struct sv label, action;
    } rows[] = {
        {SV("Issue"), SV("investigate")},     {SV("Symptom"), SV("investigate")},
        {SV("Alert"), SV("alert team")},      {SV("Alert if"), SV("alert team")},
        {SV("Alert when"), SV("alert team")}, {SV("Warning"), SV("alert team")},
        {SV("Critical"), SV("page oncall")},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(label, rows[i].label))
            return rows[i].action;
    return (struct sv){"", 0};
}

/* A line that becomes rules: what stands before and behind each condition. */
struct watch_one {
    struct sv text;
    size_t line;
    struct sv action;
    const char *behind;
    bool proposal;
};

static void watch_add_shape(struct rb_build *b, const struct watch_one *w, const struct shape *s)
{
    watch_add(b, w->line, w->text,
              arena_fmt(b->arena, "%.*s%.*s%.*s%s", SV_FMT(w->action), SV_FMT(s->condition),
                        SV_FMT(s->clauses), w->behind),
              w->proposal);
}

/* The next of several conditions: "> 5% or CPU > 90%" where one is enough, "< 1% and CPU < 80%" where all are wanted. */
static struct sv watch_next_piece(struct sv *rest, bool good)
{
    static const struct {
        struct sv mark;
        bool bad, good;
    } marks[] = {{SV(" or "), true, false},  {SV(" oder "), true, false},
                 {SV(" and "), false, true}, {SV(" und "), false, true},
                 {SV(", "), true, true},     {SV("; "), true, true}};
    size_t at = SV_NPOS, n = 0;
    struct sv piece;

    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        bool cuts = good ? marks[i].good : marks[i].bad;
        size_t found = cuts ? sv_find_nocase(*rest, marks[i].mark, 0) : SV_NPOS;

        if (found < at) {
            at = found;
            n = marks[i].mark.n;
        }
    }
    piece = sv_trim(sv_sub(*rest, 0, at));
    *rest = at == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(*rest, at + n, rest->n);
    return piece;
}

/* "> 2s" behind a subject that stands apart, "CPU > 90%" where none does: one subject each. */
static bool watch_is_piece(const struct rb_build *b, const struct shape_request *q)
{
    bool bare = q->phrase.n && !ascii_is_alpha(*q->phrase.p) && (unsigned char)*q->phrase.p != 0xc3;

    return bare == (q->subject.n > 0) && watch_limited(b, q->phrase) &&
           watch_is_simple(b, q->phrase) && sv_find_byte(q->phrase, ':', 0) == SV_NPOS;
}

/* Each of several conditions is a rule; false: one of them is not understood, or how long it lasts is said of one only. */
static bool watch_each(struct rb_build *b, const struct watch_one *w,
                       const struct shape_request *all)
{
    enum { MANY = 4 };
    struct shape_request q = *all;
    struct shape found[MANY];
    struct sv rest = all->phrase;
    size_t n = 0, lasts = 0;
    struct regex_match g[1];

    while (rest.n) {
        q.phrase = watch_next_piece(&rest, q.good);
        if (n == MANY || !watch_is_piece(b, &q) || !watch_shape(b, &q, &found[n]) ||
            !watch_keeps_span(b, q.phrase, found[n].clauses))
            return false;
        lasts += regex_find(b->watch_patterns[WATCH_LASTS], q.phrase, 0, g, 1);
        n++;
    }
    if (n < 2 || (lasts && lasts < n))
        return false;
    for (size_t i = 0; i < n; i++)
        watch_add_shape(b, w, &found[i]);
    return true;
}

/* "Critical: error rate > 5% or CPU > 90%": each is proposed; what is said beside one is not left out. */
static void watch_severity(struct rb_build *b, struct sv text, struct sv action, struct sv phrase,
                           size_t line)
{
    struct shape_request q = {.phrase = phrase, .offset_ms = -1, .count_window = "[5m]"};
    struct watch_one w = {text, line, arena_fmt(b->arena, "%.*s when ", SV_FMT(action)), "", true};
    struct shape s;

    if (!watch_limited(b, phrase) || !watch_shape(b, &q, &s))
        return;
    if (!s.whole && watch_says_more(b, phrase))
        (void)watch_each(b, &w, &q);
    else if (watch_keeps_span(b, phrase, s.clauses))
        watch_add_shape(b, &w, &s);
}

void watch_paragraph(struct rb_build *b, const struct md_node *n)
{
    static const struct {
        enum watch_pattern pattern;
        const char *rule;
    } rows[] = {
        {WATCH_SOAK, "checkpoint T+"},
        {WATCH_DURATION, "investigate when step.elapsed > "},
        {WATCH_COMPLETE, "investigate when step.elapsed > "},
        {WATCH_HAVE, "investigate when rollback_time_left < "},
        {WATCH_ANY, "checkpoint T+"},
    };
    struct sv rest = n->text, one, span;
    size_t next = n->line, wraps = 0;

    while (sv_next_line(&rest, &one)) {
        struct sv label, phrase, action;
        size_t line = next;
        bool found = false;

        for (size_t i = 0; i < ARRAY_LEN(rows) && !found; i++)
            if ((found = watch_find(b, rows[i].pattern, one, &span)))
                watch_add(b, line, one, arena_fmt(b->arena, "%s%.*s", rows[i].rule, SV_FMT(span)),
                          true);
        if (watch_find(b, WATCH_ANY, one, &span))
            b->watch_any = span;
        if (watch_find(b, WATCH_FOR, one, &span))
            b->watch_for = span;
        next += 1 + md_wraps_to(n, &wraps, (size_t)(one.p - n->text.p) + one.n);
        watch_split(one, &label, &phrase);
        action = watch_bad_action(label);
        if (action.n) {
            watch_severity(b, one, action, phrase, line);
        } else if (!watch_decides(b, one, line) && !found) {
            watch_propose(b, one, line);
        }
    }
}

void watch_heading(struct rb_build *b, struct sv title)
{
    b->watch_any = b->watch_for = (struct sv){NULL, 0};
    if (!watch_find(b, WATCH_FIRST, title, &b->watch_first))
        if (b->part != RB_NONE && build_part(b, b->part)->level < 4)
            b->watch_first = (struct sv){NULL, 0};
}

/* --- lists --- */

/* "**Application errors:** 5xx error rate >1%, startup failures": each is reason enough. */
static bool watch_trigger(struct rb_build *b, struct sv text, size_t line)
{
    CLEANUP(strbuf_release) struct strbuf rule = STRBUF(0);
    struct sv label, rest, piece, min = {"", 0};

    watch_split(text, &label, &rest);
    strbuf_add_str(&rule, "rollback when ");
    for (size_t n = 0; expect_next_clause(&rest, &piece); n++) {
        struct shape_request q = {.phrase = piece,
                                  .count_window = "[5m]",
                                  .ratio_window = "[5m]",
                                  .min_samples = true,
                                  .offset_ms = -1};
        struct shape s;

        if (!watch_alone(b, &q, &s))
            return false;
        strbuf_addf(&rule, "%s%.*s", n ? " or " : "", SV_FMT(s.condition));
        if (s.clauses.n)
            min = s.clauses;
    }
    strbuf_addf(&rule, " within %.*s of deploy%.*s", SV_FMT(b->watch_any), SV_FMT(min));
    watch_add(b, line, text, arena_sv(b->arena, strbuf_sv(&rule)), false);
    return true;
}

/* "**Error Rate >1% for 5 minutes:** Page on-call", "**Critical**: Memory usage > 80%", "Database errors > 0" */
static bool watch_alert(struct rb_build *b, struct sv text, size_t line)
{
    struct shape_request q = {.count_window = "[1m]", .min_samples = true, .offset_ms = -1};
    struct sv label, rest, action;
    struct shape s;
    bool severity;

    watch_split(text, &label, &rest);
    action = shape_action(label, b->arena);
    severity = action.n > 0;
    q.phrase = severity ? rest : label;
    if (!severity)
        action = shape_action(rest, b->arena);
    if (!label.n)
        q.phrase = rest;
    if (!action.n)
        action = SV("alert team");
    q.ratio_window = severity ? "[15m]" : NULL;
    if (!watch_alone(b, &q, &s))
        return false;
    watch_add(b, line, text,
              arena_fmt(b->arena, "%.*s when %.*s%.*s%s%.*s%s", SV_FMT(action), SV_FMT(s.condition),
                        SV_FMT(s.clauses), b->watch_for.n ? " within " : "", SV_FMT(b->watch_for),
                        b->watch_for.n ? " of deploy" : ""),
              false);
    return true;
}

/* It is a question: what was said is not understood as a whole, or no machine sees it. */
static bool watch_open(struct rb_build *b, struct sv text, size_t line)
{
    watch_add(b, line, text, (struct sv){NULL, 0}, false);
    build_note(b, NOTE_UNKNOWN_RULE, line, 1, text);
    return true;
}

/*
 * A reason that no machine sees, "Data corruption": it is asked what becomes of it.  What is numbered or has a box where
 * something is carried out is something to do; false: it is.
 */
static bool watch_unseen(struct rb_build *b, struct sv text, size_t line)
{
    return !(b->acting_list && build_role_acts(build_role(b))) && watch_open(b, text, line);
}

/* ", abort" behind a reason is cut off; false: more is said there, ", and the DBA agrees, abort". */
static bool watch_cut_action(const struct rb_build *b, struct sv *phrase)
{
    size_t at = sv_find(*phrase, SV(", "), 0);

    if (at == SV_NPOS)
        return true;
    if (!regex_has(b->watch_patterns[WATCH_ACTS], sv_trim(sv_sub(*phrase, at + 2, phrase->n))))
        return !watch_limited(b, *phrase);
    *phrase = sv_sub(*phrase, 0, at);
    return true;
}

/* "Error rate < 1%" among reasons to roll back: nobody fears it. */
static bool watch_is_hoped_value(const struct rb_build *b, const struct shape_request *q,
                                 const struct shape *s)
{
    struct sv said = q->subject.n ? q->subject : q->phrase;
    bool more = regex_has(b->watch_patterns[WATCH_MORE_IS_BETTER], said);
    bool less = regex_has(b->watch_patterns[WATCH_LESS_IS_BETTER], said);
    bool above = sv_has(s->condition, SV(" > ")) || sv_has(s->condition, SV(" >= "));
    bool below = sv_has(s->condition, SV(" < ")) || sv_has(s->condition, SV(" <= "));

    return !s->whole && more != less && ((more && above) || (less && below));
}

/*
 * "CPU > 90%: page the on-call" below what rolls back: its own action; true: the line is done with, "< 1%: continue"
 * is no reason, and one with other words behind it is a question.
 */
static bool watch_said_action(struct rb_build *b, struct sv behind, struct watch_one *w)
{
    struct sv action = watch_action(b, behind);

    if (!behind.n || sv_eq(action, SV("rollback")) ||
        regex_has(b->watch_patterns[WATCH_ACTS], behind))
        return false;
    if (regex_has(b->watch_patterns[WATCH_FINE], behind))
        return true;
    if (!action.n || regex_has(b->watch_patterns[WATCH_BACK], behind)) /* "investigate, then ..." */
        return watch_open(b, w->text, w->line);
    w->action = arena_fmt(b->arena, "%.*s when ", SV_FMT(action));
    return false;
}

/*
 * "Error rate > 5% for 60 seconds" below "Rollback triggers:", "If any count differs by > 0.1%, ABORT at once": a
 * reason to roll back.  True as well for one without a limit, which only a person can see.
 */
static bool watch_reason(struct rb_build *b, struct sv text, size_t line)
{
    struct shape_request q = {.count_window = "[1m]", .min_samples = true, .offset_ms = -1};
    bool considers =
             sv_has_nocase(text, SV("consider")) || sv_starts_nocase(b->label, SV("consider")),
         whole;
    struct watch_one w = {text, line, {NULL, 0}, "", false};
    struct sv label, rest;
    struct regex_match g[1];
    struct shape s;

    w.action = arena_fmt(b->arena, "%s when ", considers ? "hold" : "rollback");
    watch_split(text, &label, &rest);
    if (label.n && watch_limited(b, label)) { /* "CPU > 90%: consider it" */
        if (!considers && watch_said_action(b, rest, &w))
            return true;
        rest = label;
    } else if (label.n && !shape_action(label, b->arena).n)
        q.subject = label;
    q.phrase = rest;
    if ((sv_eat_nocase(&q.phrase, SV("if ")) || sv_eat_nocase(&q.phrase, SV("when "))) &&
        !watch_cut_action(b, &q.phrase))
        return false;
    (void)sv_eat_nocase(&q.phrase, SV("any "));
    whole = !regex_find(b->watch_patterns[WATCH_STAYS], q.phrase, 0, g, 1);
    if (watch_takes(b, text, line))
        return true;
    if (!watch_limited(b, q.phrase))
        return watch_unseen(b, text, line);
    if (!whole && watch_decides(b, text, line))
        return true;
    if (!whole && (!watch_is_simple(b, q.phrase) || sv_has_nocase(q.phrase, SV(" or "))))
        return false;
    q.phrase = watch_digits(b, watch_bare(b, watch_english(b, q.phrase)));
    if (!watch_shape(b, &q, &s))
        return whole && watch_decides(b, text, line);
    if (!s.whole && watch_says_more(b, q.phrase))
        return watch_each(b, &w, &q) ||
               watch_halves(b, q.phrase, considers ? PROSE_HOLD : PROSE_ROLLBACK, line);
    if (!watch_keeps_span(b, q.phrase, s.clauses) || watch_is_hoped_value(b, &q, &s))
        return false;
    watch_add_shape(b, &w, &s);
    return true;
}

/* "< 1 %, as before": one limit, and a remark without any number. */
static bool watch_is_remarked(const struct rb_build *b, struct sv phrase)
{
    size_t at = sv_find(phrase, SV(", "), 0);

    for (size_t i = at == SV_NPOS ? phrase.n : at; i < phrase.n; i++)
        if (ascii_is_digit(phrase.p[i]))
            return false;
    return at != SV_NPOS && watch_is_simple(b, phrase) &&
           !regex_has(b->watch_patterns[WATCH_ALSO], sv_sub(phrase, 0, at)) &&
           !regex_has(b->watch_patterns[WATCH_ALSO], sv_sub(phrase, at + 2, phrase.n));
}

static bool watch_metric(struct rb_build *b, struct sv text, size_t line)
{
    struct shape_request q = {.good = true, .listed = true, .offset_ms = -1};
    struct watch_one w = {text, line, SV("expect "), " else investigate", false};
    struct shape s;

    if (sv_starts_nocase(text, SV("if ")) || sv_starts_nocase(text, SV("when ")))
        return false; /* what is done then */
    if (b->watch_first.n)
        q.count_window = arena_fmt(b->arena, "[%.*s]", SV_FMT(b->watch_first)).p;
    watch_split(text, &q.subject, &q.phrase);
    if (!watch_shape(b, &q, &s) || watch_is_feared_value(b, &q, &s))
        return false;
    if (!s.whole && watch_says_more(b, q.phrase) && !watch_is_remarked(b, q.phrase))
        return watch_each(b, &w, &q);
    watch_add_shape(b, &w, &s);
    return true;
}

/* "Roll back if errors > 1%." is a rule by itself: what follows is none of its reasons. */
static bool watch_is_whole(const struct rb_build *b, struct sv label)
{
    return sv_ends(label, SV(".")) && watch_limited(b, label);
}

/* By the line before, or by the heading when that line introduces nothing ("These roll back by themselves."). */
static bool watch_is_triggers(const struct rb_build *b)
{
    enum rb_role role = build_role(b);

    return role != ROLE_COMMUNICATE && role != ROLE_TROUBLESHOOT &&
           ((watch_find(b, WATCH_TRIGGERS, b->label, NULL) && !watch_is_whole(b, b->label)) ||
            (role == ROLE_ROLLBACK && watch_find(b, WATCH_TRIGGERED, b->label, NULL)) ||
            (b->part != RB_NONE && !sv_ends(b->label, SV(":")) &&
             watch_find(b, WATCH_TRIGGERS, b->parts.v[b->part].title, NULL)));
}

bool watch_is_hoped(const struct rb_build *b, struct sv label)
{
    return regex_has(b->watch_patterns[WATCH_GOES_ON], sv_trim(label));
}

bool watch_is_feared(const struct rb_build *b, struct sv label)
{
    return watch_is_triggers(b) || regex_has(b->watch_patterns[WATCH_FEARED], label) ||
           regex_has(b->watch_patterns[WATCH_STOPS], sv_trim(label));
}

/* "Change failure rate: [Target: < X%]": to be filled in, of a template. */
static bool watch_is_blank(struct sv text)
{
    struct sv label, rest;

    watch_split(text, &label, &rest);
    return sv_starts(rest, SV("[")) && sv_find_byte(rest, ']', 0) == rest.n - 1;
}

bool watch_is_reasons(const struct rb_build *b)
{
    return b->watch_any.n || watch_is_triggers(b);
}

bool watch_item(struct rb_build *b, struct sv text, size_t line)
{
    enum rb_role role = build_role(b);
    bool found;

    text = sv_sub(text, 0, sv_find_byte(text, '\n', 0));
    if (watch_is_blank(text))
        return false;
    if (b->watch_any.n)
        found = watch_trigger(b, text, line);
    else if (watch_is_triggers(b))
        found = watch_reason(b, text, line);
    else if (watch_find(b, WATCH_ALERTS, b->label, NULL))
        found = watch_alert(b, text, line);
    else if (watch_decides(b, text, line))
        return true;
    else if (role == ROLE_MONITOR)
        found = watch_metric(b, text, line);
    else
        return false;
    /* a mere name ("Backend CPU usage") says nothing that could be judged */
    if (!found && (b->watch_any.n || watch_find(b, WATCH_LIMITED, text, NULL)))
        return watch_open(b, text, line) && (role == ROLE_MONITOR || !build_role_acts(role));
    return found;
}

void watch_timed(struct rb_build *b, struct rb_rule *rule)
{
    struct shape_request q = {.good = true, .count_window = "[5m]", .offset_ms = rule->offset_ms};
    struct shape s;

    watch_split(rule->source, &q.subject, &q.phrase);
    if (watch_shape(b, &q, &s))
        rule->text = arena_fmt(b->arena, "expect %.*s%.*s else investigate", SV_FMT(s.condition),
                               SV_FMT(s.clauses));
}

/* "Error rate: <0.5%", "Response time P95: 1.2s" in a message: what its sender has to look up. */
void watch_message(struct rb_build *b, const struct rb_block *block)
{
    struct sv rest = block->text, line;

    for (size_t at = block->line + 1; sv_next_line(&rest, &line); at++) {
        struct shape_request q = {.good = true, .listed = true, .offset_ms = -1};
        struct shape s;

        watch_split(line, &q.subject, &q.phrase);
        if (!q.subject.n || !prose_subject(b->prose, q.subject).n)
            continue;
        if (watch_shape(b, &q, &s))
            watch_add(
                b, at, line,
                arena_fmt(b->arena, "expect %.*s%.*s", SV_FMT(s.condition), SV_FMT(s.clauses)),
                true);
        else if (ascii_is_digit(*q.phrase.p) &&
                 shape_report(b->shape, q.subject, b->arena, &s.condition))
            watch_add(b, at, line, arena_fmt(b->arena, "report %.*s", SV_FMT(s.condition)), true);
    }
}

/* --- tables of metrics --- */

/* "[7d]" of a cell that says "/week", "[1m]" of "Errors/min"; the hour that a table is looked at otherwise. */
static const char *watch_cell_window(const struct rb_build *b, const struct watch_cells *c)
{
    static const struct {
        struct sv word;
        const char *window;
    } rows[] = {
        {SV("week"), "[7d]"}, {SV("day"), "[1d]"}, {SV("hour"), "[1h]"}, {SV("min"), "[1m]"}};
    struct regex_match g[2];
    struct sv cells[] = {c->alert, c->threshold, c->metric};

    for (size_t k = 0; k < ARRAY_LEN(cells); k++)
        if (regex_find(b->watch_patterns[WATCH_PER], cells[k], 0, g, 2))
            for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (sv_starts_nocase(sv_sub(cells[k], g[1].from, g[1].to), rows[i].word))
                    return rows[i].window;
    return "[1h]";
}

static struct sv watch_after(struct sv clauses)
{
    size_t at = sv_find(clauses, SV(" after "), 0);

    return at == SV_NPOS ? (struct sv){"", 0} : sv_sub(clauses, at, clauses.n);
}

/* A cell says little alone: "Deal failures: >0". */
static struct sv watch_cell_source(const struct rb_build *b, const struct watch_cells *c,
                                   struct sv cell)
{
    return arena_fmt(b->arena, "%.*s: %.*s", SV_FMT(c->metric), SV_FMT(cell));
}

/* What is done when the limit is crossed, where the cell says it: "> 30 s → rollback"; else somebody is told. */
static struct sv watch_cell_action(const struct watch_cells *c)
{
    struct sv verdict = c->action.n ? c->action : watch_verdict(c->alert);

    return verdict.n ? verdict : SV("alert team");
}

/* "5% < x < 10%", ">5%<10%": two limits; "-> rollback", "=> page" and "for >5m" have none. */
static bool watch_is_band(struct sv phrase)
{
    size_t n = 0;

    for (size_t i = 0; i < phrase.n; i++) {
        struct sv before = sv_sub(phrase, 0, i), rest = sv_sub(phrase, i, phrase.n);

        n += (*rest.p == '<' || *rest.p == '>' || sv_starts(rest, SV("\xe2\x89\xa4")) ||
              sv_starts(rest, SV("\xe2\x89\xa5"))) &&
             !sv_ends(before, SV("-")) && !sv_ends(before, SV("=")) && !sv_ends(before, SV("for "));
    }
    return n > 1;
}

/* "> 5 % above baseline", "> 3σ": of a measured value, which the limit alone would not be. */
static bool watch_is_of_others(struct rb_build *b, struct sv phrase, struct sv condition)
{
    return !sv_has(condition, SV("baseline")) &&
           (shape_is_relative(b->shape, phrase) || sv_has_nocase(phrase, SV("baseline")) ||
            sv_has(phrase, SV("\xcf\x83")) || sv_has_nocase(phrase, SV("sigma")));
}

/* One condition and how long it lasts, and nothing that the rule would leave out. */
static bool watch_cell(struct rb_build *b, const struct shape_request *q, struct shape *s)
{
    struct sv said = q->phrase;

    (void)sv_eat_nocase(&said, SV("over ")); /* "over 30 s": the limit itself */
    return watch_alone(b, q, s) &&
           (s->whole || (watch_keeps_span(b, said, s->clauses) && !watch_is_band(said) &&
                         !watch_is_of_others(b, said, s->condition) &&
                         !(watch_verdict(q->phrase).n && table_denies(q->phrase))));
}

bool watch_row(struct rb_build *b, const struct watch_cells *c, size_t line)
{
    bool sql = watch_find(b, WATCH_SQL, c->query, NULL);
    const char *window = watch_cell_window(b, c);
    struct shape_request q = {.subject = c->metric, .good = true, .offset_ms = -1};
    struct sv after = {"", 0};
    struct shape s;
    bool good, bad;

    q.count_window = sql ? NULL : window;
    q.phrase = c->threshold;
    good = watch_cell(b, &q, &s) && (c->hoped || !watch_is_either(b, &q, &s)) &&
           !watch_verdict(c->threshold).n;
    if (good) {
        bool feared = !c->hoped && watch_is_feared_value(b, &q, &s);

        after = watch_after(s.clauses);
        watch_add(b, line, watch_cell_source(b, c, c->threshold),
                  arena_fmt(b->arena, "%s %.*s%.*s%s", feared ? "investigate when" : "expect",
                            SV_FMT(s.condition), SV_FMT(s.clauses),
                            feared ? "" : " else investigate"),
                  false);
    }
    q.phrase = c->alert;
    q.good = false;
    bad = watch_cell(b, &q, &s);
    if (bad)
        watch_add(b, line, watch_cell_source(b, c, c->alert),
                  arena_fmt(b->arena, "%.*s when %.*s%.*s%.*s%s", SV_FMT(watch_cell_action(c)),
                            SV_FMT(s.condition), SV_FMT(s.clauses),
                            SV_FMT(watch_after(s.clauses).n ? SV("") : after),
                            sql ? " every 1h" : ""),
                  false);
    for (int i = 0; i < 2; i++) {
        struct sv cell = i ? c->alert : c->threshold;

        if ((i ? bad : good) || !cell.n)
            continue;
        cell = watch_cell_source(b, c, cell);
        watch_add(b, line, cell, (struct sv){NULL, 0}, false);
        build_note(b, NOTE_UNKNOWN_RULE, line, 1, cell);
    }
    return true;
}

/* --- trees --- */

/* Without the lines that draw the tree; *arrow: one pointed here. */
static struct sv watch_undrawn(struct sv line, bool *arrow)
{
    size_t i = 0;

    *arrow = false;
    while (i < line.n &&
           ((unsigned char)line.p[i] >= 0x80 || line.p[i] == ' ' || line.p[i] == '|' ||
            line.p[i] == '-' || line.p[i] == '+' || line.p[i] == '`' || line.p[i] == '>'))
        *arrow |= line.p[i++] == '>';
    return sv_trim(sv_sub(line, i, line.n));
}

struct sv watch_verdict(struct sv words)
{
    switch (prose_verdict_of(words)) {
    case PROSE_ROLLBACK: return SV("rollback");
    case PROSE_FIX_FORWARD: return SV("fix-forward");
    case PROSE_INVESTIGATE: return SV("investigate");
    case PROSE_HOLD: return SV("hold");
    case PROSE_OK:
    case PROSE_NONE:
    default: return (struct sv){NULL, 0};
    }
}

static struct sv watch_tree_action(struct rb_build *b, struct sv text)
{
    struct regex_match g[2];

    if (sv_starts_nocase(text, SV("Disable"))) {
        if (!b->watch_flag.n)
            b->watch_flag = regex_find(b->watch_patterns[WATCH_FLAG], b->rb->doc->text, 0, g, 2)
                                ? sv_sub(b->rb->doc->text, g[1].from, g[1].to)
                                : SV("flag");
        return arena_fmt(b->arena, "flag-off %.*s%s", SV_FMT(b->watch_flag),
                         sv_has_nocase(text, SV("investigate")) ? ", investigate" : "");
    }
    return watch_verdict(text);
}

void watch_tree(struct rb_build *b, const struct rb_block *block)
{
    struct sv rest = block->text, line, condition = {NULL, 0};
    size_t at = block->line, condition_line = 0;

    while (sv_next_line(&rest, &line)) {
        struct shape_request q = {.offset_ms = -1, .count_window = "[5m]"};
        struct shape s;
        struct sv text, action;
        bool arrow;

        at++;
        text = watch_undrawn(line, &arrow);
        if (!text.n)
            continue;
        if (!arrow) {
            condition = text;
            condition_line = at;
            continue;
        }
        action = watch_tree_action(b, text);
        q.phrase = condition;
        if (!action.n || !condition.n)
            continue;
        if (watch_shape(b, &q, &s)) {
            watch_add(b, condition_line, condition,
                      arena_fmt(b->arena, "%.*s when %.*s%.*s", SV_FMT(action), SV_FMT(s.condition),
                                SV_FMT(s.clauses)),
                      false);
        } else {
            watch_add(b, condition_line, condition, (struct sv){NULL, 0}, false);
            build_note(b, NOTE_UNKNOWN_RULE, condition_line, 1, condition);
        }
        condition = (struct sv){NULL, 0};
    }
}
