/* base/yaml.h: YAML from outside (shipyards, job files, settings, themes) as a small tree that knows lines
 * and columns. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define YAML_TEXT_MAX  (1024 * 1024) /* bytes of one text */
#define YAML_NODES_MAX 100000        /* nodes after aliases are resolved */
#define YAML_DEPTH_MAX 64

struct yaml; /* a document; owns its nodes */

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;      /* scalar in quotes or block style: always a string */
    int line, column; /* from 1 */
    const char *key;  /* its key in the mapping around it, else NULL */
    int key_line, key_column;
    const char *text; /* scalar; "" for null */
    size_t count;     /* children of a sequence or mapping, in order */
    const struct yaml_node *const *items;
};

/* Parses one document; name stands in errors ("shipyard.yaml:7:3: …"). Refused with line and column: text too
 * long, bad UTF-8, control characters, duplicate keys, several documents, alias bombs, too deep. Empty text
 * gives a null scalar. Returns STATUS_OK, STATUS_INVALID, STATUS_TOO_LARGE. */
MUST_CHECK enum status yaml_parse(const char *text, size_t len, const char *name, struct yaml **out,
                                  struct error *err);
const struct yaml_node *yaml_root(const struct yaml *y);
void yaml_free(struct yaml *y);

const struct yaml_node *yaml_get(const struct yaml_node *mapping,
                                 const char *key);       /* NULL: none, or no mapping */
bool yaml_is_null(const struct yaml_node *node);         /* NULL, empty plain, "null", "~" */
bool yaml_bool(const struct yaml_node *node, bool *out); /* YAML 1.2 core: true, false */
bool yaml_int(const struct yaml_node *node, long long *out);

/* As JSON with YAML 1.2 core types (null, true, 1, 1.5, strings). The caller's. */
cJSON *yaml_to_json(const struct yaml_node *node);

/* Sets "NAME:LINE:COLUMN: text" and returns STATUS_INVALID. node NULL: the document's start. */
enum status yaml_error(const struct yaml *y, const struct yaml_node *node, struct error *err,
                       const char *format, ...) PRINTF_LIKE(4, 5);

#endif
