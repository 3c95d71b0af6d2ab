#pragma once

/*
 * lint_config: what `lint` of prusik.yaml says (docs/formats/binding.md): rules that are left out or weigh otherwise, for some files or
 * until a day, and what is assumed of the database.
 */
#include "cli/lint_job.h"
#include "plan/binding.h"

struct lint_config_rule {
    const struct lint_rule *rule;
    bool off; /* no finding */
    enum lint_severity severity;
    struct sv *paths; /* patterns of fnmatch(3); none: every file */
    size_t n_paths;
};

struct lint_config {
    VEC(struct lint_config_rule) rules; /* of those whose day has not passed */
    int server;                         /* 16; 0: not said */
    int64_t small_rows, small_bytes;    /* 0: not said */
};

/* `b` lives as long; today: "2026-02-15".  ERR_INVALID with file and line. */
NODISCARD enum err_code lint_config_read(struct binding *b, struct sv today,
                                         struct lint_config *ret, struct err *err);
void lint_config_release(struct lint_config *c);
/* Drop what is off, weigh the rest. */
void lint_config_apply(const struct lint_config *c, struct lint_jobs *jobs);
