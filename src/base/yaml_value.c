/* What the scalars of a YAML tree mean. Source: YAML 1.2.2, section 10.3, Core Schema. */
#include "config.h"

#include "base/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
    if (mapping == NULL || mapping->kind != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->count; i++)
        if (strcmp(mapping->items[i]->key, key) == 0)
            return mapping->items[i];
    return NULL;
}

static bool is_plain(const struct yaml_node *node)
{
    return node != NULL && node->kind == YAML_SCALAR && !node->quoted;
}

static bool is_one_of(const char *text, const char *const words[3])
{
    return strcmp(text, words[0]) == 0 || strcmp(text, words[1]) == 0 || strcmp(text, words[2]) == 0;
}

bool yaml_is_null(const struct yaml_node *node)
{
    if (node == NULL)
        return true;
    return is_plain(node) && (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
                              is_one_of(node->text, (const char *const[]){"null", "Null", "NULL"}));
}

bool yaml_bool(const struct yaml_node *node, bool *out)
{
    if (!is_plain(node))
        return false;
    bool is_true = is_one_of(node->text, (const char *const[]){"true", "True", "TRUE"});
    if (!is_true && !is_one_of(node->text, (const char *const[]){"false", "False", "FALSE"}))
        return false;
    *out = is_true;
    return true;
}

/* Whole numbers in base 10, 8 (0o) and 16 (0x); only the first takes a sign. */
bool yaml_int(const struct yaml_node *node, long long *out)
{
    if (!is_plain(node))
        return false;
    const char *digits = node->text;
    int base = strncmp(digits, "0x", 2) == 0 ? 16 : strncmp(digits, "0o", 2) == 0 ? 8 : 10;
    digits += base != 10 ? 2 : *digits == '-' || *digits == '+';
    size_t len = strspn(digits, base == 16  ? "0123456789abcdefABCDEF"
                                : base == 8 ? "01234567"
                                            : "0123456789");
    if (len == 0 || digits[len] != '\0')
        return false;
    errno = 0;
    long long value = strtoll(base == 10 ? node->text : digits, NULL, base);
    if (errno != 0)
        return false; /* too large */
    *out = value;
    return true;
}

/* [-+]? ( . digits | digits (. digits?)? ) ([eE] [-+]? digits)?, and what a double can hold. */
static bool read_float(const char *text, double *out)
{
    char number[64]; /* with the decimal point left out, whose look is the locale's business */
    size_t used = 0, digits = 0, fraction = 0;
    const char *at = text;
    if (*at == '-' || *at == '+')
        number[used++] = *at++;
    for (; isdigit((unsigned char)*at) && used < 40; at++, digits++)
        number[used++] = *at;
    if (*at == '.')
        for (at++; isdigit((unsigned char)*at) && used < 40; at++, fraction++)
            number[used++] = *at;
    if (digits + fraction == 0)
        return false;
    long exponent = 0;
    if (*at == 'e' || *at == 'E') {
        at++;
        const char *first = at + (*at == '-' || *at == '+');
        size_t len = strspn(first, "0123456789");
        if (len == 0 || len > 6)
            return false;
        exponent = strtol(at, NULL, 10);
        at = first + len;
    }
    (void)snprintf(number + used, sizeof number - used, "e%ld", exponent - (long)fraction); /* fits: 40 + 9 */
    *out = strtod(number, NULL);
    return *at == '\0' && isfinite(*out);
}

static cJSON *scalar_to_json(const struct yaml_node *node)
{
    bool is_true;
    long long whole;
    double number;
    if (yaml_is_null(node))
        return cJSON_CreateNull();
    if (yaml_bool(node, &is_true))
        return cJSON_CreateBool(is_true);
    if (yaml_int(node, &whole))
        return cJSON_CreateNumber((double)whole);
    if (is_plain(node) && read_float(node->text, &number))
        return cJSON_CreateNumber(number);
    return cJSON_CreateString(node->text);
}

cJSON *yaml_to_json(const struct yaml_node *node)
{
    if (node == NULL || node->kind == YAML_SCALAR)
        return node == NULL ? cJSON_CreateNull() : scalar_to_json(node);
    bool is_mapping = node->kind == YAML_MAPPING;
    cJSON *json = is_mapping ? cJSON_CreateObject() : cJSON_CreateArray();
    for (size_t i = 0; i < node->count; i++) {
        cJSON *child = yaml_to_json(node->items[i]);
        if (is_mapping ? !cJSON_AddItemToObject(json, node->items[i]->key, child)
                       : !cJSON_AddItemToArray(json, child))
            cJSON_Delete(child); /* no memory: json or child is NULL */
    }
    return json;
}
