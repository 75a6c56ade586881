#include "config.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *mem_alloc(size_t size_bytes)
{
    return checked(calloc(1, size_bytes ? size_bytes : 1));
}

void *mem_resize(void *old, size_t size_bytes)
{
    return checked(realloc(old, size_bytes ? size_bytes : 1));
}

char *mem_string(const char *text)
{
    return text == NULL ? NULL : mem_string_n(text, strlen(text));
}

bool mem_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

char *mem_string_n(const char *text, size_t len)
{
    char *copy = checked(malloc(len + 1));
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *mem_printf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int written = vasprintf(&text, format, args);
    va_end(args);
    return checked(written < 0 ? NULL : text);
}
