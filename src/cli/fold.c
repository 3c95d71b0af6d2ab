#include "cli/fold.h"

#include "base/sv.h"
#include "base/text.h"

/* The sequence at the front, "\033[1m"; 0: there is none. */
static size_t fold_sequence(struct sv s)
{
    size_t end;

    if (!s.n || *s.p != '\033')
        return 0;
    end = sv_find_byte(s, 'm', 0);
    return end == SV_NPOS ? s.n : end + 1;
}

/* Up to the next blank or sequence; of blanks all of them. */
static struct sv fold_piece(struct sv s)
{
    bool blank = *s.p == ' ';
    size_t n = 0;

    while (n < s.n && s.p[n] != '\033' && (s.p[n] == ' ') == blank)
        n++;
    return sv_sub(s, 0, n);
}

static size_t fold_plain_width(struct sv s)
{
    size_t width = 0;

    while (s.n) {
        size_t sequence = fold_sequence(s);
        struct sv piece = sequence ? sv_sub(s, 0, sequence) : fold_piece(s);

        width += sequence ? 0 : text_width(piece);
        s = sv_sub(s, piece.n, s.n);
    }
    return width;
}

/* Blanks at the front, also behind what colours them. */
static size_t fold_indent(struct sv line)
{
    size_t begin = 0, n = 0, sequence;

    while ((sequence = fold_sequence(sv_sub(line, begin, line.n))) > 0)
        begin += sequence;
    while (begin + n < line.n && line.p[begin + n] == ' ')
        n++;
    return n;
}

static void fold_line(struct strbuf *b, struct sv line, size_t width)
{
    size_t indent = size_min(fold_indent(line) + 2, width / 4), column = 0, blanks = 0;

    while (line.n) {
        size_t sequence = fold_sequence(line);
        struct sv piece = sequence ? sv_sub(line, 0, sequence) : fold_piece(line);

        line = sv_sub(line, piece.n, line.n);
        if (sequence) {
            strbuf_add_sv(b, piece);
            continue;
        }
        if (*piece.p == ' ') { /* it is written when something follows on this line */
            blanks += piece.n;
            continue;
        }
        if (column > indent && column + blanks + text_width(piece) > width) {
            strbuf_add_byte(b, '\n');
            column = 0;
            blanks = indent;
        }
        strbuf_add_n(b, ' ', blanks);
        strbuf_add_sv(b, piece);
        column += blanks + text_width(piece);
        blanks = 0;
    }
}

void fold_add(struct strbuf *b, struct sv lines, size_t width)
{
    size_t end;

    while ((end = sv_find_byte(lines, '\n', 0)) != SV_NPOS) {
        struct sv line = sv_sub(lines, 0, end);

        if (fold_plain_width(line) > width)
            fold_line(b, line, width);
        else
            strbuf_add_sv(b, line);
        strbuf_add_byte(b, '\n');
        lines = sv_sub(lines, end + 1, lines.n);
    }
    strbuf_add_sv(b, lines);
}
