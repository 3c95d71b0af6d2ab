/*
 * What the log source counts in a file, from its beginning, for logs.py.
 *
 * usage: log_counts FILE PATTERN...    a line "COUNT" for each pattern, then "KIB" of memory at most
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/sv.h"
#include "watch/source.h"

static void on_done(struct source *s UNUSED, void *data, enum err_code rc)
{
    *(int *)data = rc == ERR_OK ? 1 : -1;
}

static int count(struct source *s, uv_loop_t *loop, const struct sv *patterns, size_t n)
{
    struct err err;
    int done = 0;

    if (source_want(s, patterns, n, &err) != ERR_OK) {
        fprintf(stderr, "error: %s\n", err.msg);
        return 1;
    }
    source_poll(s, &(struct source_poll){.timeout_ms = 600000, .done = on_done, .data = &done});
    while (!done)
        (void)uv_run(loop, UV_RUN_ONCE);
    for (size_t i = 0; i < n && done > 0; i++) {
        const struct sample *v = sample_find(&s->samples, patterns[i]);

        printf("%.0f\n", v && v->kind == SAMPLE_NUMBER ? v->number : -1.0);
    }
    return done > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    CLEANUP(json_cleanup) json_t *settings = json_object();
    uv_loop_t loop;
    struct source_env env = {.loop = &loop};
    struct sv patterns[16];
    CLEANUP(strbuf_release) struct strbuf status = STRBUF(0);
    const char *peak;
    struct source *s;
    struct err err;
    int rc;

    if (argc < 3 || argc > 18 || uv_loop_init(&loop) != 0)
        return 2;
    for (int i = 2; i < argc; i++)
        patterns[i - 2] = sv_from(argv[i]);
    json_put_str(settings, "path", argv[1]);
    json_put_bool(settings, "from_start", true);
    if (source_open(SV("log"), SV("log.bench"), settings, &env, &s, &err) != ERR_OK) {
        fprintf(stderr, "error: %s\n", err.msg);
        return 1;
    }
    rc = count(s, &loop, patterns, (size_t)argc - 2);
    source_free(s);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0)
        ;
    /* that of getrusage() begins with what its parent had */
    if (file_read("/proc/self/status", 1u << 16, &status, &err) != ERR_OK)
        return 1;
    peak = strstr(strbuf_str(&status), "VmHWM:");
    printf("%ld\n", peak ? strtol(peak + 6, NULL, 10) : -1L);
    return rc;
}
