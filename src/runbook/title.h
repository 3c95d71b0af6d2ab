#pragma once

/*
 * title: what a heading or step title says: number, role, condition, when.
 */
#include "runbook/runbook.h"

struct title {
    struct sv text;      /* without number, glyphs, and the parentheses that were understood */
    struct sv number;    /* "1.2", "3"; empty */
    struct sv word;      /* "phase", "step", "scenario": the word before the number; empty */
    struct sv condition; /* "if needed"; empty */
    struct sv often;     /* "(weekly)"; empty */
    bool trails; /* it stands at the end of the title without parentheses: of commands only */
    bool optional;
    bool separated;     /* a ':' or the like stands behind the number */
    bool is_step;       /* numbered as a step: not as a phase, scenario, migration */
    int64_t offset_ms;  /* "15-Minute Checks"; -1: none */
    int64_t due_ms;     /* "Within 24 Hours", "(30 Days Later)"; -1: none */
    bool later;         /* "(30 Days Later)": and not before */
    struct sv sentence; /* the whole, when it is a condition: "Only if data is corrupted" */
};

/* Reasons to go back, in other languages than English. */
#define TITLE_REASONS                                                                                                \
    "(?:kriterien|bedingungen|auslöser|gründe) für (?:den |einen |das |ein )?(?:rollback|zurückrollen|abbruch)|" \
    "(?:rollback|abbruch)-?(?:kriterien|bedingungen|auslöser)|"                                                     \
    "(?:crit[eè]res|conditions) (?:de |du |pour (?:un |le )?|d['’])(?:rollback|retour|arrêt|abandon)|"           \
    "(?:criterios|condiciones) (?:de|para) (?:el |la |un )?(?:rollback|reversi|retroceso|abortar)|"                  \
    "(?:回滚|回退|回滾)(?:条件|标准|触发|準則)|(?:ロールバック|切り戻し|切戻し)(?:の)?(?:条件|基準|判断)"

struct title_reader;
struct title_reader *title_reader_new(void);
void title_reader_free(struct title_reader *r);
DEFINE_CLEANUP(struct title_reader *, title_reader_free)

/* Views lie in `text`. */
void title_read(struct title_reader *r, struct sv text, struct title *ret);
/* A heading may have its number without any mark: "3 Change". */
void title_read_bare(struct title_reader *r, struct title *t);
/* What a heading of what is not done with the rest is for, "Future: ...", "Failover drill"; empty: it is none. */
struct sv title_not_now(struct title_reader *r, struct sv text);
/* What the words of a heading say by themselves; ROLE_NONE when they say nothing. */
enum rb_role title_role(struct title_reader *r, struct sv text);
/* A task whose answer must come from somebody else: "Approval obtained", "sign-off from ..." */
bool title_is_approval(struct title_reader *r, struct sv text);
/* "Rollback ...", "Revert ...": the title begins with it. */
bool title_rolls_back(struct title_reader *r, struct sv text);
/* "Full Rollback Procedure", "Rollback steps": nothing else than a way back, wherever it stands. */
bool title_is_way_back(struct title_reader *r, struct sv text);
/* "Restore Plan", "Data Recovery": for the case that a state is lost. */
bool title_restores(struct title_reader *r, struct sv text);
/* "Pre-Flight Checklist": also in a section that is only a reference. */
bool title_is_checklist(struct title_reader *r, struct sv text);
/* "Go/No-Go Decision": its boxes are a gate. */
bool title_is_gate(struct title_reader *r, struct sv text);
/* "Day 2-7", "Week 1": after the day of the run. */
bool title_is_day(struct title_reader *r, struct sv text);
/* "Critical Safety Rules": what they forbid is told to whoever begins. */
bool title_is_rules(struct title_reader *r, struct sv text);
/* "What must not happen": each item below it is one of these things. */
bool title_forbids(struct title_reader *r, struct sv text);
/*
 * "If a node does not come up", "What if the job fails?", "It is /var/log": the case that what stands below is for; asks: also
 * "Peers do not come back?".  Empty: it is for each run.
 */
struct sv title_case(struct title_reader *r, struct sv text, bool asks, struct arena *arena);
/* A sentence below a heading that says what the section is for: "For testing with a part of the users". */
bool title_is_use_case(struct title_reader *r, struct sv text);
/* "Emergency use only", "Deprecated" as all of a text: that; else empty. */
struct sv title_rare(struct title_reader *r, struct sv text);
/* "Weekly", "every 2nd Friday: ...": what the text begins with, when that is how often something is done; empty: it is not. */
struct sv title_often(struct title_reader *r, struct sv text, struct sv *rest);
/* "A host doesn't come back": for that case only, whatever stands beside it. */
bool title_is_symptom(struct title_reader *r, struct sv text);
/* "Replication lag grows", "Users see 502": it may be what is wrong, when another title beside it says such a thing. */
bool title_is_troubled(struct title_reader *r, struct sv text);
/* "First Deployment", "Initial Setup"; "Version Upgrade", "Subsequent Releases". */
bool title_is_first(struct title_reader *r, struct sv text);
/* "Installation" and "Upgrade" alone. */
bool title_is_install(struct title_reader *r, struct sv text);
bool title_is_upgrade(struct title_reader *r, struct sv text);
bool title_is_later(struct title_reader *r, struct sv text);
/* "Deploy to staging", "Staging deployment": the environment; *rest: what else it says.  Empty: it names none there. */
struct sv title_stage(struct title_reader *r, struct sv text, struct sv *rest);
/* "SQLite (Development)": the environment in parentheses; empty: none. */
struct sv title_in_stage(struct title_reader *r, struct sv text);
/* "Local Development", "Running the app locally": no part of what is done on servers. */
bool title_is_local(struct title_reader *r, struct sv text);
/* A document about such a case: "Disaster Recovery Runbook", "Database Failover". */
bool title_is_of_loss(struct title_reader *r, struct sv text);
/* What kind of alternative a title or label names: "database" for PostgreSQL; empty: none. */
struct sv title_variant(struct title_reader *r, struct sv text);
/* "Within 24 Hours", "(30 days later)", "Run 30 days after": how long after the deployment. */
bool title_due(struct title_reader *r, struct sv text, int64_t *ret_ms);
/* Is it that "7 days after" by itself, behind a mark or "run", and not "sessions older than 7 days after ..."? */
bool title_is_not_before(struct title_reader *r, struct sv text);
/* A sentence that tells to run something. */
bool title_says_run(struct title_reader *r, struct sv text);
/* "T+5 min", "T+24 hours": the offset; false otherwise. */
bool title_offset(struct title_reader *r, struct sv text, int64_t *ret_ms);
/* Lower case letters, digits, '.' and single '-', at most `max` bytes, cut at a word. */
struct sv title_slug(struct sv text, size_t max, struct arena *arena);
