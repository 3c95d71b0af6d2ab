#pragma once

/*
 * report: the record of a run, for people (HTML, self-contained) and programs (JSON).
 */
#include "base/strbuf.h"
#include "report/view.h"

/* Everything with outputs inlined (docs/formats/report.md).  ERR_CORRUPT when an output is damaged. */
NODISCARD enum err_code report_json(struct store *s, const struct view *v, json_t **ret,
                                    struct err *err);
/* The same as text, with a line feed behind it. */
NODISCARD enum err_code report_json_text(struct store *s, const struct view *v, struct strbuf *out,
                                         struct err *err);
/*
 * The document itself, filled in: boxes ticked, results under commands, blanks signed.  ERR_NOT_FOUND when the journal
 * has no document.
 */
NODISCARD enum err_code report_markdown(struct store *s, const struct view *v, struct strbuf *out,
                                        struct err *err);
/* JUnit's XML: a suite for each part, a case for each step and rule. */
NODISCARD enum err_code report_junit(struct store *s, const struct view *v, struct strbuf *out,
                                     struct err *err);
/* One HTML file that needs nothing else: no network, no script to read it. */
NODISCARD enum err_code report_html(struct store *s, const struct view *v, struct strbuf *out,
                                    struct err *err);
