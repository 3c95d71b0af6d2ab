/* The row `email`: a text by SMTP. */
#include "base/sv.h"
#include "notify/receiver.h"

static enum err_code email_check_address(const char *key, struct sv address, struct err *err)
{
    if (receiver_is_secret(address) || mail_is_address(address))
        return ERR_OK;
    return err_set(err, ERR_INVALID, "'%s' has '%.*s', which is no address", key, SV_FMT(address));
}

static enum err_code email_check(const json_t *settings, struct err *err)
{
    const json_t *to = json_object_get(settings, "to");

    if (!json_array_size(to))
        return err_set(err, ERR_INVALID, "'to' is empty");
    for (size_t i = 0; i < json_array_size(to); i++)
        if (email_check_address("to", sv_from(json_string_value(json_array_get(to, i))), err) !=
            ERR_OK)
            return err->code;
    return email_check_address("from", json_get_sv(settings, "from"), err);
}

/* Of settings that were checked; but an address that was a secret then is known now.  All stand in the letter. */
static enum err_code email_addresses(const json_t *to, size_t part, struct receiver_out *out,
                                     struct strbuf *all, struct err *err)
{
    const char **v = ARENA_NEWN(&out->arena, const char *, json_array_size(to));

    for (size_t i = 0; i < json_array_size(to); i++) {
        v[i] = json_string_value(json_array_get(to, i));
        if (!mail_is_address(sv_from(v[i])))
            return err_set(err, ERR_INVALID, "'to' has '%s', which is no address", v[i]);
        strbuf_addf(all, "%s%s", i ? ", " : "", v[i]);
    }
    if (!json_array_size(to))
        return err_set(err, ERR_INVALID, "'to' is empty");
    out->mail.to = part ? v + part - 1 : v;
    out->mail.n_to = part ? 1 : json_array_size(to);
    return ERR_OK;
}

static void email_text(const struct receiver_call *c, struct strbuf *text)
{
    for (size_t i = 0; i < c->n; i++) {
        const json_t *b = c->items[i].body;

        strbuf_addf(text, "%s%.*s\n\n%.*s, %.*s\n%.*s\n%.*s\n", i ? "\n----\n\n" : "",
                    SV_FMT(json_get_sv(b, "text")), SV_FMT(json_get_sv(b, "title")),
                    SV_FMT(json_get_sv(b, "environment")), SV_FMT(json_get_sv(b, "at")),
                    SV_FMT(json_get_sv(b, "next")));
    }
}

static enum err_code email_make(const struct receiver_call *c, struct receiver_out *out,
                                struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf to = STRBUF(0), line = STRBUF(0), text = STRBUF(0);
    struct sv from = json_get_sv(c->settings, "from");
    struct mail_letter letter;

    if (!mail_is_address(from))
        return err_set(err, ERR_INVALID, "'from' is no address");
    if (email_addresses(json_object_get(c->settings, "to"), c->part, out, &to, err) != ERR_OK)
        return err->code;
    receiver_line(c->items[0].body, &line);
    email_text(c, &text);
    letter = (struct mail_letter){.from = from,
                                  .to = strbuf_sv(&to),
                                  .subject = sv_sub(strbuf_sv(&line), 0, 200),
                                  .text = strbuf_sv(&text),
                                  .id = c->id,
                                  .at_us = c->items[0].at_us};
    mail_write(&letter, &out->body);
    out->mail.url = json_get_str(c->settings, "url", "");
    out->mail.from = json_get_str(c->settings, "from", "");
    out->mail.user = json_get_str(c->settings, "user", NULL);
    out->mail.password = json_get_str(c->settings, "password", NULL);
    out->mail.ca_file = json_get_str(c->settings, "ca_file", NULL);
    out->mail.starttls = json_get_bool(c->settings, "starttls", false);
    out->mail.text = strbuf_sv(&out->body);
    return ERR_OK;
}

static const struct source_key email_keys[] = {
    RECEIVER_KEY_ON,
    {"url", SOURCE_TEXT, true, "of the mail server: smtp://host:587, smtps://host"},
    {"from", SOURCE_TEXT, true, "the sender's address"},
    {"to", SOURCE_TEXTS, true, "addresses"},
    {"user", SOURCE_TEXT, false, "at the mail server"},
    {"password", SOURCE_TEXT, false, "a secret"},
    {"starttls", SOURCE_BOOL, false, "nothing is sent without TLS; else it is used where offered"},
    {"ca_file", SOURCE_TEXT, false, "certificates to trust instead of the system's, PEM"},
};

const struct receiver_ops receiver_email = {
    .kind = "email",
    .help = "a mail",
    .keys = email_keys,
    .n_keys = ARRAY_LEN(email_keys),
    .way = RECEIVER_MAIL,
    .events = RECEIVER_EVENTS,
    .repeat_us = 4 * RECEIVER_HOUR_US,
    .each = "to",
    .check = email_check,
    .make = email_make,
};
