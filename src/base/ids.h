/* base/ids.h: identifiers. */
#ifndef BASE_IDS_H
#define BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>

#define UUID_SIZE 37 /* with the NUL */

void uuid_new(char out[UUID_SIZE]);   /* version 4, lower case, from the kernel's random source */
bool uuid_is_valid(const char *text); /* 8-4-4-4-12 hexadecimal digits, any case */

/* The Keptn context of a posted text: a UUID is kept (in lower case); NULL or "" gives a new one; other text
 * gives the UUIDv4 whose random bytes are its first 16 bytes, padded right with blanks (source:
 * keptn-events.md, section 1). */
void uuid_from_context(const char *text, char out[UUID_SIZE]);

void random_bytes(void *out, size_t len); /* aborts where the kernel has none */

#endif
