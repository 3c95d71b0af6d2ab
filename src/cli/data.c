#include "cli/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/term.h"

static const char *data_env(void *arg UNUSED, const char *name)
{
    return getenv(name);
}

enum err_code data_load(const struct cli *c, struct data_file *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const char *path = c->data.file ? c->data.file : DATA_FILE_NAME;
    CLEANUP(mem_freep) char *folder = path_dir(path);

    if (!file_exists(path)) {
        (void)err_set(err, ERR_NOT_FOUND, "there is no data file '%s'", path);
        return err_hint(err,
                        "it names sources, snapshots and audits; --data FILE says where it is");
    }
    if (file_read(path, LIMIT_BINDING_BYTES, &text, err) != ERR_OK)
        return err->code;
    return data_file_parse(strbuf_sv(&text), path, folder, &(struct data_env){data_env, NULL}, ret,
                           err);
}

static const char *data_format(const struct cli *c)
{
    return c->json ? "json" : c->format ? c->format : "text";
}

enum err_code data_check_format(const struct cli *c, struct err *err)
{
    const char *f = data_format(c);

    if (strcmp(f, "text") != 0 && strcmp(f, "json") != 0 && strcmp(f, "html") != 0)
        return err_set(err, ERR_USAGE, "--format '%s' is not text, json or html", f);
    return load_output(c, err);
}

enum err_code data_show(const struct cli *c, const struct data_shape *s, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    const char *f = data_format(c);

    if (strcmp(f, "json") == 0) {
        CLEANUP(json_cleanup) json_t *j = s->json(s->result);

        json_write_pretty(j, &out);
        strbuf_add_byte(&out, '\n');
    } else if (strcmp(f, "html") == 0) {
        s->html(s->result, &out);
    } else {
        s->text(s->result, &out);
    }
    if (!c->output) {
        term_write(&out);
        return ERR_OK;
    }
    if (file_write_atomic(c->output, strbuf_sv(&out), 0644, err) != ERR_OK)
        return err->code;
    printf("written to %s\n", c->output);
    return ERR_OK;
}

void data_warn_absent(struct sv source, const struct strbuf *absent)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (!absent->n)
        return;
    strbuf_add_str(&b, "warning: no record of '");
    text_add_line(&b, source);
    strbuf_add_str(&b, "' has ");
    text_add_line(&b, strbuf_sv(absent));
    fprintf(stderr, "%s\n", strbuf_str(&b));
}
