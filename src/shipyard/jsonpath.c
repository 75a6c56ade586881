#include "config.h"

#include "shipyard/jsonpath.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/mem.h"

#define PATH_MAX_BYTES 1024

enum step_kind { STEP_NAME, STEP_INDEX, STEP_ALL };
struct step {
    enum step_kind kind;
    const char *name;
    long index; /* from the end where it is negative */
};

struct values {
    const cJSON **items;
    size_t count, capacity;
};

static void add_value(struct values *v, const cJSON *item)
{
    if (!item)
        return;
    MEM_GROW(v->items, v->count, v->capacity);
    v->items[v->count++] = item;
}

static const cJSON *item_at(const cJSON *array, long index)
{
    if (!cJSON_IsArray(array))
        return NULL;
    int size = cJSON_GetArraySize(array);
    if (index < 0)
        index += size;
    return index < 0 || index >= size ? NULL : cJSON_GetArrayItem(array, (int)index);
}

static void apply_step(const struct step *step, const struct values *from, struct values *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const cJSON *value = from->items[i], *child;
        switch (step->kind) {
        case STEP_NAME:
            if (cJSON_IsObject(value))
                add_value(to, json_get(value, step->name));
            break;
        case STEP_INDEX:
            add_value(to, item_at(value, step->index));
            break;
        case STEP_ALL:
            if (cJSON_IsObject(value) || cJSON_IsArray(value))
                cJSON_ArrayForEach(child, value) add_value(to, child);
            break;
        }
    }
}

/* A name in quotes; *at stands on the quote, then behind its end. NULL: it has no end. */
static char *take_quoted(const char **at, struct arena *arena)
{
    char quote = *(*at)++;
    char *name = arena_string(arena, *at), *end = name;
    for (; **at != quote; (*at)++) {
        if (**at == '\\' && (*at)[1] != '\0')
            (*at)++;
        if (**at == '\0')
            return NULL;
        *end++ = **at;
    }
    (*at)++;
    *end = '\0';
    return name;
}

/* [0], [-1], ['name'], [*]; *at stands behind the bracket. */
static bool take_bracket(const char **at, struct arena *arena, struct step *out)
{
    if (**at == '\'' || **at == '"') {
        *out = (struct step){.kind = STEP_NAME, .name = take_quoted(at, arena)};
        if (!out->name)
            return false;
    } else if (**at == '*') {
        *out = (struct step){.kind = STEP_ALL};
        (*at)++;
    } else {
        char *end;
        size_t digits = strspn(*at + (**at == '-'), "0123456789");
        if (digits == 0 || digits > 9)
            return false;
        *out = (struct step){.kind = STEP_INDEX, .index = strtol(*at, &end, 10)};
        *at = end;
    }
    return *(*at)++ == ']';
}

static bool take_step(const char **at, bool first, struct arena *arena, struct step *out)
{
    if (**at == '[') {
        (*at)++;
        return take_bracket(at, arena, out);
    }
    if (**at == '.')
        (*at)++;
    else if (!first)
        return false;
    size_t len = strcspn(*at, ".[]()?@'\" \t:,*");
    if (len == 0 && **at == '*') {
        *out = (struct step){.kind = STEP_ALL};
        (*at)++;
        return true;
    }
    *out = (struct step){.kind = STEP_NAME, .name = arena_string_n(arena, *at, len)};
    *at += len;
    return len > 0;
}

static cJSON *copy_of(const struct values *v, bool several)
{
    if (!several)
        return cJSON_Duplicate(v->items[0], cJSON_True);
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < v->count; i++)
        cJSON_AddItemToArray(list, cJSON_Duplicate(v->items[i], cJSON_True));
    return list;
}

enum status jsonpath_find(const cJSON *root, const char *path, cJSON **out, struct error *err)
{
    if (strlen(path) > PATH_MAX_BYTES)
        return error_set(err, STATUS_INVALID, "a JSONPath may have at most %d bytes", PATH_MAX_BYTES);
    struct arena arena = {0};
    struct values from = {0}, to = {0};
    enum status status = STATUS_OK;
    bool first = true, several = false;
    const char *at = path + (*path == '$');
    add_value(&from, root);
    while (*at != '\0' && status == STATUS_OK) {
        struct step step;
        if (!take_step(&at, first && *path != '$', &arena, &step)) {
            status = error_set(
                err, STATUS_INVALID,
                "JSONPath \"%s\": not understood at \"%s\"; names, ['names'], [indexes] and * are", path, at);
            break;
        }
        apply_step(&step, &from, &to);
        several = several || step.kind == STEP_ALL;
        first = false;
        struct values swap = from;
        from = to;
        to = swap;
        to.count = 0;
    }
    if (status == STATUS_OK && from.count == 0 && !several)
        status = error_set(err, STATUS_NOT_FOUND, "the event has nothing at \"%s\"", path);
    if (status == STATUS_OK)
        *out = copy_of(&from, several);
    free(from.items);
    free(to.items);
    arena_free(&arena);
    return status;
}
