/* Any text gives settings that keep their ranges, or an error that names its place. */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "base/yaml.h"
#include "fuzz.h"
#include "settings/settings.h"

static bool has_fields(const void *bytes, size_t offset)
{
    const char *text;
    memcpy(&text, (const char *)bytes + offset, sizeof text);
    return text != NULL;
}

static void check_list(const struct settings_list *list, size_t max)
{
    FUZZ_MUST(list->count <= max && (list->count == 0 || (list->items != NULL && list->places != NULL)));
    for (size_t i = 0; i < list->count; i++)
        FUZZ_MUST(list->items[i] != NULL && list->places[i].line >= 1 && list->places[i].column >= 1);
}

static void check_option(const struct settings_option *o, const void *base)
{
    int number = 0;
    struct settings_list list;
    switch (o->type) {
    case SETTINGS_TEXT:
    case SETTINGS_SCRIPT:
        if (has_fields(base, o->offset)) {
            const char *text;
            memcpy(&text, (const char *)base + o->offset, sizeof text);
            FUZZ_MUST((long long)strlen(text) >= o->min && (long long)strlen(text) <= o->max);
        }
        return;
    case SETTINGS_NUMBER:
    case SETTINGS_MS:
    case SETTINGS_SECONDS:
        memcpy(&number, (const char *)base + o->offset, sizeof number);
        FUZZ_MUST(number >= o->min && number <= o->max);
        return;
    case SETTINGS_LIST:
    case SETTINGS_ARGV:
        memcpy(&list, (const char *)base + o->offset, sizeof list);
        check_list(&list, (size_t)o->max);
        return;
    default:
        return;
    }
}

static const void *base_of(const struct settings *s, enum settings_section section)
{
    switch (section) {
    case SETTINGS_ROOT:
    case SETTINGS_TIMES:
        return s;
    case SETTINGS_NOTIFY:
        return &s->notify;
    case SETTINGS_WALL:
        return &s->wall;
    case SETTINGS_COLUMNS:
        return &s->columns;
    default:
        return NULL;
    }
}

static void check_settings(const struct settings *s)
{
    for (const struct settings_option *o = settings_options; o->name != NULL; o++) {
        if (base_of(s, o->section) != NULL)
            check_option(o, base_of(s, o->section));
        for (size_t i = 0; o->section == SETTINGS_CONTEXTS && i < s->context_count; i++)
            check_option(o, &s->contexts[i]);
        for (size_t i = 0; o->section == SETTINGS_CONFIRM && i < s->confirm_count; i++)
            check_option(o, &s->confirm[i]);
    }
    for (size_t i = 0; i < s->context_count; i++)
        FUZZ_MUST(settings_find_context(s, s->contexts[i].name) == &s->contexts[i] &&
                  s->contexts[i].server != NULL);
    for (size_t i = 0; i < s->key_count; i++)
        check_list(&s->keys[i].keys, 16);
    for (size_t i = 0; i < s->shown.count; i++)
        FUZZ_MUST(settings_shown(s, i) != NULL);
    FUZZ_MUST(settings_confirm_of(s, "a", "b", "c") != SETTINGS_CONFIRM_NONE ||
              s->undo_window_ms >= SETTINGS_UNDO_MIN_MS);
    FUZZ_MUST((s->notify.quiet_from < 0) == (s->notify.quiet_until < 0) && s->notify.quiet_until < 1440);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_NONE;
    struct settings s;
    enum status status = settings_parse((const char *)data, size, "f", &s, &err);
    FUZZ_MUST(status == err.status);
    if (status != STATUS_OK) {
        int line = 0, column = 0;
        FUZZ_MUST(status == STATUS_TOO_LARGE || sscanf(err.text, "f:%d:%d: ", &line, &column) == 2);
        FUZZ_MUST(status == STATUS_TOO_LARGE || (line >= 1 && column >= 1));
        FUZZ_MUST(s.context_count == 0 && s.path == NULL);
    }
    check_settings(&s);
    settings_free(&s);
    return 0;
}
