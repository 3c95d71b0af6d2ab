#include "base/fmt.h"

#include <string.h>

#include "base/sv.h"

struct fmt_out {
    char *p;
    size_t n, size;
    bool bad; /* it does not fit, or is not known */
};

static void fmt_put(struct fmt_out *o, const char *p, size_t n)
{
    if (n > o->size - o->n) {
        o->bad = true;
        return;
    }
    memcpy(o->p + o->n, p, n);
    o->n += n;
}

static void fmt_put_number(struct fmt_out *o, uint64_t v, bool negative)
{
    char digits[24];
    size_t at = sizeof(digits);

    do
        digits[--at] = (char)('0' + v % 10);
    while (v /= 10);
    if (negative)
        digits[--at] = '-';
    fmt_put(o, digits + at, sizeof(digits) - at);
}

static void fmt_put_signed(struct fmt_out *o, int64_t v)
{
    fmt_put_number(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
}

/* As printf: up to a NUL. */
static void fmt_put_text(struct fmt_out *o, const char *s, size_t most)
{
    if (s)
        fmt_put(o, s, strnlen(s, most));
    else
        o->bad = true;
}

/* A conversion: what follows '%'. */
struct fmt_row {
    struct sv text;
    enum {
        FMT_PERCENT,
        FMT_CHAR,
        FMT_TEXT,
        FMT_VIEW,
        FMT_INT,
        FMT_UINT,
        FMT_SIZE,
        FMT_LLONG,
        FMT_ULONG
    } kind;
};

static const struct fmt_row *fmt_row_of(const char *at)
{
    static const struct fmt_row rows[] = {
        {SV(".*s"), FMT_VIEW},  {SV("s"), FMT_TEXT},    {SV("zu"), FMT_SIZE},
        {SV("u"), FMT_UINT},    {SV("d"), FMT_INT},     {SV("c"), FMT_CHAR},
        {SV("%"), FMT_PERCENT}, {SV("lld"), FMT_LLONG}, {SV("llu"), FMT_ULONG},
        {SV("lu"), FMT_ULONG},  {SV("ld"), FMT_LLONG},
    };

    _Static_assert(sizeof(long) == sizeof(long long) && sizeof(size_t) == sizeof(long),
                   "one row for both");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strncmp(at, rows[i].text.p, rows[i].text.n) == 0)
            return &rows[i];
    return NULL;
}

/* A va_list that was handed on is one of its own only as a pointer. */
struct fmt_args {
    va_list ap;
};

static void fmt_convert(struct fmt_out *o, const struct fmt_row *row, struct fmt_args *args)
{
    char c;
    int most;

    switch (row->kind) {
    case FMT_PERCENT: fmt_put(o, "%", 1); break;
    case FMT_CHAR:
        c = (char)va_arg(args->ap, int);
        fmt_put(o, &c, 1);
        break;
    case FMT_TEXT: fmt_put_text(o, va_arg(args->ap, const char *), PTRDIFF_MAX); break;
    case FMT_VIEW:
        most = va_arg(args->ap, int);
        fmt_put_text(o, va_arg(args->ap, const char *), most < 0 ? PTRDIFF_MAX : (size_t)most);
        break;
    case FMT_INT: fmt_put_signed(o, va_arg(args->ap, int)); break;
    case FMT_UINT: fmt_put_number(o, va_arg(args->ap, unsigned), false); break;
    case FMT_SIZE: fmt_put_number(o, va_arg(args->ap, size_t), false); break;
    case FMT_LLONG: fmt_put_signed(o, va_arg(args->ap, long long)); break;
    case FMT_ULONG:
    default: fmt_put_number(o, va_arg(args->ap, unsigned long long), false); break;
    }
}

bool fmt_quick(char *buf, size_t size, const char *fmt, va_list ap, size_t *n)
{
    struct fmt_out o = {.size = size};
    struct fmt_args args;

    o.p = buf;
    va_copy(args.ap, ap);
    while (*fmt && !o.bad) {
        size_t plain = (size_t)(strchrnul(fmt, '%') - fmt);
        const struct fmt_row *row;

        fmt_put(&o, fmt, plain);
        fmt += plain;
        if (!*fmt)
            break;
        row = fmt_row_of(fmt + 1);
        if (!row) {
            o.bad = true;
            break;
        }
        fmt_convert(&o, row, &args);
        fmt += 1 + row->text.n;
    }
    va_end(args.ap);
    *n = o.n;
    return !o.bad;
}
