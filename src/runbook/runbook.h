#pragma once

/*
 * runbook: a document understood: parts with roles, steps, expectations, rules,
 * checkpoints, messages.
 *
 * Reading is pure and never guesses: what is not understood is a finding, and what
 * is left open (a placeholder, an alternative) stays marked as such.  Arrays are in
 * document order; indices are into the arrays of the same runbook.  All memory is
 * the runbook's; the document must outlive it.
 */
#include "runbook/markdown.h"
#include "runbook/placeholder.h"
#include "runbook/shell.h"

#define RB_NONE UINT32_MAX

/* What a part of the document is for. */
enum rb_role {
    ROLE_NONE,
    ROLE_PREFLIGHT,
    ROLE_DEPLOY,
    ROLE_VERIFY,
    ROLE_ROLLBACK,
    ROLE_MONITOR,
    ROLE_DECIDE,
    ROLE_TROUBLESHOOT,
    ROLE_COMMUNICATE,
    ROLE_SIGN_OFF,
    ROLE_FOLLOW_UP, /* tasks for the days after it */
    ROLE_REFERENCE,
    ROLE__N
};
const char *rb_role_name(enum rb_role role);

enum rb_part_kind { PART_SECTION, PART_STEP, PART_ITEM };

/* A heading, a bold step title, or a list item that is something to do. */
struct rb_part {
    enum rb_part_kind kind;
    enum rb_role role; /* inherited */
    uint32_t parent;   /* RB_NONE for the first heading */
    uint32_t node;     /* into the Markdown tree */
    size_t line, end_line;
    unsigned level;          /* of a heading */
    struct sv title;         /* without number, glyphs and what stands in `condition` */
    struct sv number;        /* "1.2", "3"; empty */
    struct sv id;            /* path of slugs: "deployment/phase-1/1.2" */
    struct sv name, variant; /* given by a directive (docs/formats/directives.md); empty */
    struct sv condition;     /* "if needed", "only if ..."; empty: always */
    struct sv
        stage;   /* the environment that is the condition: "Production"; empty: it is another one */
    bool trails; /* the condition is the end of the title: of commands only */
    bool optional;
    bool task, checked;
    int64_t offset_ms; /* of "15-Minute Checks": when after the deployment; -1: none */
    int64_t due_ms; /* "Within 24 Hours", "(30 Days Later)": counted from the deployment; -1: now */
    size_t tabs;    /* line of the first of the tabs that it is one of; 0: it is none */
    bool later;     /* "30 days later", "7 days after": not before that */
    uint32_t joined; /* a checklist item and the procedure with its number; RB_NONE */
    uint32_t one_of; /* the first of the parts of which one is carried out; RB_NONE */
};

/* What a fence is. */
enum rb_block_kind {
    BLOCK_SHELL,
    BLOCK_SQL,
    BLOCK_HTTP,
    BLOCK_SETTINGS, /* NAME=value lines: a template of configuration */
    BLOCK_LISTING,  /* paths, log excerpts, formats */
    BLOCK_FILE,     /* the content of a file to create or to change */
    BLOCK_CODE,     /* source or data that is shown */
    BLOCK_OUTPUT,   /* what a command prints */
    BLOCK_MESSAGE,  /* a text to send */
    BLOCK_DRAWING,  /* a flow or tree drawn with characters */
    BLOCK_TEXT,     /* anything else that is not run */
    BLOCK__N
};
const char *rb_block_name(enum rb_block_kind kind);

/* A fence or indented code; or one command in a text or table, whose node then is no MD_CODE. */
struct rb_block {
    enum rb_block_kind kind;
    uint32_t node, part;
    size_t line, end_line;
    struct sv lang;
    struct sv text; /* without CRs */
    struct placeholders placeholders;
    struct shell_script script; /* of BLOCK_SHELL and BLOCK_SQL (sql_split.h); both may hold both */
    struct sv path;             /* of BLOCK_FILE, when the document names it */
};

enum rb_expect_form {
    EXPECT_EXIT,         /* number: the exit status */
    EXPECT_FAIL,         /* any exit status but 0 */
    EXPECT_CONTAINS,     /* text */
    EXPECT_NOT_CONTAINS, /* text */
    EXPECT_MATCHES,      /* text is a PCRE2 pattern */
    EXPECT_NOT_MATCHES,
    EXPECT_NUMBER, /* op, number (and number2), unit: the one number of the output */
    EXPECT_COUNT,  /* text is a noun: "20 passed" */
    EXPECT_ROWS,   /* op, number */
    EXPECT_ROW,    /* text: cells joined by '|' that a line of the output has: "known|*|60-70%" */
    EXPECT_EMPTY,  /* nothing on the standard output; the status 1 of a search is then no failure */
    EXPECT_STATUS, /* number: HTTP status; 200 with number2 299: any success */
    EXPECT_JSON,   /* text is a member name, value what it must be; op and number for numbers */
    EXPECT_ACTIVE, /* a service runs */
    EXPECT_INACTIVE,  /* a service is stopped */
    EXPECT_FREE,      /* op, number (bytes): free disk space */
    EXPECT_EXISTS,    /* files that the command made exist and are not empty */
    EXPECT_EXPIRES,   /* number: milliseconds from now that the date in the output must lie ahead */
    EXPECT_SET,       /* text: names, one a line, that must be set */
    EXPECT_INCREASES, /* two runs of the command, the second with a larger sum of numbers */
    EXPECT_VERSION,   /* op, text: a dotted version */
    EXPECT_ANY,       /* one of the `any` list */
    EXPECT_ASK,       /* not recognised: a person answers, with the output in front of them */
    EXPECT__N
};
const char *rb_expect_name(enum rb_expect_form form);

enum rb_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN, OP__N };
const char *rb_op_text(enum rb_op op);

struct rb_expect {
    enum rb_expect_form form;
    size_t line;
    struct sv source; /* as the author wrote it */
    struct sv text, value;
    enum rb_op op;
    double number, number2; /* [number, number2] for OP_IN */
    struct sv unit;         /* "ms", "GB", "%"; empty */
    struct rb_expect *any;  /* of EXPECT_ANY */
    size_t n_any;
    bool vacuous; /* an alternative that everything satisfies ("or a list of changes") */
};

/* Ends the host of a step where nobody knows whether its ssh is typed in the session before it: "web1, or here". */
#define RB_OR_HERE ", or here"

enum rb_step_kind { STEP_SHELL, STEP_SQL, STEP_MANUAL, STEP_APPROVAL, STEP__N };
const char *rb_step_name(enum rb_step_kind kind);

struct command; /* command.h */

struct rb_step {
    enum rb_step_kind kind;
    struct sv id; /* the part's id and a number: "1.2/1" */
    uint32_t part;
    uint32_t proc;  /* the part whose steps share one session (cd, export, ssh carry over in it) */
    uint32_t block; /* RB_NONE for what is not in a fence */
    uint32_t item;  /* into the block's script; RB_NONE */
    uint32_t
        made_by; /* the step that makes the file with a date in its name which it means; RB_NONE */
    uint32_t one_of; /* the first step of several ways, of which one is gone; RB_NONE */
    uint32_t way;    /* of those: the first step of the way that this one belongs to */
    size_t line, end_line;
    struct sv text; /* the command, or what a person is asked to do */
    struct sv
        client; /* of STEP_SQL: the line that opens the session ("psql -h db"); empty: the bound one */
    struct sv note;   /* the comment that speaks of it */
    struct sv host;   /* of an `ssh host` line before it; empty: here */
    struct sv number; /* of a comment "# 3. Stop the service" that it belongs to */
    struct sv row;    /* "7" in the column of numbers of its table; empty */
    struct sv condition;
    bool optional;
    bool
        waits; /* "Wait until `x` is empty": it is looked again and again until what is expected is so */
    struct command *command; /* of STEP_SHELL and STEP_SQL */
    struct rb_expect *expects;
    size_t n_expects;
    int64_t timeout_ms; /* "wait max 30 seconds"; 0: none was named */
    int64_t watch_ms;   /* "watch for 30 seconds"; 0 */
    /* said by directives, of the step or what it is in */
    struct sv undo; /* an id, or a text of several words: why nothing undoes it */
    struct sv database, skip;
    int64_t limit_ms; /* the act is ended after it; 0 */
    int64_t retries;  /* -1: nothing was said */
};

/* A condition of the prose or of a table, as a rule (docs/reference/rules.md). */
struct rb_rule {
    size_t line;
    uint32_t part;
    struct sv source;  /* as the author wrote it */
    struct sv text;    /* the rule; empty: not understood */
    struct sv dropped; /* words of the source that the rule leaves out */
    struct sv action;  /* of one that is for people: "rollback" */
    int64_t offset_ms; /* judged at T+offset only; -1: standing */
    bool half;         /* what else its sentence says is judged, and this is for people */
    bool
        proposal; /* what would judge that which a person is asked: nobody judges it unless it is bound */
};

/* A row of a monitoring schedule: at T+n look at these. */
struct rb_checkpoint {
    size_t line;
    uint32_t part;
    int64_t offset_ms;
    struct sv source; /* "Error rate, response times, application logs" */
};

enum rb_message_when {
    MESSAGE_START,
    MESSAGE_DONE,
    MESSAGE_ROLLED_BACK,
    MESSAGE_OTHER,
    MESSAGE__N
};
const char *rb_message_name(enum rb_message_when when);

struct rb_message {
    enum rb_message_when when;
    size_t line;
    uint32_t block;
    struct sv trigger; /* "Post to #deia-deployment when deployment begins" */
};

/* A `**Key:** value` line. */
struct rb_meta {
    size_t line;
    uint32_t part;
    struct sv key, value;
};

/* Somebody signs here: `**DevOps Lead**: ____ Date: ____`.  An approval step stands for it. */
struct rb_signer {
    size_t line;
    uint32_t part;
    struct sv name; /* "DevOps Lead", "Approved By" */
};

/* "Never run it twice": a warning to whoever does the step. */
struct rb_remark {
    size_t line;
    uint32_t part;
    uint32_t step; /* that follows it in its section, else the last one before; RB_NONE */
    struct sv text;
};

/* "**If Tests Fail**:": what hangs on it is for the failure of what stands before it below the same heading. */
struct rb_failure {
    size_t line, end;    /* of the label; the first line that does not hang on it */
    size_t heading_line; /* of the last heading before it; 0: none */
    struct sv label;     /* "If Tests Fail" */
    struct sv number;    /* "7" of "If step 7 fails": of that step; empty: of the one before it */
    struct sv
        text; /* what stands behind it, and its list items, with "; " between, and cut; may be empty */
};

/* A command that a list or table of a part tells somebody to run, which nothing here carries out. */
struct rb_mention {
    size_t line;
    uint32_t part;
    struct sv text;
    bool task; /* no command: what a sentence tells to do */
};

/* What reading itself noticed; lint turns it into findings. */
enum rb_note_kind {
    NOTE_BAD_UTF8,
    NOTE_NESTED_FENCE,
    NOTE_UNCLOSED_FENCE,
    NOTE_BROKEN_SHELL, /* the bash grammar does not take a block */
    NOTE_UNKNOWN_RULE, /* a condition that could not be read */
    NOTE_FORBIDDEN,    /* a step does what the document says must not be done there */
    NOTE_DIRECTIVE,    /* a directive that is wrong: the document is refused */
    NOTE__N
};
struct rb_note {
    enum rb_note_kind kind;
    size_t line, column;
    struct sv text, hint; /* hint: of NOTE_DIRECTIVE */
};

#define RB_ARRAY(type, name) \
    type *name;              \
    size_t n_##name

struct runbook {
    struct arena arena;
    const struct document *doc;
    struct markdown md;
    struct sv title;
    RB_ARRAY(struct rb_part, parts);
    RB_ARRAY(struct rb_block, blocks);
    RB_ARRAY(struct rb_step, steps);
    RB_ARRAY(struct rb_rule, rules);
    RB_ARRAY(struct rb_checkpoint, checkpoints);
    RB_ARRAY(struct rb_message, messages);
    RB_ARRAY(struct rb_meta, metas);
    RB_ARRAY(struct rb_signer, signers);
    RB_ARRAY(struct rb_remark, remarks);
    RB_ARRAY(struct rb_failure, failures); /* by line */
    RB_ARRAY(struct rb_mention, mentions); /* by line */
    RB_ARRAY(struct rb_note, notes);
    struct placeholder_words stand_ins;
    RB_ARRAY(struct sv, environments); /* what it is for; none: any */
};

/* ERR_LIMIT: nested too deeply, or more than LIMIT_STEPS steps. */
NODISCARD enum err_code runbook_read(const struct document *doc, struct runbook *ret,
                                     struct err *err);
void runbook_release(struct runbook *rb);

/* Does `id` equal `ref`, end in "/ref", or have such a prefix followed by '/'? */
bool runbook_id_matches(struct sv id, struct sv ref);
/* Does a condition speak of something that fails, or is not enough? */
bool runbook_says_failure(struct sv text);
