#pragma once

/*
 * inner: a source inside of another one, which gives what is read a meaning of its own.
 *
 * Only for kinds that look, and within the look of the outer one.
 */
#include "watch/log_count.h"
#include "watch/source.h"

/* Zeroed but for its row and name, and opened; inner_close() also after a failure, of NULL too. */
NODISCARD enum err_code inner_open(const struct source_ops *ops, json_t *settings,
                                   struct source **ret, struct err *err);
void inner_close(struct source *s);

/* Of an opened `http`: what the next polls ask for, its own address when it is empty, ... */
void http_source_ask(struct source *s, struct sv url);
/* ... what was asked for last, and where its answer says that the next page is (weblink.h; relation "next"); false: nowhere. */
struct sv http_source_asked(const struct source *s);
bool http_source_next(const struct source *s, struct sv *ret);

/* The counts of an opened `log` or `journal`, which may be given somebody who takes the records. */
struct log_count *log_source_count(struct source *s);
struct log_count *journal_source_count(struct source *s);
/*
 * What stood there before: lines of the last `bytes` bytes of the file; the last `n` entries.  Before or after a look, and
 * without an effect on it.
 */
NODISCARD enum err_code log_source_history(const struct source *s, uint64_t bytes,
                                           struct log_shapes *to, struct err *err);
NODISCARD enum err_code journal_source_history(const struct source *s, uint64_t n,
                                               struct log_shapes *to, struct err *err);
