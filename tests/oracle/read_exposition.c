/*
 * What the reader of expositions makes of bodies, for an oracle (prometheus.py).
 *
 * usage: read_exposition FILE    FILE has an array of {"hex": body, "openmetrics": bool}; a line of JSON for each:
 *                                {"lenient": bool, "strict": bool, "why": text of the refusal, "samples":
 *                                [[name, labels, value as hexadecimal floating point], ...]}
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/sv.h"
#include "cases.h"
#include "watch/exposition.h"

static void on_sample(void *arg, const struct exposition_sample *s)
{
    json_t *sample = json_array(), *labels = json_object();
    char value[64];

    for (size_t i = 0; i < s->n_labels; i++) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(s->labels[i].name);

        json_put_sv(labels, name, s->labels[i].value);
    }
    (void)snprintf(value, sizeof(value), "%a", s->value);
    json_append(sample, json_sv(s->name));
    json_append(sample, labels);
    json_append(sample, json_sv(sv_from(value)));
    json_append(arg, sample);
}

static void read_case(json_t *c, void *arg)
{
    struct exposition *x = arg;
    struct sv hex = json_get_sv(c, "hex");
    CLEANUP(mem_freep) unsigned char *body = xcalloc(hex.n / 2 + 1, 1);
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    CLEANUP(json_cleanup) json_t *out = json_object();
    struct exposition_options opt = {.format = json_get_bool(c, "openmetrics", false)
                                                   ? EXPOSITION_OPENMETRICS
                                                   : EXPOSITION_TEXT};
    json_t *samples = json_array();
    struct err err = {0};
    size_t n = 0;

    (void)sodium_hex2bin(body, hex.n / 2 + 1, hex.p, hex.n, NULL, &n, NULL);
    opt.strict = true;
    json_put_bool(out, "strict",
                  exposition_parse(x, (struct sv){(char *)body, n}, &opt, &err) == ERR_OK);
    opt.strict = false;
    opt.sample = on_sample;
    opt.arg = samples;
    err = (struct err){0};
    json_put_bool(out, "lenient",
                  exposition_parse(x, (struct sv){(char *)body, n}, &opt, &err) == ERR_OK);
    json_put_str(out, "why", err.msg);
    json_put(out, "samples", samples);
    json_write(out, &line);
    puts(strbuf_str(&line));
}

int main(int argc, char **argv)
{
    struct exposition x = {.opt = NULL};
    int status = cases_main(argc, argv, read_case, &x);

    exposition_release(&x);
    return status;
}
