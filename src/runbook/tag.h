#pragma once

/*
 * tag: what the generators of sites and wikis write between Markdown: `{{< tab name="Debian" >}}`, `{% endtab %}`,
 * `:::TabTitle RHEL`, `<TabItem label="Linux">`, `{{site.data.alerts.callout_info}}`.  Pure.
 */
#include "base/sv.h"

enum tag_kind {
    TAG_NONE,  /* the line is something else */
    TAG_TAB,   /* one of several ways begins */
    TAG_END,   /* a tab, or all of them, end */
    TAG_NOTE,  /* a box begins: *name is its kind, "note", "warning" */
    TAG_LEAVE, /* a box ends */
    TAG_OTHER, /* it says nothing of what is done */
};

/* What the line is, all of it; *name: of a tab or a box. */
enum tag_kind tag_read(struct sv line, struct sv *name);
