/*
 * inline: commands in the text of paragraphs and bullets: when do they tell somebody to run them?
 */
#include <string.h>

#include "base/duration.h"
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/expect.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"
#include "runbook/unwrap.h"

/* "2. Run a backup:" and below it "- `./backup.sh`": a bullet that is nothing but code, of an item that is carried out. */
static bool inline_is_quoted(const struct rb_build *b, const struct md_node *n)
{
    const struct md_node *v = b->rb->md.v;
    const struct md_node *item = n->parent == MD_NONE ? NULL : &v[n->parent];
    const struct md_node *outer = item && item->kind == MD_ITEM && item->parent != MD_NONE &&
                                          v[item->parent].parent != MD_NONE
                                      ? &v[v[item->parent].parent]
                                      : NULL;

    return outer && outer->kind == MD_ITEM && n->n_spans == 1 && n->spans[0].kind == MD_CODE_SPAN &&
           n->spans[0].to - n->spans[0].from == sv_trim(n->text).n && b->part != RB_NONE &&
           b->parts.v[b->part].kind == PART_ITEM && outer->first != MD_NONE &&
           sv_ends(sv_trim(v[outer->first].text), SV(":"));
}

/* The text of the heading that what is read now stands below. */
struct sv inline_heading(const struct rb_build *b)
{
    const struct rb_part *p = b->part == RB_NONE ? NULL : &b->parts.v[b->part];

    if (!p || p->kind != PART_SECTION)
        return (struct sv){NULL, 0};
    assert(b->rb->md.v); /* it has its heading */
    return b->rb->md.v[p->node].text;
}

/* "(takes up to 30 s)", and nothing behind it; anything else may be why it is not run, or not here, or not now. */
bool inline_is_remark(struct sv after)
{
    static const struct sv fronts[] = {
        SV("takes "),  SV("may take "), SV("can take "), SV("approx. "), SV("about "),
        SV("around "), SV("ca. "),      SV("up to "),    SV("~"),        SV("less than ")};
    struct sv rest, word;

    if (sv_ends(after, SV(".")))
        after.n--;
    if (after.n < 4 || *after.p != '(' || sv_find_byte(after, ')', 0) != after.n - 1)
        return false;
    rest = sv_sub(after, 1, after.n - 1);
    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_eat_nocase(&rest, fronts[i]))
            i = SIZE_MAX; /* "takes up to" */
    while (rest.n && (ascii_is_digit(*rest.p) || strchr("-.", *rest.p)))
        rest = sv_sub(rest, 1, rest.n);
    return rest.n < after.n - 2 && sv_next_word(&rest, &word) && duration_unit_ms(word) > 0 &&
           !sv_trim(rest).n;
}

/* "- runs the migration", "and wait": more is said of it. */
static bool inline_says_more(struct sv after)
{
    static const struct sv fronts[] = {SV("- "),     SV("— "), SV("– "),      SV("("), SV("and "),
                                       SV("until "), SV("# "), SV(", then "), SV("; ")};

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_starts_nocase(after, fronts[i]))
            return true;
    return false;
}

/* Not "`config.yml` - main configuration". */
static bool inline_is_program(const struct md_node *n)
{
    struct sv code = sv_sub(n->text, n->spans[0].from, n->spans[0].to);

    return block_knows_command(code) || block_is_script(code);
}

/* "Deployment scripts", "Useful commands": what there is, and nothing that is done there. */
static bool inline_only_names(struct sv heading)
{
    static struct words words = WORDS(
        "scripts commands files options targets sheet reference examples tools aliases tasks");
    struct sv word, last = {NULL, 0};

    while (sv_next_word(&heading, &word))
        last = word;
    return last.n && told_starts(last, &words);
}

/* What stands behind the code: nothing, a full stop, what it must show ("→ expect 0"), or something about it. */
static bool inline_is_all_code(const struct md_node *n, bool listed)
{
    struct sv after, rest;

    if (n->n_spans == 0 || n->spans[0].kind != MD_CODE_SPAN || n->spans[0].from != 0)
        return false;
    after = sv_trim(sv_sub(n->text, n->spans[0].to, n->text.n));
    return after.n <= 1 || inline_is_remark(after) ||
           (listed && inline_is_program(n) && inline_says_more(after)) ||
           (told_arrow(&after) && expect_is_label(after, &rest));
}

/*
 * "- `./back.sh`" right below a heading that says what is done there, or below "Promote the standby:".  A list of
 * commands that somebody may want ("Useful commands:") is none to be carried out.
 */
bool inline_is_listed(const struct rb_build *b, const struct md_node *n)
{
    const struct md_node *v = b->rb->md.v;
    const struct md_node *item = n->parent == MD_NONE ? NULL : &v[n->parent];
    const struct md_node *list =
        item && item->kind == MD_ITEM && item->parent != MD_NONE ? &v[item->parent] : NULL;
    const struct md_node *outer = list && list->parent != MD_NONE ? &v[list->parent] : NULL;
    bool inner = outer && outer->kind == MD_ITEM;
    struct sv heading = inline_heading(b);

    if (!list || item->ordered || item->task || n->next != MD_NONE ||
        !inline_is_all_code(n, true) || build_role(b) == ROLE_MONITOR)
        return false; /* what must not be run, nobody looks at (read_paragraph()) */
    if (inner) {
        struct sv text = outer->first == MD_NONE ? SV("") : sv_trim(v[outer->first].text);

        return sv_ends(text, SV(":")) && told_verb(text) != TOLD_NOT;
    }
    if (b->label.n && !sv_eq(b->label, heading))
        return sv_ends(b->label, SV(":")) && told_verb(b->label) != TOLD_NOT;
    if (b->back.part != RB_NONE)
        return true;
    return heading.n && !inline_only_names(heading) &&
           build_role_acts(title_role(b->title, heading)) &&
           title_role(b->title, heading) != ROLE_NONE;
}

/* "`curl -s localhost` returns 200" */
static bool inline_shows(const struct rb_build *b, const struct md_node *n)
{
    return n->n_spans > 0 && n->spans[0].kind == MD_CODE_SPAN && n->spans[0].from == 0 &&
           regex_has(b->block_patterns[BLOCK_SHOWS],
                     sv_trim(sv_sub(n->text, n->spans[0].to, n->text.n)));
}

/* "On pg-main-2:" above paragraphs of code. */
static bool inline_says_where(const struct md_node *n)
{
    struct sv text = sv_trim(n->text), host;

    return n->kind == MD_PARAGRAPH && sv_ends(text, SV(":")) && text.n <= LABEL_MAX_BYTES &&
           where_read(text, &host) == WHERE_ONCE;
}

bool inline_host(const struct rb_build *b, const struct md_node *n, struct sv *host)
{
    enum { LOOK = 32 };
    const struct md_node *v = b->rb->md.v;

    for (size_t i = 0; i < LOOK && n->kind == MD_PARAGRAPH && n->n_spans == 1; i++) {
        if (n->spans[0].from != 0 || n->spans[0].kind != MD_CODE_SPAN || n->before == MD_NONE)
            return false;
        n = &v[n->before];
        if (inline_says_where(n))
            return where_read(sv_trim(n->text), host) == WHERE_ONCE;
    }
    return false;
}

/*
 * "`kubectl apply -f x.yaml`" right below a heading, and those that follow it: what else stands before may speak of it
 * ("Syntax:", "We used to run:").
 */
static bool inline_is_alone(const struct rb_build *b, const struct md_node *n)
{
    enum { READ_ALONE = 32 }; /* paragraphs of code that follow each other */
    const struct md_node *v = b->rb->md.v, *before = n;

    for (size_t i = 0; i < READ_ALONE && before->kind == MD_PARAGRAPH; i++) {
        if (b->back.part != RB_NONE && before == &v[b->back.label])
            break;
        if (inline_says_where(before))
            break;
        if (before->n_spans != 1 || !inline_is_all_code(before, false) || before->before == MD_NONE)
            return false;
        before = &v[before->before];
    }
    return (before->kind == MD_HEADING || inline_says_where(before) ||
            (b->back.part != RB_NONE && before == &v[b->back.label])) &&
           !b->quoted && block_is_whole_command(n) && build_role(b) != ROLE_MONITOR &&
           build_role(b) != ROLE_VERIFY;
}

/* "- Reload it: `systemctl reload x`", "Restore the backup: `cp a b`, then `./start`."; "Add this: `export A=1` to `~/.profile`" is none. */
static bool inline_is_told(const struct rb_build *b, const struct md_node *n)
{
    if (n->parent == MD_NONE || b->quoted || !n->n_spans ||
        !sv_ends(sv_trim(sv_sub(n->text, 0, n->spans[0].from)), SV(":")) ||
        !regex_has(b->block_patterns[BLOCK_TO_RUN], n->text) || !block_tells(b, n))
        return false;
    for (size_t i = 0; i < n->n_spans; i++)
        if (n->spans[i].kind == MD_CODE_SPAN && !block_span_is_command(n, &n->spans[i]))
            return false;
    return n->spans[0].kind == MD_CODE_SPAN;
}

/* Where the sentence around [from, to) begins and ends; of a long one what is near. */
static struct sv inline_sentence(struct sv text, size_t from, size_t to)
{
    size_t least = from > LABEL_MAX_BYTES ? from - LABEL_MAX_BYTES : 0;
    size_t most = size_min(text.n, to + LABEL_MAX_BYTES);

    while (from > least && !(ascii_is_space(text.p[from]) && strchr(".!?;\n", text.p[from - 1])))
        from--;
    while (to < most && text.p[to] != '\n' &&
           !(strchr(".!?;", text.p[to]) && (to + 1 == text.n || ascii_is_space(text.p[to + 1]))))
        to++;
    return sv_sub(text, from, to);
}

static bool inline_is_if(struct sv text)
{
    struct sv word;

    return sv_next_word(&text, &word) &&
           words_have(WORDS_HERE("if when unless falls wenn si se caso jeśli"), word);
}

/* ", if it hangs", "(only when it is a replica)": when; empty: something else stands behind the command. */
static struct sv inline_case_behind(struct sv after)
{
    static struct words only = WORDS("only nur seulement uniquement solo sólo somente apenas");
    static struct words news = WORDS(
        "prompted asked done finished ready complete completed everything all you you're fertig alles");
    static const struct sv others[] = {SV(", otherwise "), SV(", else "), SV(", sonst ")};
    struct sv text = sv_trim(after), rest, word, next;
    bool bracket;

    (void)(sv_eat(&text, SV(",")) || sv_eat(&text, SV("–")) || sv_eat(&text, SV("—")));
    text = sv_trim(text);
    bracket = sv_eat(&text, SV("("));
    if (bracket)
        text = sv_sub(text, 0, sv_find_byte(text, ')', 0));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        text = sv_sub(text, 0, sv_find_nocase(text, others[i], 0));
    rest = text;
    if (!sv_next_word(&rest, &word))
        return (struct sv){NULL, 0};
    if (words_have(&only, word) && !sv_next_word(&rest, &word))
        return (struct sv){NULL, 0};
    if (!inline_is_if(word) || !sv_next_word(&rest, &next) || words_have(&news, told_bare(next)) ||
        sv_find_byte(text, ',', 0) != SV_NPOS) /* ", if it fails, stop": what is done then */
        return (struct sv){NULL, 0};
    return sv_trim(text);
}

/* "Restart it if needed: `x`" */
static struct sv inline_case_before(struct sv before)
{
    static const struct sv needs[] = {
        SV("if needed"),    SV("if necessary"),    SV("if required"),   SV("if applicable"),
        SV("when needed"),  SV("where needed"),    SV("as needed"),     SV("falls nötig"),
        SV("wenn nötig"),   SV("bei Bedarf"),      SV("si nécessaire"), SV("si besoin"),
        SV("au besoin"),    SV("si es necesario"), SV("se necessário"), SV("quando necessário"),
        SV("必要に応じて"), SV("必要であれば"),    SV("如有必要"),      SV("如有需要")};

    if (!REGEX_SAYS_ANY(before, needs))
        return (struct sv){NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        size_t at = sv_find_nocase(before, needs[i], 0);

        if (at != SV_NPOS)
            return sv_sub(before, at, at + needs[i].n);
    }
    return (struct sv){NULL, 0}; /* uncovered: one of them was found */
}

/* "Anything above 20 → restart: `x`", "nothing failed -> `x`": what is seen before the arrow. */
static struct sv inline_case_arrow(struct sv before)
{
    static const struct sv arrows[] = {SV("→"), SV("⇒"), SV("->"), SV("=>")};
    static const struct sv compares[] = {SV(" above "), SV(" below "), SV(" over "), SV(" under "),
                                         SV(" more "),  SV(" less "),  SV(" > "),    SV(" < "),
                                         SV(" fails"),  SV(" failed"), SV("n't "),   SV(" not ")};
    size_t at = SV_NPOS;
    struct sv seen;

    for (size_t i = 0; i < ARRAY_LEN(arrows); i++)
        at = size_min(at, sv_find(before, arrows[i], 0));
    if (at == SV_NPOS)
        return (struct sv){NULL, 0};
    seen = sv_trim(sv_sub(before, 0, at));
    return seen.n && told_verb(seen) == TOLD_NOT &&
                   (told_starts(
                        seen,
                        WORDS_HERE(
                            "anything any more less fewer nothing none everything still empty no if when")) ||
                    REGEX_SAYS_ANY(seen, compares))
               ? seen
               : (struct sv){NULL, 0};
}

/* "prod: `kubectl config use-context prod`" beside the same for another environment. */
static struct sv inline_case_stage(struct rb_build *b, struct sv before)
{
    struct regex_match g[2];

    before = sv_trim(before);
    return before.n < 40 && regex_find(b->block_patterns[BLOCK_STAGE_LABEL], before, 0, g, 2)
               ? arena_fmt(b->arena, "for %.*s only", SV_FMT(sv_sub(before, g[1].from, g[1].to)))
               : (struct sv){NULL, 0};
}

/* When the command of this code span is carried out, as its sentence says; empty: always. */
static struct sv inline_case(struct rb_build *b, const struct md_node *n,
                             const struct md_span *code)
{
    struct sv one = inline_sentence(n->text, code->from, code->to);
    size_t begin = (size_t)(one.p - n->text.p);
    struct sv before = sv_sub(n->text, begin, code->from),
              found = inline_case_behind(sv_sub(n->text, code->to, begin + one.n));

    if (!found.n)
        found = inline_case_before(before);
    if (!found.n)
        found = inline_case_arrow(before);
    return found.n ? found : inline_case_stage(b, before);
}

/* "`a` or `b`", "`a` (alternatively `b`)", "`a`, or if that fails `b`": *rest is what stands behind such a word. */
static bool inline_is_or(struct sv between, struct sv *rest)
{
    struct sv text = sv_trim(between), word;

    (void)(sv_eat(&text, SV(",")) || sv_eat(&text, SV(";")));
    text = sv_trim(text);
    (void)sv_eat(&text, SV("("));
    if (sv_find(text, SV(". "), 0) != SV_NPOS || !sv_next_word(&text, &word) ||
        !words_have(WORDS_HERE("or alternatively oder alternativ ou lub または 或"),
                    told_bare(word)))
        return false;
    *rest = sv_trim(text);
    return true;
}

/* None of [from, to] is carried out unless somebody chooses it; what has a case of its own stays as it is. */
static void inline_either(struct rb_build *b, size_t from, size_t to)
{
    for (size_t i = from; i <= to; i++) {
        struct rb_step *s = &b->steps.v[i].step;
        size_t other = i < to ? i + 1 : i - 1;

        if (!s->condition.n)
            s->condition =
                arena_fmt(b->arena, "instead of '%.*s'", SV_FMT(b->steps.v[other].step.text));
    }
}

void inline_cases(struct rb_build *b, const struct md_node *n, size_t from)
{
    size_t at = 0, behind = 0;  /* the end of the command before */
    size_t alternatives = from; /* the first of them: "`a`, `b` or `c`" */

    for (size_t i = from; i < b->steps.n; i++) {
        struct rb_step *s = &b->steps.v[i].step;
        struct sv part = s->part == RB_NONE ? (struct sv){NULL, 0} : b->parts.v[s->part].condition;
        struct sv found, between, rest;
        bool either;

        while (at < n->n_spans &&
               !sv_eq(sv_sub(n->text, n->spans[at].from, n->spans[at].to), s->text))
            at++;
        if (at == n->n_spans)
            return;
        found = inline_case(b, n, &n->spans[at]);
        if (found.n && !s->condition.n && !(part.n && sv_has(part, found)))
            s->condition = found;
        between = sv_trim(sv_sub(n->text, behind, n->spans[at].from));
        either = i > from && !found.n && inline_is_or(between, &rest);
        if (either && inline_is_if(rest) && !s->condition.n)
            s->condition = told_bare(rest);
        else if (either)
            inline_either(b, alternatives, i);
        else if (!sv_eq(between, SV(",")))
            alternatives = i;
        behind = n->spans[at].to;
        at++;
    }
}

/* Where the last command ends, of the steps from `from` on; 0: nowhere, or one behind it is not carried out. */
static size_t inline_end(const struct rb_build *b, const struct md_node *n, size_t from)
{
    enum { MOST = 8 };
    size_t end = 0, at = from, missed = 0, k;

    for (size_t i = 0; i < n->n_spans; i++) {
        struct sv code = sv_sub(n->text, n->spans[i].from, n->spans[i].to);

        if (n->spans[i].kind != MD_CODE_SPAN || !block_span_is_command(n, &n->spans[i]))
            continue;
        for (k = at; k < b->steps.n && !sv_eq(b->steps.v[k].step.text, code);)
            k++;
        if (k == b->steps.n && (end || ++missed == MOST))
            return 0;
        if (k == b->steps.n)
            continue; /* "Do not run `a`. Run `b`." */
        end = n->spans[i].to;
        at = k + 1;
    }
    return end;
}

bool inline_logs_in(struct rb_build *b, const struct md_node *n)
{
    struct sv code, word;

    if (!n->n_spans || n->spans[0].kind != MD_CODE_SPAN || n->spans[0].from != 0)
        return false;
    code = sv_sub(n->text, 0, n->spans[0].to);
    if (!sv_eat(&code, SV("ssh ")) || !sv_next_word(&code, &word) || sv_trim(code).n ||
        !ascii_is_word(*word.p))
        return false;
    b->host = word;
    b->stay.host.n = 0;
    stay_logged_in(b, RB_NONE);
    return true;
}

/* "Restart Puma on app-01, then 02, then 03: `ssh app-01 x`": what is said before the command names more than it does. */
static struct sv inline_turns(const struct rb_build *b, const struct md_node *n, size_t from)
{
    static const struct sv joints[] = {SV(", then "), SV(" and then ")};
    struct sv code = b->steps.v[from].step.text, host = b->steps.v[from].step.host, before, word;
    size_t at = sv_find(n->text, code, 0);

    before = sv_sub(n->text, 0, at == SV_NPOS ? 0 : at);
    for (size_t i = 0; i < ARRAY_LEN(joints); i++) {
        struct sv rest;

        at = sv_find_nocase(before, joints[i], 0);
        rest = sv_sub(before, at == SV_NPOS ? before.n : at + joints[i].n, before.n);
        (void)sv_eat_nocase(&rest, SV("on "));
        if (sv_next_word(&rest, &word) && sv_find(host, SV("then "), 0) == SV_NPOS) {
            word = told_bare(word);
            if (word.n && ascii_is_digit(word.p[word.n - 1]) && !sv_has(code, word))
                return sv_trim(before);
        }
    }
    return (struct sv){NULL, 0};
}

void inline_rest(struct rb_build *b, const struct md_node *n, size_t from)
{
    size_t end = inline_end(b, n, from);
    struct sv turns = end ? inline_turns(b, n, from) : (struct sv){NULL, 0};

    while (turns.n && strchr(":(", turns.p[turns.n - 1]))
        turns = sv_trim(sv_sub(turns, 0, turns.n - 1));
    if (!end || !build_role_acts(build_role(b)))
        return;
    told_must(b, n, end, from);
    if (turns.n)
        (void)build_step(b, STEP_MANUAL, n->line, turns);
    told_rest(b, n, end);
}

/* A sentence that says to run a command: "Now run `make install`."; listed: inline_is_listed(). */
bool inline_read(struct rb_build *b, const struct md_node *n, bool listed)
{
    size_t before = b->steps.n;
    bool alone = inline_is_alone(b, n);

    if (!build_role_acts(build_role(b)) || remark_is(b, n->text) ||
        !(alone || block_is_numbered(n) || title_says_run(b->title, n->text) ||
          inline_is_quoted(b, n) || inline_shows(b, n) || listed || inline_is_told(b, n) ||
          regex_has(b->block_patterns[BLOCK_WAITS], n->text)))
        return false; /* "Expected: a list of migrations to run" speaks of the commands before */
    if (block_inline(b, n)) {
        if (!(listed || inline_shows(b, n)) || !attach_inline(b, n, before))
            inline_rest(b, n, before);
    } else if (alone || ((listed || inline_shows(b, n)) && n->parent != MD_NONE &&
                         b->rb->md.v[n->parent].kind == MD_ITEM)) {
        (void)build_step(b, STEP_MANUAL, n->line, sv_trim(n->text)); /* nobody knows what it does */
    } else {
        return false;
    }
    b->block_steps = before;
    return true;
}

/* "sudo systemctl stop app", and not "docker is needed on each host". */
static bool inline_is_typed(struct sv line)
{
    static struct words said =
        WORDS("is are was were the a an and to will must should can may has have");
    struct sv rest = line, word;
    bool option = told_starts(line, WORDS_HERE("sudo $"));
    size_t words = 0;

    if (line.n < 4 || !unwrap_is_command(line) || strchr(".:,;!?", line.p[line.n - 1]))
        return false;
    for (; sv_next_word(&rest, &word); words++) {
        if (told_starts(word, &said))
            return false;
        option |= strchr("-/.", *word.p) != NULL;
    }
    return option || words > 2;
}

/* Not below "Do not run:", "Expected output:", "The old way was", "Server log:". */
static bool inline_may_type(const struct rb_build *b, const struct md_node *n, bool behind_first)
{
    const struct md_node *before = n->before == MD_NONE ? NULL : &b->rb->md.v[n->before];
    struct sv above = behind_first                             ? n->text
                      : before && before->kind == MD_PARAGRAPH ? before->text
                                                               : (struct sv){NULL, 0};

    above = numbered_text(
        sv_trim(sv_sub(above, 0, behind_first ? sv_find_byte(above, '\n', 0) : above.n)));
    if (block_is_forbidden(b) || (above.n && remark_is(b, above)))
        return false;
    return !above.n || told_verb(told_bare(above)) != TOLD_NOT ||
           (!sv_ends(above, SV(":")) && !behind_first && inline_is_typed(above)) ||
           told_starts(above, WORDS_HERE("then next finally steps:"));
}

bool inline_typed(struct rb_build *b, const struct md_node *n, bool behind_first)
{
    struct sv rest = n->text, line;
    size_t at = n->line, lines = 0;

    if (!build_role_acts(build_role(b)) || build_role(b) == ROLE_MONITOR || b->quoted ||
        !inline_may_type(b, n, behind_first) || n->n_spans > 0 ||
        scope_way(b, b->part) == SCOPE_NEVER)
        return false;
    if (behind_first) {
        (void)sv_next_line(&rest, &line);
        at++;
    }
    for (struct sv text = rest; sv_next_line(&text, &line); lines++)
        if (!inline_is_typed(sv_trim(line)))
            return false;
    if (lines == 0)
        return false;
    if (n->before != MD_NONE && b->titled == (uint32_t)(n - b->rb->md.v) &&
        b->title_step + 1 == b->steps.n)
        b->steps.v[b->title_step].replaced = true;
    for (; sv_next_line(&rest, &line) && !b->full_line; at++)
        (void)build_step(b, STEP_MANUAL, at, sv_trim(line));
    return true;
}
