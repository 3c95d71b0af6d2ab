#include "cli/db_verb.h"

static const char *const db_opts[] = {"--db",        "--dir",
                                      "--files",     "--schema",
                                      "--bind",      "--env",
                                      "--set",       "--to",
                                      "--count",     "--check",
                                      "--sql",       "--allow-out-of-order",
                                      "--wait",      "--lock-timeout",
                                      "--retry-for", "--yes",
                                      "--why",       "--accept-file",
                                      "--from",      "--table",
                                      "--retire",    "--accept-state",
                                      "--dry-run",   "--finish",
                                      "--forget",    "--json",
                                      "--quiet",     "--runner",
                                      "--sarif",     "--format",
                                      "--disable",   "--dialect",
                                      "--alembic",   NULL};
static const char *const db_words[] = {
    "new",     "status", "plan",  "upgrade", "up",    "downgrade", "down",     "current",
    "history", "verify", "stamp", "repair",  "adopt", "lint",      "backfill", NULL};

#define DB_GO "upgrade up downgrade down"
static const struct verb_only db_only[] = {
    {"--to", "plan " DB_GO, NULL},
    {"--count", "plan history " DB_GO, NULL},
    {"--check", "status", NULL},
    {"--sql", "plan", "prusik db plan --sql shows what an upgrade would run"},
    {"--dry-run", "plan adopt",
     "prusik db plan shows what an upgrade would do, prusik db downgrade without --yes what would be undone"},
    {"--allow-out-of-order", "plan upgrade up", NULL},
    {"--wait", "stamp repair adopt " DB_GO, NULL},
    {"--lock-timeout", "stamp repair adopt " DB_GO, NULL},
    {"--retry-for", "stamp repair adopt " DB_GO, NULL},
    {"--yes", DB_GO " backfill", NULL},
    {"--why", "stamp repair", NULL},
    {"--accept-file", "repair", NULL},
    {"--finish", "repair", NULL},
    {"--forget", "repair", "prusik db backfill forget JOB drops the values that a backfill kept"},
    {"--from", "adopt", NULL},
    {"--table", "adopt", NULL},
    {"--retire", "adopt", NULL},
    {"--accept-state", "adopt upgrade up", NULL},
    {"--runner", "lint", NULL},
    {"--sarif", "lint", NULL},
    {"--format", "lint", NULL},
    {"--disable", "lint", NULL},
    {"--dialect", "lint", NULL},
    {"--alembic", "lint", NULL},
    {NULL, NULL, NULL},
};

const struct verb verb_db = {
    .name = "db",
    .args = "COMMAND [VERSION|FILE...]",
    .help = "migrations of a database: apply them, undo them, say what is applied",
    .more =
        "new NAME      a file with the next version\n"
        "status        what is applied, what is to come, what does not fit; --check: 4 unless all is well\n"
        "plan          what upgrade would do, with its SQL; changes nothing\n"
        "upgrade, up   apply what is to come (--to, --count)\n"
        "downgrade, down  undo the newest (--count) or down to a version (--to); needs --yes\n"
        "current       the highest version that is applied\n"
        "history [V]   what happened, newest first\n"
        "verify [V]    run the verify queries of what is applied; 9 when there are none\n"
        "stamp V       say that it is applied, without running it; needs --why\n"
        "adopt         take over what another tool has applied: dbmate, goose, golang-migrate, Sqitch,\n"
        "              Alembic, Flyway, Liquibase, Rails, Django, Prisma, sqlx, knex, node-pg-migrate, ...\n"
        "lint [FILE]   what would lock, fail or lose data, with the safe form; files, or folders of them;\n"
        "              10 when there is a warning or error; --alembic runs Alembic for the SQL of its revisions\n"
        "backfill [status|pause|resume|cancel|forget] [JOB]\n"
        "              how far updates in batches are; hold one, let it go on, end it, drop the values it kept\n"
        "repair V      after a change by hand: --accept-file, --finish or --forget; needs --why\n\n"
        "Folders of dbmate, goose, golang-migrate, Sqitch and plain SQL are read as they are.  One run at a\n"
        "time changes a database; what was begun and not ended goes on behind what is done.\n"
        "docs/guide/databases.md, docs/formats/migrations.md\n\n"
        "  prusik db upgrade --db postgresql://deploy@db1/shop --dir db/migrations\n"
        "  prusik db status --db sqlite:shop.db --check\n"
        "  prusik db lint --sarif db/migrations",
    .opts = db_opts,
    .min_args = 1,
    .max_args = -1,
    .words = db_words,
    .only = db_only,
    .run = db_verb_run,
};
