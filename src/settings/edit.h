/* settings/edit.h: changes to the text of a settings file that leave all else in it, comments too, as it
 * stands. The file is edited as lines, and read again before it counts: what would mean anything else than
 * the old one with the change is refused, with what to write by hand. */
#ifndef SETTINGS_EDIT_H
#define SETTINGS_EDIT_H

#include <cjson/cJSON.h>

#include "base/buffer.h"
#include "base/error.h"

/* text: what the file has now; path stands in errors; out: empty, gets the new text.
 *   Returns STATUS_OK; STATUS_INVALID, STATUS_TOO_LARGE: the file is broken, or would be; STATUS_FAILED: it
 * is laid out so that only a person can edit it; and those that each function names */

/* Adds a context at the end: an object of keys as in the file, with texts, lists of texts, and true.
 * STATUS_CONFLICT: there is one of this name. */
MUST_CHECK enum status settings_edit_add(const char *text, size_t len, const char *path, const cJSON *context,
                                         struct buffer *out, struct error *err);
/* STATUS_NOT_FOUND: there is none of this name. STATUS_CONFLICT: it is the current one, or in `show`. */
MUST_CHECK enum status settings_edit_remove(const char *text, size_t len, const char *path, const char *name,
                                            struct buffer *out, struct error *err);
/* Makes it the current one. STATUS_NOT_FOUND. */
MUST_CHECK enum status settings_edit_use(const char *text, size_t len, const char *path, const char *name,
                                         struct buffer *out, struct error *err);

#endif
