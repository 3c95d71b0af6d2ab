#pragma once

/*
 * reader_int: the state of reading one document, shared by the files that do it.
 */
#include "base/map.h"
#include "runbook/command.h"
#include "runbook/directive.h"
#include "runbook/expect.h"
#include "runbook/prose.h"
#include "runbook/shape.h"
#include "runbook/title.h"
#include "runbook/told_verb.h"
#include "runbook/where.h"

enum block_pattern {
    BLOCK_WATCH_FOR,
    BLOCK_AT_MOST,
    BLOCK_OVER,
    BLOCK_TODO,     /* a comment that tells a person to do something */
    BLOCK_HALTS,    /* "STOP here and have somebody look": no command does it */
    BLOCK_NUMBERED, /* "3. Stop the service" */
    BLOCK_CONDITION,
    BLOCK_AT_END,  /* "Restart the bots if needed" */
    BLOCK_IN_CASE, /* "In case of failure: ..." */
    BLOCK_CASE,    /* "Otherwise:" */
    BLOCK_FOR_EXAMPLE,
    BLOCK_PRINTED,
    BLOCK_IN_BRACKETS,    /* "(if needed)", "(optional)", "(alternative)" */
    BLOCK_OTHERWISE,      /* begins what is done instead of the commands above */
    BLOCK_FOR,            /* "For a full restore, ..." */
    BLOCK_STATES,         /* "All containers running" behind a command */
    BLOCK_BY,             /* "Via Alembic": one of several ways, once there is another */
    BLOCK_IS_FILE,        /* labels: "File: x" */
    BLOCK_MAKES_FILE,     /* "... add to x:" */
    BLOCK_NEW_FILE,       /* "Create x:" */
    BLOCK_IS_OUTPUT,      /* "Expected output:" */
    BLOCK_SHOWS,          /* "`x` returns 200" */
    BLOCK_YIELDS,         /* "=> 42", "201" behind a command */
    BLOCK_PRINTS,         /* "`x` prints ready" */
    BLOCK_TO_RUN,         /* "Run x", "Restart x" */
    BLOCK_TO_LOOK,        /* "Check with x", "Use x" */
    BLOCK_NOT_TO_RUN,     /* "Never run x", "e.g. x" */
    BLOCK_DENIES,         /* "..., and don't run" before x */
    BLOCK_IS_NO,          /* "NO!", "never do this" behind a command */
    BLOCK_WAITS,          /* "Wait until it is green" above what looks */
    BLOCK_BACK_CASE,      /* "Before step 3:", "After the cutover:" in a way back */
    BLOCK_SKIP,           /* ", skip the next one" */
    BLOCK_SAYS_RUN,       /* "Run the migration:" */
    BLOCK_META_KEY,       /* "Duration", "Owner": a key wherever it stands */
    BLOCK_META_COLUMN,    /* heads a column of keys */
    BLOCK_TROUBLE,        /* "if critical issues arise" */
    BLOCK_SIGNER,         /* keys of a blank that somebody signs on */
    BLOCK_UNDO,           /* "Rollback:", "To undo this:" */
    BLOCK_AFTER_UNDO,     /* "After the rollback, complete these:" */
    BLOCK_WAYS,           /* "There are two options for ..." */
    BLOCK_ALL_THESE,      /* "Never run these": more than what is right below */
    BLOCK_CI,             /* "The pipeline executes:" */
    BLOCK_IN_FOLDER,      /* folder.h */
    BLOCK_IN_SOME_FOLDER, /* likewise */
    BLOCK_STAGE_LABEL,    /* "prod:" before a command */
    BLOCK_ONLY_IN,        /* "Production only", "Run this only in staging" */
    BLOCK_NOT_IN,         /* "Do not run this in staging", "Skip on replicas" */
    BLOCK_ALL_HERE,       /* "All commands below are run ..." */
    BLOCK_RUN_HERE,       /* "Run from the jump host, in /opt/x", and nothing to run below it */
    BLOCK_WILL,           /* "This feature will": the list below it says what it does by itself */
    BLOCK_DESCRIBES,      /* "This will:": what follows tells what the command does by itself */
    BLOCK_SHOULD,         /* "The output should be empty" */
    BLOCK_SHOULD_TOO,     /* the same in other languages: a person answers */
    BLOCK_MUST_SHOW,      /* "PLAY RECAP must have failed=0": likewise */
    BLOCK_IS_MESSAGE,     /* "Post to #channel:" */
    BLOCK_NEVER,          /* "Never ...", "Do NOT ..." */
    BLOCK_NOT_THESE,      /* "Never run these": the commands below are none to be carried out */
    BLOCK_MUST,           /* "Do not skip this step": it must be done */
    BLOCK_RIGHT,          /* "Right:", "Use this instead" behind such commands */
    BLOCK_EDIT_FILE,      /* "Edit app.conf", "Set x to 1 in app.conf" */
    BLOCK_OBLIGES,        /* "the DBA has to say yes", "point of no return" in a warning */
    BLOCK_NOT_BEGIN,      /* "Do not start before ..." */
    BLOCK_NOT_LISTED,     /* "Never do any of these:", and not "Don't go on if:" */
    BLOCK_WRONG,          /* "Wrong:", "Bad way" */
    BLOCK_NOT_YET,        /* "Do not ... until ...": that is something to wait for */
    BLOCK_SYSTEM,         /* "On Windows:", "macOS / Linux" */
    BLOCK_SYSTEM_HERE,    /* one that this program runs on */
    BLOCK_RESTORES,       /* "Restore from backup" below the backup itself */
    BLOCK_IS_BACK,        /* "If the migration fails, roll back at once": what a way back is for */
    BLOCK_STOPS,          /* "Stop all" below what was started */
    BLOCK_PATTERN__N
};
extern const char *const block_patterns[BLOCK_PATTERN__N];

/* What introduces a block is a line; more is a text, which patterns would search in vain. */
#define LABEL_MAX_BYTES 400u

enum watch_pattern {
    WATCH_ANY,
    WATCH_FOR,
    WATCH_ALERTS,
    WATCH_TRIGGERS,
    WATCH_TRIGGERED, /* "Trigger: any of the following", in a way back */
    WATCH_FEARED,    /* what is below it is no good news */
    WATCH_TAKES,
    WATCH_COMPLETES,
    WATCH_LIMITED,
    WATCH_DURATION,
    WATCH_COMPLETE,
    WATCH_HAVE,
    WATCH_FLAG,
    WATCH_FIRST,
    WATCH_PER,
    WATCH_SQL,
    WATCH_TWICE,
    WATCH_DECIDES,
    WATCH_STAYS,
    WATCH_MORE,
    WATCH_ACTS, /* "abort immediately", and nothing else */
    WATCH_ALSO, /* what else says more than one thing */
    WATCH_SOAK, /* "Watch the dashboards for 30 minutes" */
    WATCH_FOR_WORD,
    WATCH_LASTS,
    WATCH_REPEATED,
    WATCH_WANTED,
    WATCH_TURNS,    /* "falls below 5": news, and nothing that is hoped for */
    WATCH_LEADS,    /* "2 % → page", "unless": more than one thing is said */
    WATCH_RELATIVE, /* "80 % of last week", "85 % after a full GC": no limit that stands alone */
    WATCH_GOES_ON,  /* "Continue when:": what is below it is hoped for */
    WATCH_STOPS,    /* "Pull it when": what is below it is feared */
    WATCH_FINE,     /* nothing is done */
    WATCH_BACK,
    WATCH_MORE_IS_BETTER,
    WATCH_LESS_IS_BETTER,
    WATCH_ALL_OF,
    WATCH_PATTERN__N
};
extern const char *const watch_patterns[WATCH_PATTERN__N];

/* A step while its checks are still being collected. */
struct rb_draft {
    struct rb_step step;
    bool replaced;      /* what follows carries it out */
    uint32_t said;      /* directive of the step itself; RB_NONE */
    uint32_t undone_by; /* the part below a label "Rollback:" behind it; RB_NONE */
    uint32_t turns;     /* the part of a way that leads back, for which it asks; RB_NONE */
    expect_list expects;
};

/* What stands behind the date in the name of a file, and the step that makes it. */
struct rb_name {
    struct sv back;
    uint32_t step;
};

/* "If you see `x`, go to [Restart](#restart)": what the anchor's heading begins is for that case. */
struct rb_jump {
    size_t line;
    struct sv anchor; /* without '#'; of "**Hot upgrade** only when ...", the title */
    bool titled;
    struct sv condition;
};

/* What stands below a label "Rollback:", while it is read. */
/* ways.c: where the document says that there are several. */
struct ways {
    uint32_t part,
        item;          /* the section that says so; the last item that is one of them, or RB_NONE */
    uint32_t from, to; /* nodes: they stand between these */
    bool listed;       /* they are items of a list */
};

/* fold.c: <details> whose summary says what it is for, a callout "[!failure] ...", while they are read. */
struct fold {
    uint32_t part;  /* RB_NONE: none is read */
    uint32_t outer; /* the part that it stands in */
    unsigned depth; /* of <details> inside of each other */
};

/* fold.c: `=== "Helm"`, one of several tabs, while it is read. */
struct tab {
    uint32_t part; /* RB_NONE: none is read */
    uint32_t outer;
    uint32_t inside; /* node that all of them are children of */
    size_t first;    /* line of the first of them */
    size_t until;    /* the line that ends one of a tag; 0: its indentation does */
    size_t indent;
};

/* folder.c: "All commands are run from `/opt/app`": where what follows is done. */
struct here {
    uint32_t part;          /* of what is below it; RB_NONE: of all of the document */
    struct sv folder, host; /* empty: it does not say */
    uint32_t node;          /* that says so, */
    size_t line;
    struct sv text;
    bool entered;    /* in the session */
    uint32_t proc;   /* of this procedure */
    struct sv there; /* on that host */
};

/* "On the standby:" above the first of several blocks; host is empty: nothing is said. */
struct stay {
    struct sv host, last;  /* last: where the last of them runs */
    uint32_t part, parent; /* below which it holds: of the runbook, of the Markdown tree */
};

/* "Hosts which must not be rebooted: db01" */
struct forbid {
    size_t line;
    struct sv text;
};

struct way_back {
    uint32_t part;   /* RB_NONE: none is read */
    uint32_t outer;  /* the part that it stands in */
    uint32_t label;  /* its node */
    uint32_t inside; /* node that the label is a child of */
    struct sv host;  /* where what is behind it runs */
    size_t steps;    /* steps.n at the label */
    bool title;
    bool bare; /* a title that nothing marks as one */
};

struct rb_build {
    struct runbook *rb;
    struct arena *arena;
    struct shell_parser *shell;
    struct expect_reader *expect;
    struct prose_reader *prose;
    struct title_reader *title;
    struct regex *block_patterns[BLOCK_PATTERN__N];
    struct shape_reader *shape;
    struct regex *watch_patterns[WATCH_PATTERN__N];
    struct sv watch_any; /* "30m": what follows are reasons to roll back within that time; empty */
    struct sv watch_for; /* "2h": what follows is watched that long; empty */
    struct sv watch_first; /* "24h" of the heading "Metrics (First 24 Hours)"; empty */
    struct sv watch_flag;  /* the first that the document sets, once a tree asked; empty */

    VEC(struct rb_part) parts;
    VEC(struct rb_block) blocks;
    VEC(struct rb_draft) steps;
    VEC(struct rb_rule) rules;
    VEC(struct rb_checkpoint) checkpoints;
    VEC(struct rb_message) messages;
    VEC(struct rb_meta) metas;
    VEC(struct rb_signer) signers;
    VEC(struct rb_remark) remarks;
    VEC(struct rb_failure) failures;
    VEC(struct rb_note) notes;
    VEC(struct rb_mention) mentions;
    VEC(struct forbid) forbids;
    VEC(struct rb_name) names;
    VEC(struct rb_jump) jumps;
    VEC(struct sv) environments;

    /* scope.c: what directives say */
    VEC(struct directive) said;
    VEC(uint32_t) said_of; /* by part: index of what was said of it, or RB_NONE */
    struct map said_names; /* part of each name */
    uint32_t saying;       /* what was said of the block or list that is read now; RB_NONE */
    struct directive waiting, front;
    bool has_waiting; /* `waiting` is for what comes next */
    bool has_front;

    uint32_t part; /* that what is read now belongs to */
    uint32_t proc; /* whose steps share a session */
    struct sv host;
    struct sv left_host; /* where the section before was, which the present one may go on in */
    struct sv label;     /* of the paragraph before: "Expected:", "File:", a bold trigger */
    size_t label_line;
    const char *decided_from; /* the sentence before the one that decides, in the same text; NULL */
    bool inlined;             /* commands were found in the text of the present item */
    struct way_back back;
    struct fold fold;
    struct tab tab;
    struct ways ways;
    struct here here;
    struct stay stay;
    struct sv logged;       /* `host`, where a command or sentence logged in */
    uint32_t logged_block;  /* of that command; RB_NONE */
    struct sv given;        /* `host` that a directive gave */
    struct map tasks;       /* numbers of the boxes */
    bool named;             /* a heading of level 1 was read */
    struct sv opened;       /* "su - app", which is `host` as long as that shell is open; empty */
    struct sv opened_outer; /* where it was opened */
    size_t opened_from;     /* the first of several that follow each other */
    size_t opened_step;     /* its step, which nobody needs once something runs there */
    bool title_host;        /* `host` is what the present heading says, */
    bool title_within;      /* somewhere in it */
    uint32_t title_host_part;
    bool aside;       /* inside a note or tip: nobody has to carry it out */
    bool quoted;      /* inside a quote */
    bool alarmed;     /* inside one that warns */
    bool acting_list; /* inside a list with numbers or boxes, or that follows another list */
    bool staged;      /* inside a list of stages of a rollout */
    bool hoped;       /* inside a list of what is waited for */
    bool feared;      /* inside a list of what is feared: nothing in it is expected */
    uint32_t section; /* numbered, and nothing found in it so far since then; RB_NONE */
    size_t section_steps, section_rules, section_blocks;
    bool whole;        /* inside an item without commands, which is asked as a whole */
    uint32_t titled;   /* the code node that the list item before it introduces; MD_NONE */
    size_t title_step; /* its manual step, which the code stands for; SIZE_MAX */
    uint32_t title_part;
    struct sv typed_number; /* the last one of numbered.c; empty */
    struct sv
        list_case; /* "Turn it off if:" above a list: what stands right below the list is for that case */
    uint32_t list_case_of; /* that node */
    size_t block_steps; /* steps.n before the last block: what follows speaks of those after it */
    size_t full_line;   /* where LIMIT_STEPS was reached; nothing is read from there on; 0 */
};

struct rb_part *build_part(struct rb_build *b, uint32_t index);
static inline enum rb_role build_role(const struct rb_build *b)
{
    return b->part == RB_NONE ? ROLE_NONE : b->parts.v[b->part].role;
}
/* Is what stands in such a part carried out? */
bool build_role_acts(enum rb_role role);

/* A new step at the end, of the present part. */
struct rb_draft *build_step(struct rb_build *b, enum rb_step_kind kind, size_t line,
                            struct sv text);
/* What follows is typed into the shell that the last step opens: somebody says how it is reached; and where one is behind it. */
void build_enter_shell(struct rb_build *b, struct sv command);
struct sv build_leave_shell(struct rb_build *b);
/* A step is built: if it runs there, nobody needs the steps that opened it. */
void build_in_shell(struct rb_build *b);
void build_note(struct rb_build *b, enum rb_note_kind kind, size_t line, size_t column,
                struct sv text);
/*
 * Attach what is expected to the steps [from, steps.n) : each clause to the last step that can show
 * it, else, as a question, to the last one.  A text of more than EXPECT_MAX_BYTES is one question, and no
 * more than EXPECT_MAX_STEPS steps are looked at.
 */
#define EXPECT_MAX_STEPS 64u
void build_expect(struct rb_build *b, size_t from, struct sv text, size_t line);

/* An output as the author shows it, line for line, of step `at`. */
void build_expect_output(struct rb_build *b, size_t at, struct sv text, size_t line);
/* "Verify the API responds: `curl x`", "`x` returns 200": of the steps [from, ...) that an item's text gave. */
bool attach_inline(struct rb_build *b, const struct md_node *n, size_t from);
/* The text of a node with its code spans in back quotes again: "Expected: `2`". */
struct sv attach_text(const struct rb_build *b, uint32_t node);
/* The item of a checklist that the present procedure belongs to by its number; NULL. */
struct rb_draft *attach_task(struct rb_build *b);
/* "Success Criteria:", "Validation:": each bullet of the list below speaks of the steps before it. */
bool attach_is_criteria(const struct rb_build *b, struct sv label, uint32_t list);
void attach_criteria(struct rb_build *b, uint32_t list);

/*
 * case.c: "Production only", "Do not run this in staging", "Skip on replicas": a condition; empty: it says no such thing.  The
 * plan knows "for production only" and "not for staging" for what they are.
 */
/* "Anything other than 200 → go back:": when that is done; empty: always. */
struct sv case_of_answer(struct sv label);
struct sv case_of_place(const struct rb_build *b, struct sv text);
/* case.c: does the paragraph say when its section is done? */
void case_paragraph(struct rb_build *b, const struct md_node *n);
/* "If X is enabled, update it." right above commands: when they are run; empty: it is no such text. */
struct sv case_of_text(struct sv text);
/* The same of the block that the label stands above, but for what a way back is for. */
struct sv case_of_block(const struct rb_build *b, uint32_t index, struct sv label);
/* "Skip this step if ...": of its section or item, else of the commands right above it. */
void case_left_out(struct rb_build *b, const struct md_node *n);
/* "- If the start fails:" in a way back: what is done then below it, the steps from `from` on. */
void case_of_back(struct rb_build *b, size_t from, struct sv label);

/* watch_list.c: what is watched.  A heading, a paragraph, a comment or item, a query, a row, a drawing. */
void watch_heading(struct rb_build *b, struct sv title);
/*
 * A second condition ("and the fix is not ready") or a negation ("roll back is not needed") is none that is read here:
 * a rule without it would act when nobody wants it to.
 */
bool watch_is_simple(const struct rb_build *b, struct sv text);
/* "the 5xx rate stays above 5%": without what says nothing. */
struct sv watch_bare(struct rb_build *b, struct sv reason);
/* A condition of a table as a rule with what is done then; empty: it is not understood. */
struct sv watch_phrase(struct rb_build *b, struct sv phrase, enum prose_verdict verdict,
                       struct sv *dropped);
/* Are the items of the list that begins here, boxes or not, reasons to roll back? */
bool watch_is_reasons(const struct rb_build *b);
void watch_paragraph(struct rb_build *b, const struct md_node *n);
void watch_propose(struct rb_build *b, struct sv text, size_t line);
/* A condition in the words and the order of the readers of rules: german_phrase(), amount_phrase(). */
struct sv watch_english(struct rb_build *b, struct sv text);
/* "for five minutes", "for an hour", "for 2 consecutive minutes" as "for 5 minutes". */
struct sv watch_digits(struct rb_build *b, struct sv text);
/* How long it must last is never left out: a rule without it would act at once.  `clauses`: of the rule. */
bool watch_keeps_span(const struct rb_build *b, struct sv reason, struct sv clauses);
void watch_query(struct rb_build *b, struct sv sql, size_t line);
/* False: not an item of a list of triggers, alerts or metrics. */
bool watch_item(struct rb_build *b, struct sv text, size_t line);
/* Of an item at a time, which no other way could read. */
void watch_timed(struct rb_build *b, struct rb_rule *rule);
struct watch_cells {
    struct sv metric, query, threshold, alert; /* query may be empty */
    struct sv action; /* what is done at the alert; empty: its cell says it */
    bool hoped;       /* the threshold is a target */
};
/* "Rollback is not needed" (table_rule.c) */
bool table_denies(struct sv action);
bool watch_row(struct rb_build *b, const struct watch_cells *c, size_t line);
void watch_message(struct rb_build *b, const struct rb_block *block);
/* A rule of the document, with the words it comes from; no text: they are not understood. */
void watch_rule(struct rb_build *b, size_t line, struct sv source, struct sv text);

/* --- watch_half.c --- */

/* The conditions of one that is not understood as a whole, if any of them is; false: nothing was added. */
bool watch_halves(struct rb_build *b, struct sv phrase, enum prose_verdict verdict, size_t line);
/* The rules of one sentence begin at `from`: those that are not understood are for people, if any other is. */
void watch_mark_halves(struct rb_build *b, size_t from, struct sv action);
/* "Rollback triggers:": is what stands below the label what nobody hopes for? */
bool watch_is_feared(const struct rb_build *b, struct sv label);
/* "Continue when:": is it what everybody hopes for? */
bool watch_is_hoped(const struct rb_build *b, struct sv label);
/* "twice", "on each node": what no rule says. */
bool watch_is_repeated(const struct rb_build *b, struct sv reason);
/* Does the text compare something with a limit? */
bool watch_limited(const struct rb_build *b, struct sv text);
/* The action of a rule that the words name; empty: none, or that all is well. */
struct sv watch_verdict(struct sv words);
/* The same, and of words that name who is told: "Page the on-call". */
struct sv watch_action(struct rb_build *b, struct sv words);
/* watch_decide.c: rules of sentences that say what is done when; false: there are none. */
bool watch_decides(struct rb_build *b, struct sv text, size_t line);
void watch_tree(struct rb_build *b, const struct rb_block *block);

/* block.c: a fence, and commands in the text of a list item or a table. */
void block_read(struct rb_build *b, uint32_t node);
/* Does a line of it begin with ssh?  Then it says itself where things run. */
bool block_has_ssh(struct sv text);
/* Lines "D1. `systemctl stop x`", "D2. ...": a list that was typed, each of it all code. */
bool block_is_numbered(const struct md_node *n);
/* Is the text, all of it code, a program with arguments? */
bool block_is_whole_command(const struct md_node *n);
/* Steps of the commands in code spans of a text; false: there are none. */
bool block_inline(struct rb_build *b, const struct md_node *n);
/* Does the text tell somebody to run the commands in it?  Is the code a whole one? */
bool block_tells(const struct rb_build *b, const struct md_node *n);
bool block_span_is_command(const struct md_node *n, const struct md_span *s);
/* mention.c: a text that nothing carries out: the commands in it that change something are left to people. */
void mention_read(struct rb_build *b, const struct md_node *n);
/* "Expected output of `x`:" above a block; an item that is struck out.  False: they are not. */
bool mention_output_of(struct rb_build *b, const struct md_node *n);
bool mention_struck(struct rb_build *b, uint32_t item);
/* The text of an item above its commands. */
void mention_head(struct rb_build *b, const struct md_node *n);
/* A paragraph of a section about troubleshooting. */
void mention_help(struct rb_build *b, const struct md_node *n);
/* "Smoke: `curl x`", "`git revert x`, then deploy": a person does what it says; false: it is no such text. */
bool mention_paragraph(struct rb_build *b, const struct md_node *n);
/* "./deploy.sh", "ops/deploy.sh": a file that is run, whatever it does. */
bool block_is_script(struct sv text);
/* "Never run this:", "Wrong:" is the label. */
bool block_is_forbidden(const struct rb_build *b);

/* inline.c: is it a bullet of commands that are carried out; a text with a command that is; commands that were typed as text. */
bool inline_is_listed(const struct rb_build *b, const struct md_node *n);
/* "Run `x` only if it hangs": of the steps from `from` on, which the text gave. */
void inline_cases(struct rb_build *b, const struct md_node *n, size_t from);
bool inline_read(struct rb_build *b, const struct md_node *n, bool listed);
/* "`ssh jump1`, `tmux new`": a person does it, and what follows runs there; false: no such text. */
bool inline_logs_in(struct rb_build *b, const struct md_node *n);
/* Behind the last command of the text, of which the steps from `from` on were made. */
void inline_rest(struct rb_build *b, const struct md_node *n, size_t from);
/* "On web1:" above paragraphs that are all code: of each of them. */
bool inline_host(const struct rb_build *b, const struct md_node *n, struct sv *host);
bool inline_typed(struct rb_build *b, const struct md_node *n, bool behind_first);
bool inline_is_remark(struct sv after);
struct sv inline_heading(const struct rb_build *b);

/*
 * block_text.c: a copy of a block's text in which prompts are blanks and the output of commands is gone, so
 * that lines stay, and offsets to where a heredoc was typed behind "> ": its lines are bytes of a file.  *prompt: '$', '%' or '#' when there are prompts, 's' for a database client's, 0.
 */
struct block_prompts {
    bool console;  /* the block says that it is one: "# " may be a prompt */
    bool machines; /* "web1$ " may be one, and not below "Expected output:" */
};
struct sv block_text(struct sv literal, struct block_prompts may, struct arena *arena,
                     char *prompt);
/* The host that the last prompt "user@host:~$" or "web1$" up to that line of the text names; empty: none. */
struct sv block_prompt_host(struct sv literal, size_t number);
bool block_has_prompt_host(struct sv literal);
/* "127.0.0.1:6379> INFO", ">>> import x": what is typed into a program that is no database client. */
bool block_typed(struct sv line, struct sv *typed);
/* The program of a command line, without sudo and its options; empty when there is none. */
struct sv block_first_word(struct sv line);
/* Does a program that is known here stand first in the line? */
bool block_knows_command(struct sv line);

/* block_kind.c: kind and path of a block whose text is set. */
bool block_is_console(struct sv lang);
/* Is it the language of commands, statements or requests? */
bool block_lang_runs(struct sv lang);
/* The language of an info string. */
struct sv block_lang(struct sv info);
/* "→ expect 0": eats the arrow or dash. */
bool told_arrow(struct sv *text);
/* Is a file in the language text for people, with [placeholders] in it? */
bool block_lang_is_prose(struct sv lang);
/* "[ ] Backup made": what stands behind the box; false: the line has none. */
bool block_box(struct sv line, struct sv *ret);
void block_classify(const struct rb_build *b, struct sv info, char prompt, struct rb_block *block);

/*
 * block_lines.c: the lines of a block without a language.  What a line of commands leaves open, a quote or a heredoc, which
 * the lines behind it belong to.
 */
struct block_open {
    char quote;     /* '\'' or '"'; 0: none */
    struct sv word; /* that ends the heredoc; empty: none */
};
/* block_text.c: the word that ends the heredoc which the line begins; empty: it begins none.  *dash: "<<-". */
struct sv block_heredoc(struct sv line, bool *dash);
bool block_goes_on(const struct block_open *open);
void block_behind(struct block_open *open, struct sv line);
/* Commands of programs that nobody knows, by their look: "foo stop app"; a person does them. */
bool block_looks_typed(struct sv text);
/* "Expected: lag < 30 s" among commands as a comment; the text itself when there is none. */
struct sv block_mark_expected(const struct rb_build *b, struct sv text);
/* A block that is not run: boxes are confirmed, and what the sentence above tells to do with it is done by a person. */
void block_show(struct rb_build *b, uint32_t index);

/* block_comment.c: what is said in comments of a block. */
struct block_reader {
    struct rb_build *b;
    uint32_t block; /* index */
    size_t first;   /* steps.n before this block */
    /* comments that wait for the next command */
    struct strbuf note;
    size_t note_line;
    struct sv expect;
    size_t expect_line;
    int64_t timeout_ms;
    struct sv client;  /* of the open SQL session */
    struct sv prompts; /* the block with its prompts, where they name hosts; empty */
    struct sv there;   /* host that a comment of it names: "# On web1:"; empty */
    struct sv number,
        condition; /* of the comments before; the condition holds to the next empty line */
    struct sv label_condition; /* of what introduces the block: "If that does not help, do it:" */
    bool numbered;             /* the waiting comments begin with that number */
    bool optional;
    bool never;     /* "# Never run this": to the next empty line ... */
    bool never_all; /* ... of "these" behind the first of them */
    bool avoided;   /* one was met */
    bool claims;    /* `expect` is what a comment claims, which it also asks for */
    bool lines;     /* what follows are lines of an expected output */
    size_t ways;    /* steps.n where the first of several ways begins; SIZE_MAX: none */
    size_t way;     /* steps.n where the present paragraph begins */
    bool other_way; /* the present paragraph is one of them */
    size_t
        for_from; /* steps.n where the paragraph "For ..., do" before this one begins; SIZE_MAX: none */
    struct sv for_text;
};
void block_comment(struct block_reader *r, const struct shell_item *item);
/* "If needed, do it:" up to the comma or colon; empty: it is no condition. */
struct sv block_condition_of(const struct block_reader *r, struct sv text);
/* A command or the end follows an empty line: what was said before does not hold for it. */
void block_paragraph(struct block_reader *r);
/* What waited for the next command is not for one. */
void block_forget(struct block_reader *r);
/* What the comments before it say of the step `at`, the last one. */
void block_take_pending(struct block_reader *r, size_t at);
/* Comments that no command follows: something for a person to do, or nothing. */
void block_leftover(struct block_reader *r);

/* block.c: a span found by a pattern; false: it does not match. */
bool block_find_span(const struct block_reader *r, enum block_pattern pattern, struct sv text,
                     int64_t *ms, struct sv *rest);

/* meta.c: "key: value" lines of a paragraph, of front matter, of HTML; rows of a table of them. */
void meta_read(struct rb_build *b, const struct md_node *n);
void meta_front(struct rb_build *b);
void meta_html(struct rb_build *b, const struct md_node *n);
bool meta_table(struct rb_build *b, uint32_t node);

/* sign.c: blanks to sign on in a paragraph or item; false: there are none. */
bool sign_read(struct rb_build *b, const struct md_node *n);
/* "Failover (approval of the owner needed)": before what stands below it. */
void sign_heading(struct rb_build *b, const struct md_node *n);
/* The rows of a table of people who sign; false: it is none. */
bool sign_table(struct rb_build *b, uint32_t node);

/*
 * scope.c: what directives speak of.  A comment between blocks; a heading, step title or item and what
 * stands in its line; a text that comments in it leave waiting; a list or table (gives back the outer `saying`).
 * An item with directives of its own has what was said of the list in them: nothing is `saying`.
 */
void scope_front(struct rb_build *b);
void scope_html(struct rb_build *b, uint32_t node);
void scope_title(struct rb_build *b, uint32_t part);
void scope_item(struct rb_build *b, uint32_t part, uint32_t text);
void scope_paragraph(struct rb_build *b, uint32_t node);
uint32_t scope_group(struct rb_build *b);
bool scope_has_inline(const struct rb_build *b, uint32_t node);
/* A block: from now on its part, its host. */
struct scope {
    uint32_t part, proc, saying;
    struct sv host;
    bool gave_host;
};
struct scope scope_enter_block(struct rb_build *b, uint32_t node, bool runs);
void scope_leave_block(struct rb_build *b, const struct scope *outer);
/* How is what stands in the part carried out? */
enum scope_way { SCOPE_RUNS, SCOPE_MANUAL, SCOPE_NEVER };
enum scope_way scope_way(const struct rb_build *b, uint32_t part);
/* What was said of a step, with `said` its own. */
void scope_settle(const struct rb_build *b, uint32_t said, struct rb_step *s);
/* Errors that only show at the end: before, and after ids are known. */
void scope_end(struct rb_build *b);
void scope_check_undos(struct rb_build *b);

/*
 * stay.c: a text has said where the block `node` runs.  Where a later one runs, of which nothing is said: there, too, in the same
 * item or section; or empty.
 */
void stay_begin(struct rb_build *b, uint32_t node, struct sv host);
struct sv stay_host(struct rb_build *b, uint32_t node, struct sv label, struct sv commands);
/* "Migration (only on app01)": where the part is done, which is no condition then. */
bool stay_only(struct rb_build *b, uint32_t part, struct sv *host);
/*
 * A command of `block` or a sentence (RB_NONE) has logged in.  Where `ssh TARGET "..."` is typed then: in that session, here, or
 * nobody knows: "web1, or here" (RB_OR_HERE).
 */
void stay_logged_in(struct rb_build *b, uint32_t block);
struct sv stay_typed_on(const struct rb_build *b, uint32_t block, struct sv target);

/* forbid.c: "Hosts which must not be rebooted: db01"; the steps that do so are asked about. */
void forbid_text(struct rb_build *b, const struct md_node *n);
void forbid_finish(struct rb_build *b);

/* failure.c: find the labels; parts are final.  Is the text, all of it, "If step 7 fails, undo it"? */
void failure_finish(struct rb_build *b);

/* --- repeats.c --- */

/* A step of the way back that is said to be that of another step is done where that one is. */
void repeats_finish(struct rb_build *b);
bool failure_is_told(struct sv text);

/* remark.c: does the text only say what must not be done? */
bool remark_is(const struct rb_build *b, struct sv text);
/* The label that forbids a block; "instead of:" with its first line. */
struct sv remark_of_block(const struct rb_build *b, uint32_t index);
/* Is the block one of two, "Before" and "After" a change, which only show it? */
bool remark_is_pair(const struct rb_build *b, uint32_t block);
/* Keep it, for the next step. */
void remark_add(struct rb_build *b, size_t line, struct sv text);
/* `place`: where each step that was read stands among those that are left. */
void remark_finish(struct rb_build *b, const uint32_t *place);

/* A part with what its title says; its role is that of the parent. */
uint32_t read_part(struct rb_build *b, enum rb_part_kind kind, uint32_t parent, uint32_t node,
                   struct sv text);

/* stage.c: are all items of the list, or the parts of the text, stages of a rollout ("5 %", "25 % of the users")? */
bool stage_list(const struct rb_build *b, uint32_t list);
bool stage_line(const struct rb_build *b, struct sv text);
/* "Steps:" above bullets: each of them is done. */
bool stage_label(struct sv label);

/*
 * otherwise.c: "If not: restore it", "Otherwise, call the DBA".  Is it such a text?  Where does a sentence like that
 * begin in it; SV_NPOS: nowhere.  A condition, a text, with what it negates: `before`, else what the last step must show.
 * A remark at the last step instead of the next.
 */
bool otherwise_is(struct sv text);
size_t otherwise_begins(struct sv text);
/* "- [ ] if not → restore it" below an item that it negates, with no commands below it. */
bool otherwise_is_below(const struct rb_build *b, uint32_t item);
struct sv otherwise_condition(const struct rb_build *b, struct sv condition);
struct sv otherwise_text(const struct rb_build *b, struct sv before, struct sv text);
void otherwise_remark(struct rb_build *b, size_t line, struct sv text);

/*
 * ways.c: "There are two options for rolling back:"; the sections below, or the numbered items, are then one way each
 * (rb_part.variant).  ways_of_list(): the part of a list, as bullets below an item that are not indented belong to it.
 */
void ways_paragraph(struct rb_build *b, uint32_t node);
void ways_section(struct rb_build *b, uint32_t part);
void ways_item(struct rb_build *b, uint32_t part);
/* "Option B: Go back" beside "Option A: Continue": asked where it is gone whether the run goes on then. */
void ways_turn(struct rb_build *b, uint32_t part);
void ways_finish(struct rb_build *b);
uint32_t ways_of_list(const struct rb_build *b, uint32_t list);

/*
 * way_back.c: a label "Rollback:"; false: it is none.  Before a node is read: does it still belong to the label?  The
 * end of the list item that a label stands in.
 */
bool way_back_label(struct rb_build *b, uint32_t node);
void way_back_node(struct rb_build *b, uint32_t node);
void way_back_end(struct rb_build *b);

/* told.c: a sentence; begins as {0}.  The next one, whatever it says, and with what it tells; false: there is none. */
struct told_sentence {
    size_t from, to; /* with its full stop */
    enum told_how how;
    bool in_case;   /* "If ..., call the DBA" */
    struct sv main; /* of such: "call the DBA" */
};
bool told_cut(struct sv text, struct told_sentence *s);
bool told_next(struct sv text, struct told_sentence *s);

/* told.c: what sentences tell a person to do.  decided: rules were read from some of them. */
void told_paragraph(struct rb_build *b, const struct md_node *n, bool decided);
/* A list below "... by hand:" in which nothing was found to do; `label` is that line. */
void told_list(struct rb_build *b, uint32_t list, struct sv label);
/* Is what the texts here tell carried out? */
bool told_acts(const struct rb_build *b);
/* Lines "[ ] Set the TTL": each is confirmed; false: it is another text. */
bool told_boxes(struct rb_build *b, const struct md_node *n);
/* "Run `x` and tell the team. Then open the dashboard.": what stands behind the last command, at `at`. */
void told_rest(struct rb_build *b, const struct md_node *n, size_t at);
/* "should return `ok`", "→ 200", "is 88" behind the command that ends at `at`: the steps from `from` on must show it. */
void told_must(struct rb_build *b, const struct md_node *n, size_t at, size_t from);
/* "Scale it and wait 10 minutes:" above a block. */
void told_waited(struct rb_build *b, struct sv label, size_t line, size_t before);
/* "Same as 2.", "As above." as all of a text that no commands follow: a person does it; false: it says more. */
bool told_again(struct rb_build *b, const struct md_node *n);
/* Remember where its sentences "If ..., go to ..." lead. */
void told_jumps(struct rb_build *b, const struct md_node *n);
/* "The output should be empty." right below a block: what its commands must show.  False: no sentence says so. */
bool told_expects(struct rb_build *b, const struct md_node *n);
/* The same as told_verb() of a sentence that may say when first: "When you are ready, edit `x`". */
enum told_how told_how(struct sv sentence);
/* What stands behind "Expected:". */
void told_expected(struct rb_build *b, struct sv text, size_t line);
/* Does a sentence of it tell to do something, in a case or always? */
bool told_tells(struct sv text);
/* Behind the "[!NOTE]" of a quote. */
struct sv told_callout(struct sv text);
/* A sentence of a text; the first one without its full stop. */
struct sv told_first_sentence(struct sv text);
struct sv told_last_sentence(struct sv text);
/* What the last sentence of a text says of where the commands below it run. */
enum where_kind told_host(struct sv text, struct sv *host);
/* "Before each wave:", "After each node check it": how often, nobody here knows. */
bool told_is_each(struct sv text);
/* Do the commands wait by themselves? */
bool told_waits(struct sv commands);
bool told_host_within(struct sv text, struct sv *host); /* the same by where_within() */
void told_each(struct rb_build *b, struct sv label, size_t line, size_t before);
/* "SSH into web1.": from now on there.  True: the text says nothing else. */
bool told_move(struct rb_build *b, struct sv text);
/* "Log out of web1. On web2: `x`": what the text begins with. */
void told_leave(struct rb_build *b, const struct md_node *n);
/* A numbered section or step in which nothing was found is done by a person, as its title says: before the
 * part that the node `next` (MD_NONE: the end) begins, a heading of that level. */
#define TOLD_STEP_LEVEL 7u
void told_section(struct rb_build *b, uint32_t next, unsigned level);
void told_begin_section(struct rb_build *b, uint32_t part);

/*
 * fold.c: what stands in a box that somebody opens when it concerns him: <details>, a callout "[!failure] ...", a bullet "What
 * if the job fails?" with its commands.
 */
void fold_html(struct rb_build *b, uint32_t node);
/* Is the paragraph the title of a tab?  Before a node is read: does it still belong to one? */
bool fold_tab(struct rb_build *b, uint32_t node);
void fold_tab_node(struct rb_build *b, uint32_t node);
/* A heading that names a case: its part has the condition then. */
void fold_heading(struct rb_build *b, struct rb_part *p);
/* The part of what stands in the quote is b->part then, and b->alarmed whether it warns. */
void fold_callout(struct rb_build *b, uint32_t node);
/* When what stands in a bullet is done; of a step: "Falls Apps fehlen: nachladen".  Empty: always. */
struct sv fold_case_of_item(const struct rb_build *b, struct sv text);
struct sv fold_case_of_step(struct rb_build *b, struct sv title);
/* numbered.c: "3.1 Log on", lines "1.1 Save it"; false: the paragraph has no such number. */
bool numbered_read(struct rb_build *b, uint32_t node);
/* The line without such a number. */
struct sv numbered_text(struct sv line);
/* "**3. Rollback**" as a heading that a word processor wrote: the part is what it says. */
void numbered_role(struct rb_build *b, uint32_t part);

/* wait.c: "Wait until `x` is empty", "Keep it for 7 days. Then `x`": of the steps from `from` on that the text gave. */
void wait_of(struct rb_build *b, const struct md_node *n, size_t from);
/* Before what the text says, "after 7 days" of "Keep it for 7 days. Then delete it: `x`": when the commands in it are run; empty: at once. */
struct sv wait_later(struct rb_build *b, struct sv before);
/* "Turn it off at once if:" above a list: the block right below it is for that case. */
void wait_list_case(struct rb_build *b, uint32_t list, struct sv label);

/*
 * often.c: what is done again and again, and not in each run: of a title or item, of a cell below such a head, of what stands right
 * below a heading.  Empty: it is done in each run.
 */
struct sv often_of_title(struct rb_build *b, const struct title *t, enum rb_part_kind kind);
bool often_heads(struct sv head);
struct sv often_of_cell(struct rb_build *b, struct sv cell);
void often_paragraph(struct rb_build *b, const struct md_node *n);

/* symptom.c: sections that are each what may be wrong are cases. */
void symptom_finish(struct rb_build *b);

/* finish.c: ids, joins and the arrays of the runbook. */
void finish(struct rb_build *b);
/* table.c: a table. */
void table_read(struct rb_build *b, uint32_t node);
