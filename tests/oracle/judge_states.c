/*
 * The states that the judge gives to cases of an oracle (promtool.py), tick for tick.
 *
 * usage: judge_states FILE    FILE has an array of {"interval": s, "rule": text, "series": {key: [value or null, ...]}};
 *                             a line for each case: its states, separated by blanks
 *
 * All series are of one target.  A tick at which no series has a value is a poll that failed.
 */
#include "cases.h"
#include "test_rule_util.h"

static void states_case(json_t *c, void *arg UNUSED)
{
    struct bench b = bench_new(case_num(c, "interval"), 0);
    json_t *series = json_object_get(c, "series"), *values;
    size_t ticks = json_array_size(json_object_iter_value(json_object_iter(series)));
    const char *key;

    (void)bench_add(&b, json_get_str(c, "rule", ""));
    for (size_t i = 0; i < ticks; i++) {
        double t = (double)i * b.interval_s;
        bool seen = false;

        json_object_foreach(series, key, values)
        {
            const json_t *v = json_array_get(values, i);

            if (json_is_number(v)) {
                bench_push(&b, key, t, json_number_value(v));
                seen = true;
            }
        }
        if (seen)
            bench_polled(&b, t);
        else
            samples_poll_failed(b.s, bench_source(&b, "web", false), bench_us(t), SV("refused"));
        printf("%s%s", i ? " " : "", judge_state_names[bench_tick(&b, t).state]);
    }
    putchar('\n');
    bench_free(&b);
}

int main(int argc, char **argv)
{
    return cases_main(argc, argv, states_case, NULL);
}
