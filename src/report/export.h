#pragma once

/*
 * export: the rules of a plan for other systems that watch (docs/formats/export.md).
 *
 * What cannot be said there is left out, and listed with the reason.  Pure.
 */
#include "plan/plan.h"

/* A file of alerting rules of Prometheus (YAML); what is left out stands in comments. */
NODISCARD enum err_code export_prometheus(const struct plan *p, struct strbuf *out,
                                          struct err *err);
/* A dashboard of Grafana (JSON): a panel for each rule; what is left out stands in its description. */
NODISCARD enum err_code export_grafana(const struct plan *p, struct strbuf *out, struct err *err);
