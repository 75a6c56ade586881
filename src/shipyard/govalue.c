/* Values of an event as text: as Go's fmt prints them (%v), and as YAML. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "shipyard/jsonpath.h"

static int compare_keys(const void *a, const void *b)
{
    const cJSON *const *left = a, *const *right = b;
    return strcmp((*left)->string, (*right)->string);
}

/* An object's children by key, as Go prints maps. The caller's. */
static const cJSON **sorted_children(const cJSON *object, size_t *count)
{
    const cJSON **items = NULL, *child;
    size_t capacity = 0;
    *count = 0;
    cJSON_ArrayForEach(child, object)
    {
        MEM_GROW(items, *count, capacity);
        items[(*count)++] = child;
    }
    if (items)
        qsort(items, *count, sizeof(const cJSON *), compare_keys);
    return items;
}

/* The shortest digits that read back as the number, as strconv.FormatFloat(x, 'g', -1, 64) (source: Go,
 * strconv/ftoa.go). */
static bool print_number(double number, struct buffer *out)
{
    char text[40];
    int precision = 0;
    for (; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, number);
        if (strtod(text, NULL) == number)
            break;
    }
    const char *mark = strchr(text, 'e');
    int exponent = mark ? (int)strtol(mark + 1, NULL, 10) : 0;
    if (!mark || exponent < -4 || exponent >= 6)
        return buffer_add_text(out, text);
    return buffer_printf(out, "%.*f", precision > exponent ? precision - exponent : 0, number);
}

static bool print_list(const cJSON *list, struct buffer *out)
{
    const cJSON *child;
    bool ok = buffer_add_char(out, '['), first = true;
    cJSON_ArrayForEach(child, list)
    {
        ok = ok && (first || buffer_add_char(out, ' ')) && govalue_print(child, out);
        first = false;
    }
    return ok && buffer_add_char(out, ']');
}

static bool print_map(const cJSON *object, struct buffer *out)
{
    size_t count;
    const cJSON **items = sorted_children(object, &count);
    bool ok = buffer_add_text(out, "map[");
    for (size_t i = 0; i < count && ok; i++)
        ok = buffer_printf(out, "%s%s:", i > 0 ? " " : "", items[i]->string) && govalue_print(items[i], out);
    free(items);
    return ok && buffer_add_char(out, ']');
}

bool govalue_print(const cJSON *value, struct buffer *out)
{
    if (cJSON_IsString(value))
        return buffer_add_text(out, value->valuestring);
    if (cJSON_IsNumber(value))
        return print_number(value->valuedouble, out);
    if (cJSON_IsBool(value))
        return buffer_add_text(out, cJSON_IsTrue(value) ? "true" : "false");
    if (cJSON_IsArray(value))
        return print_list(value, out);
    if (cJSON_IsObject(value))
        return print_map(value, out);
    return buffer_add_text(out, "<nil>");
}

/* Text that every reader of YAML takes for the same string without quotes. */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no", "on",
                                        "off",  "y",     "n",    "nan", "inf"};
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
    size_t len = strlen(text);
    if (len == 0 || strchr("0123456789.-", text[0]) || strspn(text, allowed) != len)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return false;
    return true;
}

static bool yaml_text(const char *text, struct buffer *out)
{
    return is_plain(text) ? buffer_add_text(out, text) : json_print_text(text, out);
}

/* Lines begin at a column; inline_first: the first goes on where the text ends, as behind "- ". */
static bool yaml_value(const cJSON *value, int column, bool inline_first, struct buffer *out)
{
    bool nested = (cJSON_IsArray(value) || cJSON_IsObject(value)) && value->child;
    if (!nested) {
        bool ok = cJSON_IsString(value) ? yaml_text(value->valuestring, out) : json_print(value, out);
        return ok && buffer_add_char(out, '\n');
    }
    size_t count;
    bool is_map = cJSON_IsObject(value), ok = true;
    const cJSON **items = NULL, *child = value->child;
    if (is_map)
        items = sorted_children(value, &count);
    for (size_t i = 0; child && ok; child = child->next, i++) {
        const cJSON *item = is_map ? items[i] : child;
        bool deeper = (cJSON_IsArray(item) || cJSON_IsObject(item)) && item->child;
        ok = (i == 0 && inline_first) || buffer_printf(out, "%*s", column, "");
        if (is_map)
            ok = ok && yaml_text(item->string, out) && buffer_add_text(out, deeper ? ":\n" : ": ");
        else
            ok = ok && buffer_add_text(out, "- ");
        ok = ok && yaml_value(item, column + (is_map ? 4 : 2), !is_map, out);
    }
    free(items);
    return ok;
}

bool govalue_print_yaml(const cJSON *value, struct buffer *out)
{
    return yaml_value(value, 0, false, out);
}
