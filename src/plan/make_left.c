/*
 * What a plan leaves to people: nothing that was read as something to do disappears without a word.
 */
#include "plan/make_int.h"

void make_left(struct make *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->rb->n_steps; i++) {
        const struct rb_step *s = &m->rb->steps[i];
        json_t *one;

        if (make_is_forward(m, s) || make_is_way_back(m, s))
            continue;
        one = json_object();
        json_put_sv(one, "id", s->id);
        json_put_int(one, "line", (int64_t)s->line);
        json_put_str(one, "kind", rb_step_name(s->kind));
        json_put_sv(one, "title", m->rb->parts[s->part].title);
        json_put_sv(one, "text", s->text);
        json_append(list, one);
    }
    json_put(m->root, "left", list);
}
