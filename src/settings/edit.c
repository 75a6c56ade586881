#include "config.h"

#include "settings/edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "settings/settings.h"

/* A file under edit: its text as lines, and what it means. */
struct edit {
    const char *path, *text;
    size_t len;
    struct settings settings;
    struct yaml *yaml;
    const struct yaml_node *contexts; /* NULL: no such key */
};

static void edit_free(struct edit *e)
{
    settings_free(&e->settings);
    yaml_free(e->yaml);
}

static enum status edit_open(struct edit *e, const char *text, size_t len, const char *path,
                             struct error *err)
{
    *e = (struct edit){.path = path, .text = text, .len = len};
    enum status status = settings_parse(text, len, path, &e->settings, err);
    if (status == STATUS_OK)
        status = yaml_parse(text, len, path, &e->yaml, err);
    if (status == STATUS_OK)
        e->contexts = yaml_get(yaml_root(e->yaml), "contexts");
    return status;
}

/* --- lines --- */

/* Where a line (from 1) begins; past the last one: the end of the text. */
static size_t line_start(const struct edit *e, int line)
{
    size_t at = 0;
    for (; line > 1 && at < e->len; line--) {
        const char *end = memchr(e->text + at, '\n', e->len - at);
        at = end != NULL ? (size_t)(end - e->text) + 1 : e->len;
    }
    return at;
}

static size_t next_line(const struct edit *e, size_t at)
{
    const char *end = at < e->len ? memchr(e->text + at, '\n', e->len - at) : NULL;
    return end != NULL ? (size_t)(end - e->text) + 1 : e->len;
}

static size_t indentation(const struct edit *e, size_t at)
{
    size_t n = 0;
    while (at + n < e->len && e->text[at + n] == ' ')
        n++;
    return n;
}

/* Nothing in it but blanks and a comment. */
static bool is_idle(const struct edit *e, size_t at)
{
    at += indentation(e, at);
    return at >= e->len || e->text[at] == '#' || e->text[at] == '\n' || e->text[at] == '\r';
}

/* Behind the last line that belongs to the entry whose "- " is in the line at `at`: all that is indented
 * more, without comments and blank lines at its end. */
static size_t entry_end(const struct edit *e, size_t at)
{
    size_t indent = indentation(e, at), end = next_line(e, at);
    for (size_t line = end; line < e->len; line = next_line(e, line)) {
        if (is_idle(e, line))
            continue;
        if (indentation(e, line) <= indent)
            break;
        end = next_line(e, line);
    }
    return end;
}

/* --- writing YAML --- */

static bool is_plain(const char *text)
{
    static const char *const others[] = {"true", "false", "null",  "True", "False",
                                         "Null", "TRUE",  "FALSE", "NULL"};
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(text, others[i]) == 0)
            return false;
    size_t len = strlen(text);
    return len > 0 && (strchr(letters, text[0]) != NULL || text[0] == '/') && text[len - 1] != ':' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:-") == len;
}

static void add_text(struct buffer *out, const char *text)
{
    if (is_plain(text)) {
        buffer_add_text(out, text);
        return;
    }
    buffer_add_char(out, '"');
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\')
            buffer_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            buffer_printf(out, "\\x%02x", c);
        else
            buffer_add_char(out, *p);
    }
    buffer_add_char(out, '"');
}

static void add_value(struct buffer *out, const cJSON *value)
{
    const cJSON *item;
    if (cJSON_IsTrue(value) || cJSON_IsFalse(value)) {
        buffer_add_text(out, cJSON_IsTrue(value) ? "true" : "false");
    } else if (cJSON_IsArray(value)) {
        buffer_add_char(out, '[');
        cJSON_ArrayForEach(item, value)
        {
            if (item != value->child)
                buffer_add_text(out, ", ");
            add_text(out, item->valuestring);
        }
        buffer_add_char(out, ']');
    } else {
        add_text(out, value->valuestring);
    }
}

/* "- name: x" and so on, indented. */
static void add_entry(struct buffer *out, const cJSON *context, size_t indent)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, context)
    {
        buffer_printf(out, "%*s%s%s: ", (int)indent, "", item == context->child ? "- " : "  ", item->string);
        add_value(out, item);
        buffer_add_char(out, '\n');
    }
}

static void add_part(struct buffer *out, const struct edit *e, size_t from, size_t to)
{
    buffer_add(out, e->text + from, to - from);
    if (to == e->len && to > from && e->text[to - 1] != '\n')
        buffer_add_char(out, '\n');
}

/* --- reading it again --- */

/* The new text must mean what was wanted: takes wanted. by_hand: what a person would have to write. */
static enum status check_result(const struct edit *e, struct buffer *out, cJSON *wanted, const char *by_hand,
                                struct error *err)
{
    struct yaml *yaml = NULL;
    struct settings settings;
    enum status status = STATUS_OK;
    cJSON *got = NULL;
    if (out->overflow)
        status = error_set(err, STATUS_TOO_LARGE, "%s would be longer than %d bytes", e->path, YAML_TEXT_MAX);
    if (status == STATUS_OK && yaml_parse(buffer_text(out), out->len, e->path, &yaml, NULL) == STATUS_OK)
        got = yaml_to_json(yaml_root(yaml));
    if (status == STATUS_OK && (got == NULL || !cJSON_Compare(got, wanted, true)))
        status = error_set(
            err, STATUS_FAILED,
            "%s is laid out in a way that this program cannot edit safely; it is as it was. Edit it "
            "yourself: %s",
            e->path, by_hand);
    if (status == STATUS_OK) {
        status = settings_parse(buffer_text(out), out->len, e->path, &settings, err);
        settings_free(&settings);
    }
    cJSON_Delete(got);
    cJSON_Delete(wanted);
    yaml_free(yaml);
    return status;
}

/* What the file means now, as an object. */
static cJSON *meaning(const struct edit *e)
{
    cJSON *json = yaml_to_json(yaml_root(e->yaml));
    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return cJSON_CreateObject(); /* an empty file */
}

static enum status no_such_context(const char *name, const char *path, struct error *err)
{
    return error_set(err, STATUS_NOT_FOUND,
                     "there is no context %s in %s; drawbridge context list shows them", name, path);
}

/* --- the three edits --- */

static cJSON *with_context(const struct edit *e, const cJSON *context)
{
    cJSON *wanted = meaning(e), *list = cJSON_GetObjectItemCaseSensitive(wanted, "contexts");
    if (!cJSON_IsArray(list)) {
        cJSON_DeleteItemFromObjectCaseSensitive(wanted, "contexts");
        list = cJSON_AddArrayToObject(wanted, "contexts");
    }
    cJSON_AddItemToArray(list, cJSON_Duplicate(context, true));
    return wanted;
}

/* The entry alone must be a good one; said before the file is looked at. */
static enum status check_entry(const char *entry, struct error *err)
{
    struct settings settings;
    char *text = mem_printf("contexts:\n%s", entry);
    enum status status = settings_parse(text, strlen(text), "the new context", &settings, err);
    settings_free(&settings);
    free(text);
    return status;
}

enum status settings_edit_add(const char *text, size_t len, const char *path, const cJSON *context,
                              struct buffer *out, struct error *err)
{
    struct edit e;
    struct buffer alone = BUFFER_LIMIT(YAML_TEXT_MAX);
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(context, "name"));
    enum status status = edit_open(&e, text, len, path, err);
    add_entry(&alone, context, 0);
    if (status == STATUS_OK)
        status = check_entry(buffer_text(&alone), err);
    if (status == STATUS_OK && settings_find_context(&e.settings, name) != NULL)
        status = error_set(err, STATUS_CONFLICT, "there is a context %s in %s already", name, path);
    if (status != STATUS_OK)
        goto out;
    if (e.contexts == NULL) {
        add_part(out, &e, 0, len);
        buffer_add_text(out, "contexts:\n");
        add_entry(out, context, 0);
    } else {
        bool empty = e.contexts->count == 0;
        size_t line =
            line_start(&e, empty ? e.contexts->key_line : e.contexts->items[e.contexts->count - 1]->line);
        size_t end = empty ? next_line(&e, line) : entry_end(&e, line);
        add_part(out, &e, 0, end);
        add_entry(out, context, empty ? 0 : indentation(&e, line));
        add_part(out, &e, end, len);
    }
    status = check_result(&e, out, with_context(&e, context), buffer_text(&alone), err);
out:
    buffer_free(&alone);
    edit_free(&e);
    return status;
}

static cJSON *without_context(const struct edit *e, size_t index)
{
    cJSON *wanted = meaning(e), *list = cJSON_GetObjectItemCaseSensitive(wanted, "contexts");
    cJSON_DeleteItemFromArray(list, (int)index);
    if (cJSON_GetArraySize(list) == 0)
        cJSON_ReplaceItemInObjectCaseSensitive(wanted, "contexts", cJSON_CreateNull());
    return wanted;
}

static enum status check_removable(const struct settings *s, const char *name, struct error *err)
{
    if (s->current_context != NULL && strcmp(s->current_context, name) == 0)
        return error_set(
            err, STATUS_CONFLICT,
            "%s is the current context; make another one current first (drawbridge context use), or remove "
            "current-context from %s",
            name, s->path);
    for (size_t i = 0; i < s->shown.count; i++)
        if (strcmp(s->shown.items[i], name) == 0)
            return error_set(err, STATUS_CONFLICT, "%s:%d:%d: show has the context %s; remove it there first",
                             s->path, s->shown.places[i].line, s->shown.places[i].column, name);
    return STATUS_OK;
}

enum status settings_edit_remove(const char *text, size_t len, const char *path, const char *name,
                                 struct buffer *out, struct error *err)
{
    struct edit e;
    enum status status = edit_open(&e, text, len, path, err);
    const struct settings_context *context =
        status == STATUS_OK ? settings_find_context(&e.settings, name) : NULL;
    if (status == STATUS_OK && context == NULL)
        status = no_such_context(name, path, err);
    if (status == STATUS_OK)
        status = check_removable(&e.settings, name, err);
    if (status == STATUS_OK) {
        size_t index = (size_t)(context - e.settings.contexts);
        size_t line = line_start(&e, e.contexts->items[index]->line);
        buffer_add(out, text, line);
        add_part(out, &e, entry_end(&e, line), len);
        status = check_result(&e, out, without_context(&e, index), "take the context out of its list", err);
    }
    edit_free(&e);
    return status;
}

/* Behind a scalar that begins at `at`. */
static size_t scalar_end(const struct edit *e, size_t at)
{
    size_t end = at;
    if (e->text[at] == '"' || e->text[at] == '\'') {
        const char *quote = memchr(e->text + at + 1, e->text[at], e->len - at - 1);
        return quote != NULL ? (size_t)(quote - e->text) + 1 : e->len;
    }
    while (end < e->len && e->text[end] != '\n' && e->text[end] != '\r' &&
           !(e->text[end] == '#' && e->text[end - 1] == ' '))
        end++;
    while (end > at && e->text[end - 1] == ' ')
        end--;
    return end;
}

static cJSON *with_current(const struct edit *e, const char *name)
{
    cJSON *wanted = meaning(e);
    cJSON_DeleteItemFromObjectCaseSensitive(wanted, "current-context");
    cJSON_AddStringToObject(wanted, "current-context", name);
    return wanted;
}

enum status settings_edit_use(const char *text, size_t len, const char *path, const char *name,
                              struct buffer *out, struct error *err)
{
    struct edit e;
    enum status status = edit_open(&e, text, len, path, err);
    if (status == STATUS_OK && settings_find_context(&e.settings, name) == NULL)
        status = no_such_context(name, path, err);
    if (status != STATUS_OK)
        goto out;
    const struct yaml_node *current = yaml_get(yaml_root(e.yaml), "current-context");
    size_t from = current != NULL ? line_start(&e, current->line) + (size_t)current->column - 1
                                  : line_start(&e, e.contexts->key_line);
    size_t to = current != NULL && from < len ? scalar_end(&e, from) : from;
    from = from < len ? from : len;
    buffer_add(out, text, from);
    if (current == NULL)
        buffer_add_text(out, "current-context: ");
    add_text(out, name);
    if (current == NULL)
        buffer_add_char(out, '\n');
    add_part(out, &e, to, len);
    char *by_hand = mem_printf("current-context: %s", name);
    status = check_result(&e, out, with_current(&e, name), by_hand, err);
    free(by_hand);
out:
    edit_free(&e);
    return status;
}
