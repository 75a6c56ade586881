/* base/json.h: JSON from outside, strictly, and helpers around cJSON. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct arena;
struct buffer;

#define JSON_DEPTH_MAX  64
#define JSON_VALUES_MAX 1000000           /* of one text: what a tree of it may cost is bounded, too */
#define JSON_EVENT_MAX  (1024 * 1024)     /* bytes of one event */
#define JSON_BODY_MAX   (5 * 1024 * 1024) /* bytes of any other body */

/* Checks what cJSON lets pass: UTF-8, no NUL (nor \u0000), no control characters in strings, no lone
 * surrogate escapes, depth at most JSON_DEPTH_MAX, no duplicate keys in one object, nothing after the value,
 * numbers of at most 63 characters that a double can hold, at most JSON_VALUES_MAX values, no byte order
 * mark. Returns STATUS_OK, or STATUS_INVALID with line, column (in code points) and reason. */
MUST_CHECK enum status json_check(const char *text, size_t len, struct error *err);

/* json_check, then cJSON. *out is the caller's (cJSON_Delete). */
MUST_CHECK enum status json_parse(const char *text, size_t len, cJSON **out, struct error *err);

/* The same tree in one pass, in the arena: never cJSON_Delete it, never add to it or detach from it. Half the
 * time of cJSON_Parse and cJSON_Delete, for what is decoded, looked at and forgotten. Any thread; *out is
 * NULL after an error, whose remains the arena keeps until it is reset. */
MUST_CHECK enum status json_parse_in_arena(const char *text, size_t len, struct arena *arena, cJSON **out,
                                           struct error *err);

/* Look-ups are case-sensitive, NULL object gives NULL; text: NULL where it is no string. */
const cJSON *json_get(const cJSON *object, const char *key);
const char *json_text(const cJSON *object, const char *key);
/* Walks keys, NULL-terminated: json_path(data, "approval", "pass", NULL). */
const cJSON *json_path(const cJSON *object, ...) __attribute__((sentinel));

/* Prints without blanks. Numbers that are whole print as such up to 2^53. Bytes that are not UTF-8 become
 * U+FFFD. Appends to out; false, with nothing added, where its limit is passed. */
bool json_print(const cJSON *value, struct buffer *out);
/* Appends a JSON string with quotes, likewise. */
bool json_print_text(const char *text, struct buffer *out);

#endif
