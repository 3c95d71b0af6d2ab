#include "action/verify_rows.h"

/* Bytes of the sequence that begins at `at` with an escape: CSI to its final byte, OSC to BEL or ST. */
static size_t rows_sequence(struct sv s, size_t at)
{
    size_t i = at + 2;

    if (at + 1 >= s.n || (s.p[at + 1] != '[' && s.p[at + 1] != ']'))
        return 1;
    if (s.p[at + 1] == '[') {
        while (i < s.n && (unsigned char)s.p[i] >= 0x20 && (unsigned char)s.p[i] < 0x40)
            i++;
    } else {
        while (i < s.n && s.p[i] != '\a' && s.p[i] != '\n' &&
               !sv_starts(sv_sub(s, i, s.n), SV("\033\\")))
            i++;
        i += i < s.n && s.p[i] == '\033';
    }
    return size_min(i + 1, s.n) - at;
}

void verify_rows_plain(struct sv text, struct strbuf *out)
{
    for (size_t i = 0, from = 0; i <= text.n; i++)
        if (i == text.n || text.p[i] == '\033') {
            strbuf_add_sv(out, sv_sub(text, from, i));
            if (i < text.n)
                from = i + rows_sequence(text, i);
            i = i < text.n ? from - 1 : i;
        }
}

/* The next cell of a line; at its end false. */
static bool rows_next_cell(struct sv *line, bool bars, struct sv *cell)
{
    if (bars) {
        if (!sv_split(line, '|', cell))
            return false;
        *cell = sv_trim(*cell);
        return true;
    }
    return sv_next_word(line, cell);
}

static struct sv rows_number_text(struct sv s)
{
    s = sv_trim(s);
    if (s.n && s.p[s.n - 1] == '%')
        s.n--;
    return sv_trim(s);
}

/* "<5%", ">= 3" */
static bool rows_in_limit(struct sv cell, struct sv limit)
{
    bool below = *limit.p == '<', equal = limit.n > 1 && limit.p[1] == '=';
    double v, bound;

    if (!sv_to_f64(rows_number_text(cell), &v) ||
        !sv_to_f64(rows_number_text(sv_sub(limit, 1 + equal, limit.n)), &bound))
        return false;
    if (below)
        return equal ? v <= bound : v < bound;
    return equal ? v >= bound : v > bound;
}

/* "60-70%": both ends belong to it. */
static bool rows_in_range(struct sv cell, struct sv want)
{
    size_t dash = sv_find_byte(want, '-', 1);
    double v, low, high;

    return dash != SV_NPOS && sv_to_f64(rows_number_text(cell), &v) &&
           sv_to_f64(rows_number_text(sv_sub(want, 0, dash)), &low) &&
           sv_to_f64(rows_number_text(sv_sub(want, dash + 1, want.n)), &high) && v >= low &&
           v <= high;
}

static bool rows_cell_is(struct sv cell, struct sv want)
{
    if (sv_eq(want, SV("*")) || sv_eq(want, cell))
        return true;
    if (sv_eq_nocase(want, SV("NULL")))
        return !cell.n || sv_eq_nocase(cell, SV("(null)"));
    if (want.n > 1 && (*want.p == '<' || *want.p == '>'))
        return rows_in_limit(cell, want);
    return rows_in_range(cell, want);
}

/* A bar at both ends is a frame (| a | b |), not two empty cells more. */
static struct sv rows_unframed(struct sv line)
{
    struct sv s = sv_trim(line);

    return s.n > 1 && *s.p == '|' && s.p[s.n - 1] == '|' ? sv_sub(s, 1, s.n - 1) : line;
}

static bool rows_line_has(struct sv line, struct sv cells)
{
    bool bars = sv_find_byte(line, '|', 0) != SV_NPOS;
    struct sv cell, want;

    line = rows_unframed(line);
    while (sv_split(&cells, '|', &want))
        if (!rows_next_cell(&line, bars, &cell) || !rows_cell_is(cell, want))
            return false;
    return !rows_next_cell(&line, bars, &cell);
}

/* "NULL | * | <5%": what is not there at all is below the limit, too.  Are all but the first cell such? */
static bool rows_may_lack(struct sv cells)
{
    struct sv want;
    bool limited = false;

    (void)sv_split(&cells, '|', &want); /* what the row is of */
    while (sv_split(&cells, '|', &want)) {
        if (sv_eq(want, SV("*")))
            continue;
        if (want.n < 2 || *want.p != '<' || !rows_in_limit(SV("0"), want))
            return false;
        limited = true;
    }
    return limited;
}

/* A row of the same table, of something else; *same: it is of what is looked for. */
static bool rows_is_other(struct sv line, struct sv cells, bool *same)
{
    struct sv cell, want;
    double v;

    line = rows_unframed(line);
    (void)sv_split(&cells, '|', &want); /* both have several */
    (void)rows_next_cell(&line, true, &cell);
    *same |= rows_cell_is(cell, want);
    while (sv_split(&cells, '|', &want))
        if (!rows_next_cell(&line, true, &cell) ||
            (*want.p == '<' && !sv_to_f64(rows_number_text(cell), &v)))
            return false;
    return !rows_next_cell(&line, true, &cell);
}

/* Where there are rows, and none of them is of what may be missing. */
static bool rows_lack(struct sv text, struct sv cells)
{
    bool other = false, same = false;
    struct sv line;

    while (sv_next_line(&text, &line)) {
        bool same_here = false;

        if (sv_find_byte(line, '|', 0) != SV_NPOS && rows_is_other(line, cells, &same_here))
            other = true;
        same |= same_here;
    }
    return other && !same;
}

bool verify_rows_have(struct sv text, struct sv cells)
{
    struct sv rest = text, line;

    while (sv_next_line(&rest, &line))
        if (rows_line_has(line, cells))
            return true;
    return rows_may_lack(cells) && rows_lack(text, cells);
}

static bool rows_is_footer(struct sv line, int64_t *rows)
{
    struct sv s = sv_trim(line);

    if (!sv_eat(&s, SV("(")) || !(sv_ends(s, SV(" rows)")) || sv_ends(s, SV(" row)"))))
        return false;
    return sv_to_i64(sv_sub(s, 0, sv_find_byte(s, ' ', 0)), rows);
}

bool verify_rows_footer(struct sv text, int64_t *rows, struct sv *body)
{
    struct sv rest = text, line;
    size_t n = 0;

    while (sv_next_line(&rest, &line))
        if (rows_is_footer(line, rows)) {
            *body = (struct sv){text.p, (size_t)(line.p - text.p)};
            n++;
        }
    return n == 1;
}
