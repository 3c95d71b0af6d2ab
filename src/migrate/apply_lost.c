/*
 * The connection was lost while a COMMIT was on its way, and nobody has heard of its end.  What is kept about the migration is
 * in the same transaction: where it is there, all of it is.  Where it is not, the server's process of the lost connection may
 * still be at it: only when that is gone nothing can come any more.
 */
#include <poll.h>

#include "base/clock.h"
#include "base/sv.h"
#include "migrate/apply_int.h"

#define LOST_WAIT_MS  8000 /* a server that was restarted answers again by then */
#define LOST_PAUSE_MS 200

/* *gone: no other process of the server is at it. */
static enum err_code lost_ask(struct apply_job *j, struct db *db, bool *kept, bool *gone,
                              struct err *err)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const struct db_value v[] = {DB_TEXT(j->a->pid), DB_TEXT(j->a->pid_start)};
    struct book b = j->a->book;
    struct db_value alive;

    b.db = db;
    if (db_one(db, &arena,
               SV("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1::int"
                  " AND backend_start::text = $2)"),
               v, ARRAY_LEN(v), &alive, err) != ERR_OK)
        return err->code;
    *gone = !sv_is(alive.text, "t"); /* asked first: what it has committed is seen behind it */
    return book_has_event(&b, j->version, strcmp(j->direction, "up") == 0 ? "up-done" : "down-done",
                          kept, err);
}

static enum apply_left lost_once(struct apply_job *j)
{
    CLEANUP(db_closep) struct db *db = NULL;
    struct db_config config = {.url = j->a->o.url, .connect_ms = LOST_WAIT_MS / 4};
    bool kept = false, gone = false;
    struct err ignored;

    if (db_open(&config, &db, &ignored) != ERR_OK)
        return APPLY_LEFT_UNKNOWN;
    db_limit(db, LOST_WAIT_MS / 4);
    if (lost_ask(j, db, &kept, &gone, &ignored) != ERR_OK)
        return APPLY_LEFT_UNKNOWN;
    return kept ? APPLY_LEFT_DONE : gone ? APPLY_LEFT_NOTHING : APPLY_LEFT_UNKNOWN;
}

enum apply_left apply_lost(struct apply_job *j)
{
    uint64_t until = clock_mono_ns() + LOST_WAIT_MS * UINT64_C(1000000);
    enum apply_left left = APPLY_LEFT_UNKNOWN;

    while (j->a->o.url.n && left == APPLY_LEFT_UNKNOWN && clock_mono_ns() < until) {
        left = lost_once(j);
        if (left == APPLY_LEFT_UNKNOWN)
            (void)poll(NULL, 0, LOST_PAUSE_MS);
    }
    return left;
}
