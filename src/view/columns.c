#include "config.h"

#include "view/columns.h"

#include <string.h>

#include "base/buffer.h"
#include "view/decided.h"
#include "view/events.h"
#include "view/waiting.h"

static const char *const tree_names[TREE_COLUMNS] = {"sequence", "service", "version", "task", "age"};

void columns_of_tree(const struct settings *s, enum tree_column order[TREE_COLUMNS], size_t *count)
{
    const struct settings_list *wanted = &s->columns.tree;
    *count = 0;
    for (size_t i = 0; wanted->count == 0 && i < TREE_COLUMNS; i++)
        order[(*count)++] = (enum tree_column)i;
    for (size_t i = 0; i < wanted->count && *count < TREE_COLUMNS; i++) /* none stands there twice */
        for (size_t k = 0; k < TREE_COLUMNS; k++)
            if (strcmp(tree_names[k], wanted->items[i]) == 0)
                order[(*count)++] = (enum tree_column)k;
}

static enum status check(const struct settings *s, const struct settings_list *wanted, const char *screen,
                         const char *const *names, size_t count, struct error *err)
{
    for (size_t i = 0; i < wanted->count; i++) {
        size_t known = 0;
        while (known < count && strcmp(names[known], wanted->items[i]) != 0)
            known++;
        if (known < count)
            continue;
        struct buffer all = BUFFER_LIMIT(ERROR_TEXT_SIZE / 2);
        const char *meant = settings_nearest(wanted->items[i], names, count);
        for (size_t k = 0; k < count; k++)
            (void)buffer_printf(&all, "%s%s", k > 0 ? ", " : "", names[k]); /* else it is cut */
        const enum status status = settings_error(
            s, wanted->places[i], err, "%s has no column '%s'%s%s; there are %s", screen, wanted->items[i],
            meant ? ", perhaps " : "", meant ? meant : "", buffer_text(&all));
        buffer_free(&all);
        return status;
    }
    return STATUS_OK;
}

static enum status check_list(const struct settings *s, const struct list_ops *ops, const char *screen,
                              struct error *err)
{
    const char *names[LIST_COLUMNS_MAX];
    for (size_t i = 0; i < ops->column_count; i++)
        names[i] = ops->columns[i].name;
    return check(s, ops->wanted(s), screen, names, ops->column_count, err);
}

enum status columns_check(const struct settings *s, struct error *err)
{
    enum status status = check(s, &s->columns.tree, "tree", tree_names, TREE_COLUMNS, err);
    if (status == STATUS_OK)
        status = check_list(s, &waiting_list, "waiting", err);
    if (status == STATUS_OK)
        status = check_list(s, &events_list, "events", err);
    if (status == STATUS_OK)
        status = check_list(s, &decided_list, "decided", err);
    return status;
}
