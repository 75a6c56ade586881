/* shipyard/internal.h: what the readers of shipyard.yaml and job/config.yaml share. */
#ifndef SHIPYARD_INTERNAL_H
#define SHIPYARD_INTERNAL_H

#include "base/arena.h"
#include "base/error.h"
#include "base/yaml.h"

/* A document on its way into structs: what is kept is copied into the arena, which outlives the document. */
struct reading {
    const struct yaml *yaml;
    struct arena *arena;
};

/* A child of a mapping by its kind. Absent and null give NULL (text: ""). What `what` names stands in errors,
 * e.g. "stage". A NULL or null parent has no children. Returns STATUS_OK, or STATUS_INVALID with line and
 * column. */
MUST_CHECK enum status reading_list(const struct reading *r, const struct yaml_node *parent, const char *key,
                                    const struct yaml_node **out, struct error *err);
MUST_CHECK enum status reading_mapping(const struct reading *r, const struct yaml_node *parent,
                                       const char *key, const struct yaml_node **out, struct error *err);
/* *out points into the arena, never NULL. node (may be NULL): where the text stands, NULL for absent. */
MUST_CHECK enum status reading_text(const struct reading *r, const struct yaml_node *parent, const char *key,
                                    const char **out, const struct yaml_node **node, struct error *err);
/* A node that must be a mapping (or null, which is an empty one). */
MUST_CHECK enum status reading_check_mapping(const struct reading *r, const struct yaml_node *node,
                                             const char *what, struct error *err);

/* The same as yaml_error, but at the key in front of a node. */
enum status reading_key_error(const struct reading *r, const struct yaml_node *node, struct error *err,
                              const char *format, ...) PRINTF_LIKE(4, 5);

/* Zeroed memory for count elements (at least one) of size bytes, from the arena. */
void *reading_array(const struct reading *r, size_t count, size_t size);

#endif
