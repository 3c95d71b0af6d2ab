#include "dotenv.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DOTENV_LINE = 4096 }; /* bytes; longer lines are refused */

static char *skip_blanks(char *s)
{
    while (*s == ' ' || *s == '\t' || *s == '\r')
        s++;
    return s;
}

static void trim_end(char *s)
{
    size_t n = strlen(s);

    while (n > 0 && isspace((unsigned char)s[n - 1]))
        s[--n] = '\0';
}

/* Unquote in place what stands after the opening quote; NULL: not closed, or text after it. */
static char *quoted_value(char *s)
{
    char quote = *s++, *in = s, *out = s;

    for (; *in && *in != quote; in++) {
        if (quote == '"' && *in == '\\' && (in[1] == '"' || in[1] == '\\'))
            in++;
        *out++ = *in;
    }
    if (!*in)
        return NULL;
    in = skip_blanks(in + 1);
    *out = '\0';
    return *in && *in != '#' ? NULL : s;
}

static char *bare_value(char *s)
{
    if (*s == '#')
        *s = '\0';
    for (char *p = s; *p; p++)
        if (*p == '#' && isspace((unsigned char)p[-1])) {
            *p = '\0';
            break;
        }
    trim_end(s);
    return s;
}

/* Split "NAME = value" in place; false: there is no name or no '='. */
static bool split_name(char *line, char **name, char **value)
{
    char *eq = strchr(line, '=');

    if (!eq || !(isalpha((unsigned char)*line) || *line == '_'))
        return false;
    *eq = '\0';
    trim_end(line);
    for (const char *p = line; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '_')
            return false;
    *name = line;
    *value = skip_blanks(eq + 1);
    return true;
}

static enum err_code parse_line(char *line, int number, dotenv_fn fn, void *ctx, struct err *err)
{
    char *name, *value, *s = skip_blanks(line);

    if (*s == '\0' || *s == '#')
        return ERR_OK;
    if (strncmp(s, "export ", 7) == 0)
        s = skip_blanks(s + 7);
    if (!split_name(s, &name, &value))
        return err_set(err, ERR_USAGE, "line %d is not NAME=value", number);
    value = *value == '"' || *value == '\'' ? quoted_value(value) : bare_value(value);
    if (!value)
        return err_set(err, ERR_USAGE, "line %d: the quote of %s is not closed, or text follows it",
                       number, name);
    return fn(ctx, name, value, number, err);
}

enum err_code dotenv_parse(const char *text, dotenv_fn fn, void *ctx, struct err *err)
{
    CLEANUP(free_charp) char *line = xcalloc(1, DOTENV_LINE);
    enum err_code rc = ERR_OK;

    for (int number = 1; rc == ERR_OK && *text; number++) {
        size_t n = strcspn(text, "\n");

        if (n >= DOTENV_LINE)
            return err_set(err, ERR_USAGE, "line %d is longer than %d bytes", number, DOTENV_LINE);
        memcpy(line, text, n);
        line[n] = '\0';
        rc = parse_line(line, number, fn, ctx, err);
        text += n + (text[n] == '\n');
    }
    return rc;
}
