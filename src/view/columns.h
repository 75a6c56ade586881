/* view/columns.h: the columns that the settings name, held against those that the screens have. */
#ifndef VIEW_COLUMNS_H
#define VIEW_COLUMNS_H

#include "base/error.h"
#include "settings/settings.h"

/* Columns of the tree, in the order in which they stand where the settings say nothing. */
enum tree_column { TREE_SEQUENCE, TREE_SERVICE, TREE_VERSION, TREE_TASK, TREE_AGE, TREE_COLUMNS };

/* Those that the settings want: *count of them, at most TREE_COLUMNS. The age always stands at the right. */
void columns_of_tree(const struct settings *s, enum tree_column order[TREE_COLUMNS], size_t *count);

/* Returns STATUS_INVALID with the place of a name that is no column of its screen. */
MUST_CHECK enum status columns_check(const struct settings *s, struct error *err);

#endif
