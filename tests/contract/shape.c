/* tests/contract/shape.c: whether a JSON value has the shape that a pattern tells. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "contract/contract.h"

static char fault[512];

static bool differs(const char *shape, const char *what, const cJSON *value)
{
    char *text = cJSON_PrintUnformatted(value);
    (void)snprintf(fault, sizeof fault, "%s: %.200s where the shape has %.60s", what,
                   text != NULL ? text : "nothing", shape);
    cJSON_free(text);
    return false;
}

/* `0` stands for a digit, `x` for a lower-case hex digit, `y` for one of 89ab, all else for itself. */
static bool looks_like(const char *text, const char *mask)
{
    for (; *text != '\0' && *mask != '\0'; text++, mask++) {
        const char *set = *mask == '0'   ? "0123456789"
                          : *mask == 'x' ? "0123456789abcdef"
                          : *mask == 'y' ? "89ab"
                                         : NULL;
        if (set != NULL ? strchr(set, *text) == NULL : *text != *mask)
            return false;
    }
    return *text == *mask;
}

static bool is_time(const char *text)
{
    size_t len = strlen(text), digits;
    char head[21];
    if (len < 20 || text[len - 1] != 'Z')
        return false;
    (void)snprintf(head, sizeof head, "%.19s", text);
    digits = text[19] == '.' ? strspn(text + 20, "0123456789") : 0;
    return looks_like(head, "0000-00-00T00:00:00") && digits <= 9 &&
           (text[19] == 'Z' ? len == 20 : text[19] == '.' && digits > 0 && len == 21 + digits);
}

static bool is_kind(const char *kind, const cJSON *value)
{
    const char *text = cJSON_IsString(value) ? value->valuestring : NULL;
    if (strcmp(kind, "*") == 0)
        return true;
    if (strcmp(kind, "n") == 0)
        return cJSON_IsNumber(value);
    if (strcmp(kind, "b") == 0)
        return cJSON_IsBool(value);
    if (strcmp(kind, "null") == 0)
        return cJSON_IsNull(value);
    if (kind[0] >= '0' && kind[0] <= '9')
        return cJSON_IsNumber(value) && value->valuedouble == strtod(kind, NULL);
    if (text == NULL)
        return false;
    if (kind[0] == '\'')
        return strlen(kind) == strlen(text) + 2 && strncmp(kind + 1, text, strlen(text)) == 0;
    if (strcmp(kind, "ns") == 0)
        return strlen(text) == 19 && strspn(text, "0123456789") == 19;
    if (strcmp(kind, "ms") == 0)
        return looks_like(text, "0000-00-00T00:00:00.000Z");
    if (strcmp(kind, "u") == 0)
        return looks_like(text, "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx");
    if (strcmp(kind, "h") == 0)
        return looks_like(text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    return strcmp(kind, "t") == 0 ? is_time(text) : strcmp(kind, "s") == 0;
}

/* Where the pattern that begins here ends, alternatives included. */
static const char *behind(const char *at)
{
    int depth = 0;
    for (bool quoted = false; *at != '\0'; at++) {
        quoted = quoted != (*at == '\'');
        if (!quoted && depth == 0 && strchr(",}]", *at) != NULL)
            break;
        if (!quoted)
            depth += strchr("{[", *at) != NULL ? 1 : strchr("}]", *at) != NULL ? -1 : 0;
    }
    return at;
}

static bool fits(const char *shape, const cJSON *value, const char *name);

/* One pattern of at most 4 KiB, cut out; a shape that is wrong itself fits nothing. */
static bool fits_part(const char *from, const char *to, const cJSON *value, const char *name)
{
    char part[4096];
    (void)snprintf(part, sizeof part, "%.*s", (int)(to - from), from);
    return fits(part, value, name);
}

static bool fits_object(const char *shape, const cJSON *object, const char *name)
{
    char key[64];
    int known = 0, have = cJSON_GetArraySize(object);
    bool open = false;
    const char *at = shape + 1, *end;
    if (!cJSON_IsObject(object))
        return differs(shape, name, object);
    if (strncmp(at, "+:", 2) == 0) {
        const cJSON *item;
        cJSON_ArrayForEach(item,
                           object) if (!fits_part(at + 2, behind(at + 2), item, item->string)) return false;
        return true;
    }
    for (; *at != '}' && *at != '\0'; at = *end == ',' ? end + 1 : end) {
        end = behind(at);
        if (strncmp(at, "...", 3) == 0) {
            open = true;
            continue;
        }
        size_t len = strcspn(at, "?:");
        bool optional = at[len] == '?';
        (void)snprintf(key, sizeof key, "%.*s", (int)len, at);
        const cJSON *item = json_get(object, key);
        known += item != NULL ? 1 : 0;
        if (item == NULL ? !optional : !fits_part(at + len + (optional ? 2 : 1), end, item, key))
            return item != NULL ? false : differs(key, name, object);
    }
    return open || known == have || differs(shape, name, object);
}

static bool fits(const char *shape, const cJSON *value, const char *name)
{
    const cJSON *item;
    const char *end = shape;
    int depth = 0;
    for (; *end != '\0' && (*end != '|' || depth > 0); end++)
        depth += strchr("{[", *end) != NULL ? 1 : strchr("}]", *end) != NULL ? -1 : 0;
    if (*end == '|')
        return fits_part(shape, end, value, name) || fits(end + 1, value, name);
    if (shape[0] == '{')
        return fits_object(shape, value, name);
    if (shape[0] != '[')
        return is_kind(shape, value) || differs(shape, name, value);
    if (!cJSON_IsArray(value) || (shape[1] == ']' && cJSON_GetArraySize(value) > 0))
        return differs(shape, name, value);
    cJSON_ArrayForEach(item, value) if (!fits_part(shape + 1, behind(shape + 1), item, name)) return false;
    return true;
}

const char *contract_shape(const char *shape, const cJSON *value)
{
    return fits(shape, value, "the answer") ? NULL : fault;
}
