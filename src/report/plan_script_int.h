#pragma once

/*
 * plan_script_int: what the files of the script share.
 */
#include "base/vec.h"
#include "report/plan_script.h"

struct script {
    const struct plan *plan;
    struct arena arena;
    struct strbuf body;     /* all but the head, which depends on it */
    VEC(struct sv) formats; /* of dates: the n-th is prusik_date_<n> */
    VEC(struct sv) values;  /* names of placeholders that are used */
    size_t n_functions;     /* step_1, step_2, ... */
};

/* --- plan_script_text.c --- */

/* 'text' for the shell. */
void script_quote(struct strbuf *out, struct sv text);
/* A name of the plan as one that the shell takes. */
void script_name(struct strbuf *out, struct sv name);
/* After "# ", on one line. */
void script_comment(struct strbuf *out, struct sv text);
/* Pieces of the plan as the text of a command, as a word in double quotes. */
void script_pieces(struct script *s, const json_t *pieces, struct strbuf *out);
void script_word(struct script *s, const json_t *pieces, struct strbuf *out);
/* Milliseconds as the seconds of sleep: "0.25", "30". */
void script_seconds(struct strbuf *out, int64_t ms);

/* --- plan_script_action.c --- */

/* The command of a step, without a newline at its end; empty for what only a person does. */
void script_command(struct script *s, const struct plan_step *step, struct strbuf *out);
/* A function that manages a bound service. */
void script_service(const struct plan_service *service, struct strbuf *out);
