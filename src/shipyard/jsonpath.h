/* shipyard/jsonpath.h: JSONPath as far as job configurations use it, and values as Go prints them. */
#ifndef SHIPYARD_JSONPATH_H
#define SHIPYARD_JSONPATH_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* The value at "$.data.labels.version", "data['x'][0]", "$.data.list[-1]" or "$.data.*.name". The leading $
 * may be missing. *out    the caller's (cJSON_Delete); refers to root's nodes, which must outlive it. Several
 * values (by *) are an array. Returns STATUS_OK; STATUS_NOT_FOUND: nothing there; STATUS_INVALID: no path
 * that is understood here (filters, slices, ..) */
MUST_CHECK enum status jsonpath_find(const cJSON *root, const char *path, cJSON **out, struct error *err);

/* As Go's %v: 1e+06, <nil>, [a b], map[k:v]. Each returns false where out's limit is passed. */
bool govalue_print(const cJSON *value, struct buffer *out);
/* As a YAML document in block style, keys sorted. */
bool govalue_print_yaml(const cJSON *value, struct buffer *out);

#endif
