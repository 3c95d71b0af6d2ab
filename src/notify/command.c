/* The row `command`: a command of the user's own, with the notices as JSON at its standard input. */
#include "base/sv.h"
#include "notify/receiver.h"

static enum err_code command_make(const struct receiver_call *c, struct receiver_out *out,
                                  struct err *err UNUSED)
{
    CLEANUP(json_cleanup) json_t *notices = json_array();

    for (size_t i = 0; i < c->n; i++) {
        json_t *one = json_copy((json_t *)(uintptr_t)c->items[i].body);

        json_put_sv(one, "id", c->items[i].id);
        json_put_str(one, "status",
                     !c->items[i].lasts   ? "told"
                     : c->items[i].firing ? "firing"
                                          : "resolved");
        json_append(notices, one);
    }
    json_write(notices, &out->body);
    strbuf_add_byte(&out->body, '\n');
    out->command = json_get_sv(c->settings, "command");
    return ERR_OK;
}

static const struct source_key command_keys[] = {
    RECEIVER_KEY_ON,
    {"command", SOURCE_TEXT, true, "for sh; it has the notices as JSON at its standard input"},
};

const struct receiver_ops receiver_command = {
    .kind = "command",
    .help = "a command of your own",
    .keys = command_keys,
    .n_keys = ARRAY_LEN(command_keys),
    .way = RECEIVER_COMMAND,
    .events = RECEIVER_EVENTS,
    .repeat_us = 4 * RECEIVER_HOUR_US,
    .make = command_make,
};
