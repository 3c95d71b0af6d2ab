#pragma once

/*
 * env_text: one variable in the text of a .env file or of a drop-in of systemd, read and replaced.
 *
 * Everything else of the text stays as it is, byte for byte.  Pure.
 */
#include "base/err.h"
#include "base/strbuf.h"

enum env_text_kind {
    ENV_TEXT_FILE,   /* NAME=value, perhaps quoted, perhaps after "export " */
    ENV_TEXT_DROPIN, /* Environment="NAME=value" in [Service] (systemd.exec(5)) */
};

/* The value that counts: the last one.  False: it is not there. */
NODISCARD bool env_text_get(enum env_text_kind kind, struct sv text, struct sv name,
                            struct strbuf *value);
/*
 * The text with the variable set, once: where it stood last, else at the end.  ERR_INVALID: the value has a line end, NUL or
 * something that one of the two would read differently.
 */
NODISCARD enum err_code env_text_set(enum env_text_kind kind, struct sv text, struct sv name,
                                     struct sv value, struct strbuf *out, struct err *err);
