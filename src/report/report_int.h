#pragma once

/*
 * report_int: what the files of src/report share.
 */
#include "base/strbuf.h"
#include "report/view.h"

/* An output of a step ("out" or "err"), appended; nothing when there was none. */
NODISCARD enum err_code report_output(struct store *s, const json_t *outcome, const char *key,
                                      struct strbuf *out, struct err *err);
/* export_prometheus.c: a text of YAML, in double quotes (that of JSON is one). */
void report_yaml_text(struct strbuf *out, struct sv text);
/* How the run ended, for people; `css`: "good", "warn" or "bad". */
const char *report_outcome(const struct view *v, const char **css);
/* Something of the plan that is not judged, and why.  `what`: "rule", "checkpoint", "expectation". */
typedef void report_dropped_fn(void *arg, const char *what, struct sv text, struct sv reason,
                               size_t line);
void report_each_dropped(const struct view *v, report_dropped_fn *fn, void *arg);

/* report_hosts.c: "hosts" of an attempt of a step on several. */
NODISCARD enum err_code report_json_hosts(struct store *s, const struct view_step *step,
                                          int64_t attempt, json_t *out, struct err *err);

/* --- HTML --- */

extern const char report_css[];

/* What is scrolled sideways where it is too wide: by keys, too. */
#define HTML_WIDE(label) \
    "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" label "\">"

/* report_html_time.c */
void html_timeline(struct strbuf *b, const struct view *v);

/* Escaped. */
void html_sv(struct strbuf *b, struct sv s);
void html_str(struct strbuf *b, const char *s);
/* A state or verdict in its colour. */
void html_tag(struct strbuf *b, struct sv state);

/* What was expected of an outcome, and what it printed. */
void html_checks(struct strbuf *b, const json_t *outcome);
NODISCARD enum err_code html_output(struct store *s, struct strbuf *b, const json_t *outcome,
                                    const char *key, const char *title, struct err *err);
/* report_hosts.c */
/* What is asked of this host, where that is another thing than of the others; else empty. */
struct sv report_host_command(const struct view_step *step, struct sv host);
/* The command of a step; of one on a single host what is asked of that host. */
struct sv report_command(const struct view_step *step);
NODISCARD enum err_code html_hosts(struct store *s, struct strbuf *b, const struct view_step *step,
                                   int64_t attempt, struct err *err);

/* report_html_step.c: the steps that were planned, or those of the way back when it was taken. */
NODISCARD enum err_code html_steps(struct store *s, struct strbuf *b, const struct view *v,
                                   bool way_back, struct err *err);
