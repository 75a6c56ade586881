#include "config.h"

#include "shipyard/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *kind_words(const struct yaml_node *node)
{
    switch (node->kind) {
    case YAML_SEQUENCE:
        return "a list";
    case YAML_MAPPING:
        return "a mapping";
    case YAML_SCALAR:
        break;
    }
    return "a single value";
}

static const struct yaml_node *child(const struct yaml_node *parent, const char *key)
{
    const struct yaml_node *node = parent ? yaml_get(parent, key) : NULL;
    return yaml_is_null(node) ? NULL : node;
}

enum status reading_list(const struct reading *r, const struct yaml_node *parent, const char *key,
                         const struct yaml_node **out, struct error *err)
{
    *out = child(parent, key);
    if (*out && (*out)->kind != YAML_SEQUENCE)
        return yaml_error(r->yaml, *out, err, "\"%s\" must be a list, not %s", key, kind_words(*out));
    return STATUS_OK;
}

enum status reading_mapping(const struct reading *r, const struct yaml_node *parent, const char *key,
                            const struct yaml_node **out, struct error *err)
{
    *out = child(parent, key);
    if (*out && (*out)->kind != YAML_MAPPING)
        return yaml_error(r->yaml, *out, err, "\"%s\" must be a mapping, not %s", key, kind_words(*out));
    return STATUS_OK;
}

enum status reading_text(const struct reading *r, const struct yaml_node *parent, const char *key,
                         const char **out, const struct yaml_node **node, struct error *err)
{
    const struct yaml_node *found = child(parent, key);
    if (node)
        *node = found;
    *out = "";
    if (!found)
        return STATUS_OK;
    if (found->kind != YAML_SCALAR)
        return yaml_error(r->yaml, found, err, "\"%s\" must be a text, not %s", key, kind_words(found));
    *out = arena_string(r->arena, found->text);
    return STATUS_OK;
}

enum status reading_check_mapping(const struct reading *r, const struct yaml_node *node, const char *what,
                                  struct error *err)
{
    if (node->kind == YAML_MAPPING || yaml_is_null(node))
        return STATUS_OK;
    return yaml_error(r->yaml, node, err, "%s must be a mapping, not %s", what, kind_words(node));
}

enum status reading_key_error(const struct reading *r, const struct yaml_node *node, struct error *err,
                              const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    struct yaml_node at = {.kind = YAML_SCALAR, .line = node->key_line, .column = node->key_column};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return yaml_error(r->yaml, &at, err, "%s", text);
}

void *reading_array(const struct reading *r, size_t count, size_t size)
{
    size_t bytes = (count ? count : 1) * size; /* count is at most YAML_NODES_MAX */
    return memset(arena_alloc(r->arena, bytes), 0, bytes);
}
