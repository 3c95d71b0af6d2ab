#pragma once

/*
 * weblink: the address of the next page, from a field "Link" (RFC 8288, section 3), and what it means where it was told.
 *
 * Pure.  Who is asked for a page is who told of it: an address elsewhere would get what was meant for this one, a token too.
 */
#include "base/err.h"
#include "base/strbuf.h"

/* The target of the first link whose relation has this word (case ignored); false: there is none, or it is no such field. */
bool weblink_find(struct sv field, struct sv rel, struct sv *ret);
/*
 * `ref`, told by http or https at `base`, as an address without fragment (RFC 3986, section 5.2; dot segments stay).
 * ERR_REFUSED: it is of another scheme, host or port; ERR_INVALID: it is no address.  *out is then as it was.
 */
NODISCARD enum err_code weblink_resolve(struct sv base, struct sv ref, struct strbuf *out,
                                        struct err *err);
