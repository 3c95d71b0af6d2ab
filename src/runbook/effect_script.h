#pragma once

/*
 * effect_script: what programs that nobody knows here say of themselves, by their names and words: ./smoke_test.sh
 * looks, ./deploy.sh delivers, "somectl status" looks.  And the commands of redis-cli.
 *
 * A name is weak evidence: what it says is shown in the plan, and never enough to repeat a command unasked.
 */
#include "runbook/command.h"

bool effect_is_one_of(struct sv word, const char *const *words, size_t n);
/* ./smoke.sh, bash deploy/smoke_tests.sh */
bool effect_is_test(const struct shell_simple *s, struct sv program);
/* "somectl status", "./deploy.sh --dry-run", "x --version"; not "./deploy.sh --version 4.2", "x set status open". */
bool effect_says_looks(const struct shell_simple *s);
/* ./deploy.sh, bash scripts/release.sh */
/* "scripts/backup_db.py": the name says that it makes a backup; "run_migrations.sh": that it changes the schema. */
bool effect_is_saving(const struct shell_simple *s, struct sv program);
bool effect_is_migrating(const struct shell_simple *s, struct sv program);
/* "./create_job.sh" */
bool effect_is_acting(const struct shell_simple *s, struct sv program);
bool effect_is_deployment(const struct shell_simple *s, struct sv program);
enum command_effect effect_of_redis(const struct shell_simple *s);
