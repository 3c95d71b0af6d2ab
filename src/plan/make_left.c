/*
 * What a plan leaves to people: nothing that could be carried out disappears without a word.
 */
#include <stdlib.h>

#include "plan/make_int.h"

struct left {
    size_t line;
    json_t *one;
};
typedef VEC(struct left) left_list;

static void left_add(left_list *list, struct sv id, size_t line, const char *kind, struct sv title,
                     struct sv text)
{
    json_t *one = json_object();

    json_put_sv(one, "id", id);
    json_put_int(one, "line", (int64_t)line);
    json_put_str(one, "kind", kind);
    json_put_sv(one, "title", title);
    json_put_sv(one, "text", text);
    *vec_add(list) = (struct left){line, one};
}

/* Commands of a block: all, or those that it shows as what must not be run. */
static void left_add_block(const struct make *m, const struct rb_block *block, bool all,
                           left_list *list)
{
    struct sv id = {"", 0}, title = {"", 0};

    if (block->part != RB_NONE) {
        id = m->rb->parts[block->part].id;
        title = m->rb->parts[block->part].title;
    }
    for (size_t i = 0; i < block->script.n; i++) {
        const struct shell_item *item = &block->script.v[i];

        if ((all || item->avoided) && item->kind != SHELL_COMMENT &&
            item->kind != SHELL_SQL_CLIENT && item->kind != SHELL_SQL_QUIT)
            left_add(list, id, block->line + 1 + item->line, "command", title, item->text);
    }
}

/* When the tasks of a section are due, after the run, in milliseconds; -1: nobody says so. */
static int64_t left_due(const struct runbook *rb, uint32_t part)
{
    while (part != RB_NONE && rb->parts[part].due_ms < 0)
        part = rb->parts[part].parent;
    return part == RB_NONE ? -1 : rb->parts[part].due_ms;
}

/* Boxes of sections that are not carried out: of "Within 24 Hours" and "Follow-up" for people after the run. */
static void left_add_tasks(const struct make *m, left_list *list)
{
    const struct runbook *rb = m->rb;

    for (uint32_t i = 0; i < rb->n_parts; i++) {
        const struct rb_part *p = &rb->parts[i];
        struct sv title = p->parent == RB_NONE ? p->title : rb->parts[p->parent].title;
        int64_t due_ms = left_due(rb, i);

        if (!p->task || (p->role != ROLE_FOLLOW_UP && p->role != ROLE_DECIDE &&
                         p->role != ROLE_REFERENCE && p->role != ROLE_TROUBLESHOOT))
            continue;
        left_add(list, p->id, p->line, "task", title, p->title);
        if (due_ms >= 0)
            json_put_int(vec_last(list)->one, "due_ms", due_ms);
    }
}

static int left_by_line(const void *a, const void *b)
{
    const struct left *x = a, *y = b;

    return (x->line > y->line) - (x->line < y->line);
}

void make_left(struct make *m)
{
    const struct runbook *rb = m->rb;
    bool *used = XNEWN(bool, rb->n_blocks + 1);
    json_t *ret = json_array();
    left_list list = {0};

    for (size_t i = 0; i < rb->n_steps; i++) {
        const struct rb_step *s = &rb->steps[i];

        if (s->block != RB_NONE)
            used[s->block] = true;
        if (!make_is_forward(m, s) && !make_is_way_back(m, s))
            left_add(&list, s->id, s->line, rb_step_name(s->kind), rb->parts[s->part].title,
                     s->text);
    }
    for (size_t i = 0; i < rb->n_blocks; i++)
        if (rb->blocks[i].kind == BLOCK_SHELL || rb->blocks[i].kind == BLOCK_SQL)
            left_add_block(m, &rb->blocks[i], !used[i], &list);
    left_add_tasks(m, &list);
    for (size_t i = 0; i < rb->n_mentions; i++) {
        const struct rb_mention *one = &rb->mentions[i];
        const struct rb_part *p = one->part == RB_NONE ? NULL : &rb->parts[one->part];

        left_add(&list, p ? p->id : SV(""), one->line, one->task ? "task" : "command",
                 p ? p->title : SV(""), one->text);
    }
    if (list.n)
        qsort(list.v, list.n, sizeof(*list.v), left_by_line);
    for (size_t i = 0; i < list.n; i++)
        json_append(ret, list.v[i].one);
    json_put(m->root, "left", ret);
    vec_release(&list);
    free(used);
}
