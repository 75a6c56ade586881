#include "config.h"

#include "base/json.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"

enum status json_parse(const char *text, size_t len, cJSON **out, struct error *err)
{
    const char *end = NULL;
    *out = NULL;
    enum status status = json_check(text, len, err);
    if (status != STATUS_OK)
        return status;
    *out = cJSON_ParseWithLengthOpts(text, len, &end, 0);
    if (*out == NULL)
        return error_set(err, STATUS_INVALID, "not valid JSON, at byte %zu",
                         end == NULL ? 0 : (size_t)(end - text));
    return STATUS_OK;
}

const cJSON *json_get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *json_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(json_get(object, key));
}

const cJSON *json_path(const cJSON *object, ...)
{
    va_list keys;
    va_start(keys, object);
    for (const char *key; object != NULL && (key = va_arg(keys, const char *)) != NULL;)
        object = json_get(object, key);
    va_end(keys);
    return object;
}

static bool print_number(double value, struct buffer *out)
{
    const double exact = 9007199254740992.0; /* 2^53: all whole numbers to there are doubles */
    char text[40];
    if (!isfinite(value))
        return buffer_add_text(out, "null");
    if (fabs(value) <= exact && value == floor(value)) {
        (void)snprintf(text, sizeof text, "%lld", (long long)value);
        return buffer_add_text(out, text);
    }
    (void)snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value)
        (void)snprintf(text, sizeof text, "%.17g", value);
    /* What is neither digit, sign nor exponent is the locale's decimal point. */
    size_t point = strspn(text, "+-0123456789e");
    size_t rest = point + strcspn(text + point, "+-0123456789e");
    return buffer_add(out, text, point) && (rest == point || buffer_add_char(out, '.')) &&
           buffer_add_text(out, text + rest);
}

static bool print_escaped(unsigned char c, struct buffer *out)
{
    static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = strchr(named, c);
    if (found == NULL)
        return buffer_printf(out, "\\u%04x", c);
    return buffer_add(out, (const char[]){'\\', letters[found - named]}, 2);
}

/* Bytes of the beginning of text that stand in a JSON string as they are. */
static size_t plain_prefix(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '"' || c == '\\')
            break;
        if (c < 0x80) {
            i++;
            continue;
        }
        uint32_t code_point;
        int step = utf8_decode(text + i, len - i, &code_point);
        if (step <= 0)
            break;
        i += (size_t)step;
    }
    return i;
}

static bool print_text(const char *text, struct buffer *out)
{
    size_t len = strlen(text);
    if (!buffer_add_char(out, '"'))
        return false;
    for (size_t i = 0; i < len;) {
        size_t plain = plain_prefix(text + i, len - i);
        if (!buffer_add(out, text + i, plain))
            return false;
        i += plain;
        if (i == len)
            break;
        unsigned char c = (unsigned char)text[i++];
        if (!(c < 0x80 ? print_escaped(c, out) : buffer_add_text(out, "\xEF\xBF\xBD")))
            return false;
    }
    return buffer_add_char(out, '"');
}

static bool print_value(const cJSON *value, struct buffer *out);

static bool print_children(const cJSON *value, struct buffer *out)
{
    bool is_object = cJSON_IsObject(value);
    if (!buffer_add_char(out, is_object ? '{' : '['))
        return false;
    for (const cJSON *child = value->child; child != NULL; child = child->next) {
        if (child != value->child && !buffer_add_char(out, ','))
            return false;
        if (is_object && !(print_text(child->string, out) && buffer_add_char(out, ':')))
            return false;
        if (!print_value(child, out))
            return false;
    }
    return buffer_add_char(out, is_object ? '}' : ']');
}

static bool print_value(const cJSON *value, struct buffer *out)
{
    switch (value->type & 0xFF) {
    case cJSON_False:
        return buffer_add_text(out, "false");
    case cJSON_True:
        return buffer_add_text(out, "true");
    case cJSON_Number:
        return print_number(value->valuedouble, out);
    case cJSON_String:
        return print_text(value->valuestring, out);
    case cJSON_Raw:
        return buffer_add_text(out, value->valuestring);
    case cJSON_Array:
    case cJSON_Object:
        return print_children(value, out);
    default:
        return buffer_add_text(out, "null");
    }
}

/* Takes back what stands after `len`. */
static bool cut_back(struct buffer *out, size_t len)
{
    out->len = len;
    if (out->data != NULL)
        out->data[len] = '\0';
    return false;
}

bool json_print(const cJSON *value, struct buffer *out)
{
    size_t before = out->len;
    return (value == NULL ? buffer_add_text(out, "null") : print_value(value, out)) || cut_back(out, before);
}

bool json_print_text(const char *text, struct buffer *out)
{
    size_t before = out->len;
    return print_text(text, out) || cut_back(out, before);
}
