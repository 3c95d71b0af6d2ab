#include "backup/pg_scratch.h"

#include <sodium.h>

#include "backup/pg.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "base/sv.h"

#define PG_SCRATCH_PROOF 8 /* hex digits at the end */

static void pg_scratch_proof(struct sv stem, struct strbuf *out)
{
    struct hash h = hash_of(stem);
    struct hash_text hex = hash_hex(&h);

    strbuf_addf(out, "_%.*s", PG_SCRATCH_PROOF, hex.s);
}

enum err_code pg_scratch_name(struct db *admin, const char *what, struct arena *a, struct sv *ret,
                              struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0), proof = STRBUF(0);
    unsigned char id[6];
    char hex[2 * sizeof(id) + 1];
    struct db_value v;

    randombytes_buf(id, sizeof(id));
    strbuf_addf(&name, "prusik_%s_%s", what, sodium_bin2hex(hex, sizeof(hex), id, sizeof(id)));
    pg_scratch_proof(strbuf_sv(&name), &proof);
    strbuf_add_sv(&name, strbuf_sv(&proof));
    v = DB_TEXT(strbuf_sv(&name));
    if (db_run(admin,
               SV("SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended($1, 4711))"), &v,
               1, NULL, err) != ERR_OK)
        return err->code;
    *ret = arena_sv(a, strbuf_sv(&name));
    return ERR_OK;
}

bool pg_scratch_is_name(struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf proof = STRBUF(0);
    size_t stem = name.n > PG_SCRATCH_PROOF ? name.n - PG_SCRATCH_PROOF - 1 : 0;

    if (!sv_starts(name, SV("prusik_scratch_")) && !sv_starts(name, SV("prusik_restore_")))
        return false;
    pg_scratch_proof(sv_sub(name, 0, stem), &proof);
    return sv_eq(sv_sub(name, stem, name.n), strbuf_sv(&proof));
}

enum err_code pg_scratch_clean(struct db *admin, struct arena *a, struct sv *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf gone = STRBUF(0);
    struct db_table t;

    if (db_all(admin, a,
               SV("SELECT datname FROM pg_catalog.pg_database d WHERE datname ~"
                  " '^prusik_(scratch|restore)_[0-9a-f]{12}_[0-9a-f]{8}$'"
                  " AND pg_catalog.pg_has_role(datdba, 'USAGE') AND NOT EXISTS (SELECT 1 FROM"
                  " pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND"
                  " (l.classid::bigint << 32) | l.objid::bigint ="
                  " pg_catalog.hashtextextended(d.datname::text, 4711)) ORDER BY 1"),
               NULL, 0, &t, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < t.n_rows; i++) {
        if (!pg_scratch_is_name(t.v[i].text))
            continue;
        if (pg_drop_database(admin, t.v[i].text, err) != ERR_OK)
            return err_wrap(err, "what a killed run left");
        strbuf_addf(&gone, "%s%.*s", gone.n ? ", " : "", SV_FMT(t.v[i].text));
    }
    *ret = arena_sv(a, strbuf_sv(&gone));
    return ERR_OK;
}
