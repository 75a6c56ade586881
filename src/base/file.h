/* base/file.h: small files of ours that are never seen half written. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

#include "base/error.h"

/* Puts the text in place of the file, in one step: after a crash it is the old one or the new one. Mode 0600;
 * folders that are missing are made with 0700; where path is a link, what it points to is replaced. Returns
 * STATUS_OK; STATUS_FAILED: what could not be done, and why; the file is then as it was */
MUST_CHECK enum status file_replace(const char *path, const char *text, size_t len, struct error *err);

#endif
