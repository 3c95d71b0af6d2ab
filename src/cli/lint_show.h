#pragma once

/*
 * lint_show: findings as text, JSON (docs/reference/lint.md) and SARIF 2.1.0, and the
 * page of one rule.
 */
#include "base/json.h"
#include "cli/lint_job.h"

void lint_show_text(const struct lint_jobs *jobs, bool quiet, struct strbuf *out);
/* Owned by the caller. */
json_t *lint_show_json(const struct lint_jobs *jobs);
json_t *lint_show_sarif(const struct lint_jobs *jobs);
void lint_show_rule(const struct lint_rule *rule, struct strbuf *out);
