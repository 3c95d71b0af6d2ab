#include "rule/times.h"

#include "rule/rule.h"

#define MINUTE_US 60000000LL

struct rule_times rule_times_default(void)
{
    return (struct rule_times){.stale_us = MINUTE_US,
                               .fresh_us = 10 * MINUTE_US,
                               .restart_us = 60 * MINUTE_US,
                               .slack_us = MINUTE_US,
                               .grace_us = 5 * MINUTE_US,
                               .late_us = MINUTE_US / 2,
                               .baseline_us = 30 * MINUTE_US,
                               .cell_us = MINUTE_US};
}

void rule_times_scale(struct rule_times *t, double factor)
{
    int64_t *const all[] = {&t->stale_us, &t->fresh_us, &t->restart_us,  &t->slack_us,
                            &t->grace_us, &t->late_us,  &t->baseline_us, &t->cell_us};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        *all[i] = rule_scale_us(*all[i], factor);
}
