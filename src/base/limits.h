#pragma once

/*
 * limits: the largest input of each kind that is accepted, with its unit and why.
 *
 * What a stranger can size meets one of these before memory is taken for it.
 */
#define LIMIT_DOCUMENT_BYTES \
    (64u << 20) /* a runbook is 50 KB; 1,000 of them concatenated are 50 MB */
#define LIMIT_BINDING_BYTES  (1u << 20)   /* prusik.yaml is written by hand */
#define LIMIT_ENV_FILE_BYTES (1u << 20)   /* a .env file is written by hand */
#define LIMIT_PLAN_BYTES     (256u << 20) /* a plan as JSON: 1 KB a step, and LIMIT_STEPS of them */
#define LIMIT_STEPS          100000u      /* of one plan: a screen of a person shows 50 */
#define LIMIT_FLEET_HOSTS    1000u        /* of one group: each has a connection of its own */
#define LIMIT_FLEET_LINE     8192u /* what a host prints without an end of line, before it is shown */
#define LIMIT_LINE_BYTES     (1u << 20) /* an editor shows 200; a picture in a page has some 100 KB */
#define LIMIT_MARKS \
    (16u            \
     << 20) /* brackets, stars, ... of a document; a line counts for 4; 50 MB of runbooks have 11 M */
#define LIMIT_OPENED 1000u /* "<?" and "<!" of one paragraph: each is searched for its end */
#define LIMIT_ABOVE_TABLE \
    1000u /* lines of a paragraph that a table follows without an empty line */
#define LIMIT_TABLE_COLUMNS 1000u    /* a spreadsheet on paper has 20 */
#define LIMIT_TABLE_CELLS   2000000u /* of all tables, short rows filled up */
#define LIMIT_NESTING       128u /* lists and quotes inside each other: beyond it nobody reads */
#define LIMIT_COMMAND_BYTES \
    (256u << 10) /* of one step: the kernel's ARG_MAX is 2 MiB for all of argv */
#define LIMIT_OUTPUT_HEAD \
    (256u << 10) /* of each output of a step: the first bytes that are kept ... */
#define LIMIT_OUTPUT_TAIL  (768u << 10) /* ... and the last: an error is usually at the end */
#define LIMIT_STATE_BYTES  (4u << 20)   /* environment and variables of a session */
#define LIMIT_HTTP_BODY    (8u << 20)   /* of an answer that an expectation reads */
#define LIMIT_SCRAPE_BYTES (64u << 20)  /* one exposition (conditions.md 7.1) */
#define LIMIT_SQL_ROWS     10000u       /* of a result that is kept; the rest is counted */
#define LIMIT_SQL_BYTES \
    (64u << 20) /* of a statement or a script: a migration with data has some 30 MB */
#define LIMIT_DB_URL          4096u /* of the address of a database: one line of a .env file */
#define LIMIT_LSP_BYTES       (16u << 20) /* a message of an editor: a runbook of some MB, escaped */
#define LIMIT_LSP_HEADER      4096u       /* bytes of its header: two lines are known */
#define LIMIT_LSP_DOCUMENTS   256u        /* that an editor has open */
#define LIMIT_LSP_DIAGNOSTICS 1000u       /* of one document: nobody reads more */
