/* settings.c: the struct as a whole: defaults, the file, questions to it, its end. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "settings/internal.h"

/* The struct that a section's fields are in, where there is only one of it. */
static void *section_base(struct settings *s, enum settings_section section)
{
    if (section == SETTINGS_ROOT)
        return s;
    for (const struct settings_option *o = settings_options; o->name != NULL; o++)
        if (o->type == SETTINGS_MAPPING && o->inner == section)
            return settings_field(s, o);
    return NULL;
}

void settings_init_defaults(struct settings *s)
{
    *s = (struct settings){.notify = {.quiet_from = -1, .quiet_until = -1}};
    for (const struct settings_option *o = settings_options; o->name != NULL; o++) {
        void *base = section_base(s, o->section);
        if (base != NULL && o->fallback != NULL)
            settings_set_fallback(o, base);
    }
}

static enum status read_all(int fd, struct buffer *text, const char *path, struct error *err)
{
    char chunk[16 * 1024];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, STATUS_FAILED, "cannot read the settings file %s: %s", path,
                             strerror(errno));
        if (n == 0)
            return STATUS_OK;
        if (!buffer_add(text, chunk, (size_t)n))
            return error_set(err, STATUS_TOO_LARGE, "the settings file %s is longer than %d bytes", path,
                             YAML_TEXT_MAX);
    }
}

enum status settings_read_file(const char *path, bool must_exist, struct settings *out, struct error *err)
{
    struct buffer text = BUFFER_LIMIT(YAML_TEXT_MAX);
    settings_init_defaults(out);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && !must_exist && (errno == ENOENT || errno == ENOTDIR))
        return STATUS_OK;
    if (fd < 0)
        return error_set(err, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED,
                         "cannot open the settings file %s: %s", path, strerror(errno));
    enum status status = read_all(fd, &text, path, err);
    if (status == STATUS_OK)
        status = settings_parse(buffer_text(&text), text.len, path, out, err);
    close(fd);
    buffer_free(&text);
    return status;
}

static void free_field(const struct settings_option *o, void *base)
{
    void *field = settings_field(base, o);
    switch (o->type) {
    case SETTINGS_TEXT:
    case SETTINGS_SCRIPT:
    case SETTINGS_PATH:
    case SETTINGS_ADDRESS:
    case SETTINGS_COLOUR:
    case SETTINGS_WORD:
        free(*(char **)field);
        break;
    case SETTINGS_LIST:
    case SETTINGS_ARGV:
        settings_list_free(field);
        break;
    default:
        break;
    }
}

/* base: its struct, or its entries. */
static void free_section(enum settings_section section, void *base, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (const struct settings_option *o = settings_options; o->name != NULL; o++)
            if (o->section == section)
                free_field(o, (char *)base + i * settings_sections[section].size);
}

void settings_free(struct settings *s)
{
    if (s == NULL)
        return;
    for (int section = 0; section < SETTINGS_SECTION_COUNT; section++) {
        void *base = section_base(s, (enum settings_section)section);
        if (base != NULL)
            free_section((enum settings_section)section, base, 1);
    }
    free_section(SETTINGS_CONTEXTS, s->contexts, s->context_count);
    free_section(SETTINGS_CONFIRM, s->confirm, s->confirm_count);
    for (size_t i = 0; i < s->key_count; i++) {
        free(s->keys[i].action);
        settings_list_free(&s->keys[i].keys);
    }
    free(s->keys);
    free(s->contexts);
    free(s->confirm);
    free(s->path);
    settings_init_defaults(s);
}

void settings_drop_notify_commands(struct settings *s)
{
    settings_list_free(&s->notify.command);
    free(s->notify.shell);
    s->notify.shell = NULL;
}

static bool fits(const char *pattern, const char *name)
{
    return pattern == NULL || (name != NULL && fnmatch(pattern, name, 0) == 0);
}

enum settings_confirm settings_confirm_of(const struct settings *s, const char *context, const char *project,
                                          const char *stage)
{
    for (size_t i = s->confirm_count; i-- > 0;) {
        const struct settings_confirm_rule *rule = &s->confirm[i];
        if (fits(rule->context, context) && fits(rule->project, project) && fits(rule->stage, stage))
            return rule->level;
    }
    return SETTINGS_CONFIRM_KEY;
}

const struct settings_context *settings_find_context(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->context_count; i++)
        if (strcmp(s->contexts[i].name, name) == 0)
            return &s->contexts[i];
    return NULL;
}

const struct settings_context *settings_current(const struct settings *s)
{
    if (s->current_context != NULL)
        return settings_find_context(s, s->current_context);
    return s->context_count > 0 ? &s->contexts[0] : NULL;
}

const struct settings_context *settings_shown(const struct settings *s, size_t i)
{
    if (s->shown.count == 0)
        return i == 0 ? settings_current(s) : NULL;
    return i < s->shown.count ? settings_find_context(s, s->shown.items[i]) : NULL;
}

enum status settings_error(const struct settings *s, struct settings_place place, struct error *err,
                           const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* cut where it is too long */
    va_end(args);
    return error_set(err, STATUS_INVALID, "%s:%d:%d: %s", s->path != NULL ? s->path : "settings", place.line,
                     place.column, text);
}
