#pragma once

/*
 * data_page: the result of a comparison or an audit as one HTML file, in the look of the report.
 *
 * It stands alone: no script, nothing from the network.  What came from outside is escaped.
 */
#include "compare/audit.h"
#include "compare/compare.h"

void data_page_compare(const struct compare_result *r, struct strbuf *out);
void data_page_audit(const struct audit_result *r, struct strbuf *out);
