#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dotenv.h"

enum { CONFIG_FILE = 65536 }; /* bytes; a settings file has a few hundred */

enum kind { KIND_LISTEN, KIND_URL, KIND_PATH, KIND_COUNT };

struct setting {
    const char *name, *fallback, *help;
    enum kind kind;
    long min, max; /* KIND_COUNT */
    size_t offset;
};

#define AT(member) offsetof(struct config, member)
/* clang-format off */
static const struct setting settings[] = {
    {"BOTCTL_LISTEN", "127.0.0.1:8000", "address and port to serve on",
     KIND_LISTEN, 0, 0, AT(host)},
    {"DATABASE_URL", "", "sqlite:///path/file.db, sqlite:relative.db or postgresql://...",
     KIND_URL, 0, 0, AT(database_url)},
    {"BOTCTL_MAINTENANCE_FLAG", "", "while this file exists /api/* answers 503",
     KIND_PATH, 0, 0, AT(maintenance_flag)},
    {"BOTCTL_LOG", "", "log file (JSON lines, reopened on SIGHUP); stderr when empty",
     KIND_PATH, 0, 0, AT(log)},
    {"BOTCTL_WORKERS", "4", "threads that serve requests, each with a database connection",
     KIND_COUNT, 1, 64, AT(workers)},
    {"BOTCTL_DRAIN_TIMEOUT", "30", "seconds that open requests get after SIGTERM",
     KIND_COUNT, 0, 3600, AT(drain_timeout_s)},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(settings) <= CONFIG_MAX, "struct config has a source for each setting");

struct loading {
    const char *file;
    char *value[ARRAY_LEN(settings)];
    char *source[ARRAY_LEN(settings)];
};

static void loading_release(struct loading *l)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        free(l->value[i]);
        free(l->source[i]);
    }
}

static void loading_set(struct loading *l, size_t row, const char *value, char *source)
{
    free(l->value[row]);
    free(l->source[row]);
    l->value[row] = xstrdup(value);
    l->source[row] = source;
}

static enum err_code on_file_pair(void *ctx, const char *name, const char *value, int line,
                                  struct err *err)
{
    struct loading *l = ctx;

    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (strcmp(settings[i].name, name) == 0) {
            loading_set(l, i, value, xasprintf("%s:%d", l->file, line));
            return ERR_OK;
        }
    if (strncmp(name, "BOTCTL_", 7) == 0)
        return err_set(err, ERR_USAGE, "line %d: there is no setting %s", line, name);
    return ERR_OK;
}

static enum err_code read_file(const char *path, char **ret, struct err *err)
{
    CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
    CLEANUP(free_charp) char *text = xcalloc(1, CONFIG_FILE + 1);
    size_t have = 0;
    ssize_t n;

    if (fd < 0)
        return err_sys(err, errno, "open '%s'", path);
    while (have < CONFIG_FILE && (n = read(fd, text + have, CONFIG_FILE - have)) != 0) {
        if (n < 0 && errno != EINTR)
            return err_sys(err, errno, "read '%s'", path);
        have += n > 0 ? (size_t)n : 0;
    }
    if (have == CONFIG_FILE || memchr(text, '\0', have))
        return err_set(err, ERR_USAGE, "'%s' is not a settings file: a NUL byte, or %d bytes long",
                       path, CONFIG_FILE);
    *ret = text;
    text = NULL;
    return ERR_OK;
}

static enum err_code load_file(struct loading *l, struct err *err)
{
    CLEANUP(free_charp) char *text = NULL;

    if (!l->file)
        return ERR_OK;
    if (read_file(l->file, &text, err) != ERR_OK) {
        err->code = ERR_USAGE;
        return ERR_USAGE;
    }
    if (dotenv_parse(text, on_file_pair, l, err) != ERR_OK)
        return err_wrap(err, "%s", l->file);
    return ERR_OK;
}

/* "HOST:PORT" or "[V6]:PORT" into its parts. */
static enum err_code set_listen(struct config *c, const struct setting *s, const char *value,
                                struct err *err)
{
    const char *colon = strrchr(value, ':'), *host = value;
    size_t n = colon ? (size_t)(colon - value) : 0;
    char *end = NULL;
    long port = colon && colon[1] ? strtol(colon + 1, &end, 10) : -1;

    if (n > 2 && value[0] == '[' && value[n - 1] == ']') {
        host++;
        n -= 2;
    } else if (n && memchr(value, ':', n)) {
        n = 0; /* an IPv6 address without brackets: which colon is the port's? */
    }
    if (!n || port < 0 || port > 65535 || *end)
        return err_set(err, ERR_USAGE, "%s='%s' is not ADDRESS:PORT", s->name, value);
    c->host = xasprintf("%.*s", (int)n, host);
    c->port = xasprintf("%ld", port);
    return ERR_OK;
}

static enum err_code set_text(struct config *c, const struct setting *s, const char *value,
                              struct err *err)
{
    (void)err; /* any text is a path; a URL is read by the database that it names */
    *(char **)((char *)c + s->offset) = xstrdup(value);
    return ERR_OK;
}

static enum err_code set_count(struct config *c, const struct setting *s, const char *value,
                               struct err *err)
{
    char *end;
    long n = strtol(value, &end, 10);

    if (end == value || *end || n < s->min || n > s->max)
        return err_set(err, ERR_USAGE, "%s='%s' is not a number from %ld to %ld", s->name, value,
                       s->min, s->max);
    *(long *)(void *)((char *)c + s->offset) = n;
    return ERR_OK;
}

static enum err_code (*const setters[])(struct config *, const struct setting *, const char *,
                                        struct err *) = {
    [KIND_LISTEN] = set_listen,
    [KIND_URL] = set_text,
    [KIND_PATH] = set_text,
    [KIND_COUNT] = set_count,
};

static enum err_code config_fill(struct config *c, struct loading *l, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        const struct setting *s = &settings[i];
        const char *env = getenv(s->name);

        if (env)
            loading_set(l, i, env, xstrdup("environment"));
        else if (!l->value[i])
            loading_set(l, i, s->fallback, xstrdup("default"));
        if (setters[s->kind](c, s, l->value[i], err) != ERR_OK)
            return err_wrap(err, "%s", l->source[i]);
        c->source[i] = xstrdup(l->source[i]);
    }
    return ERR_OK;
}

enum err_code config_load(const char *file, struct config *ret, struct err *err)
{
    CLEANUP(loading_release) struct loading l = {.file = file};
    CLEANUP(config_release) struct config c = {0};
    enum err_code rc = load_file(&l, err);

    if (rc == ERR_OK)
        rc = config_fill(&c, &l, err);
    if (rc != ERR_OK)
        return rc;
    *ret = c;
    c = (struct config){0};
    return ERR_OK;
}

void config_release(struct config *c)
{
    free(c->host);
    free(c->port);
    free(c->database_url);
    free(c->maintenance_flag);
    free(c->log);
    for (size_t i = 0; i < CONFIG_MAX; i++)
        free(c->source[i]);
}

static char *setting_text(const struct config *c, const struct setting *s)
{
    const char *at = (const char *)c + s->offset;

    switch (s->kind) {
    case KIND_LISTEN:
        return xasprintf(strchr(c->host, ':') ? "[%s]:%s" : "%s:%s", c->host, c->port);
    case KIND_URL: return config_hide_password(c->database_url);
    case KIND_COUNT: return xasprintf("%ld", *(const long *)(const void *)at);
    case KIND_PATH: break;
    }
    return xstrdup(*(char *const *)(const void *)at);
}

void config_print(const struct config *c, FILE *out)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        CLEANUP(free_charp) char *text = setting_text(c, &settings[i]);

        fprintf(out, "%s=%s (%s)\n", settings[i].name, text, c->source[i]);
    }
}

void config_help(FILE *out)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        fprintf(out, "  %-24s %s%s%s%s\n", settings[i].name, settings[i].help,
                *settings[i].fallback ? " (default " : "", settings[i].fallback,
                *settings[i].fallback ? ")" : "");
}

/* Overwrite the value of every "password=" in a query string or a list of words. */
static char *hide_password_words(char *url)
{
    static const char key[] = "password=";
    char *out = url, *at;

    while ((at = strstr(out, key)) != NULL) {
        size_t keep = (size_t)(at - url) + sizeof(key) - 1;
        size_t n = strcspn(url + keep, "& ");
        char *next = xasprintf("%.*s***%s", (int)keep, url, url + keep + n);

        free(url);
        url = next;
        out = url + keep;
    }
    return url;
}

char *config_hide_password(const char *url)
{
    const char *user = strstr(url, "://"), *at, *colon;

    if (!user)
        return hide_password_words(xstrdup(url));
    user += 3;
    at = memrchr(user, '@', strcspn(user, "/?"));
    colon = at ? memchr(user, ':', (size_t)(at - user)) : NULL;
    if (!colon)
        return hide_password_words(xstrdup(url));
    return hide_password_words(xasprintf("%.*s:***%s", (int)(colon - url), url, at));
}
