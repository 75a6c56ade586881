/* read.c: the tree of the file into the struct, along the table; then what concerns several keys together. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "settings/internal.h"

#define KEYS_MAX     512 /* actions with keys of their own */
#define OPTIONS_MAX  64  /* of one section */
#define BINDINGS_MAX 16  /* keys of one action */

enum status settings_key_error(const struct reading *r, const struct yaml_node *node, struct error *err,
                               const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    struct yaml_node at = {.kind = YAML_SCALAR, .line = node->key_line, .column = node->key_column};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* cut where it is too long */
    va_end(args);
    return yaml_error(r->yaml, &at, err, "%s", text);
}

static const struct settings_option *find_option(enum settings_section section, const char *name)
{
    for (const struct settings_option *o = settings_options; o->name != NULL; o++)
        if (o->section == section && strcmp(o->name, name) == 0)
            return o;
    return NULL;
}

enum status settings_unknown_key(const struct reading *r, enum settings_section section,
                                 const struct yaml_node *node, struct error *err)
{
    const char *names[OPTIONS_MAX], *place = settings_section_name(section);
    size_t count = 0;
    for (const struct settings_option *o = settings_options; o->name != NULL && count < OPTIONS_MAX; o++)
        if (o->section == section)
            names[count++] = o->name;
    const char *meant = settings_nearest(node->key, names, count);
    if (meant != NULL)
        return settings_key_error(r, node, err, "there is no key \"%.60s\"%s%s; did you mean %s?", node->key,
                                  *place != '\0' ? " in " : "", place, meant);
    for (const struct settings_option *o = settings_options; o->name != NULL; o++)
        if (strcmp(o->name, node->key) == 0)
            return settings_key_error(r, node, err, "there is no key \"%s\"%s%s; it belongs %s%s", node->key,
                                      *place != '\0' ? " in " : " here", place,
                                      o->section == SETTINGS_ROOT ? "to the outermost level" : "into ",
                                      settings_section_name(o->section));
    return settings_key_error(r, node, err, "there is no key \"%.60s\"%s%s; drawbridge.yaml(5) lists them",
                              node->key, *place != '\0' ? " in " : "", place);
}

static enum status read_mapping(const struct reading *r, enum settings_section section,
                                const struct yaml_node *node, void *base, struct error *err);

/* keys: { action: key or [keys] } */
static enum status read_bindings(const struct reading *r, const struct settings_option *o,
                                 const struct yaml_node *node, struct settings *s, struct error *err)
{
    const struct settings_option list = {.name = o->name, .type = SETTINGS_LIST, .max = BINDINGS_MAX};
    enum status status = STATUS_OK;
    if (node->kind != YAML_MAPPING)
        return yaml_error(r->yaml, node, err,
                          "keys must be a mapping from actions to keys, such as {approve: a}");
    if (node->count > KEYS_MAX)
        return yaml_error(r->yaml, node, err, "keys has %zu actions; %d are allowed", node->count, KEYS_MAX);
    s->keys = mem_alloc((node->count + 1) * sizeof *s->keys);
    for (size_t i = 0; i < node->count && status == STATUS_OK; i++) {
        const struct yaml_node *value = node->items[i];
        struct settings_key *key = &s->keys[s->key_count++];
        *key = (struct settings_key){.action = mem_string(value->key),
                                     .place = {.line = value->key_line, .column = value->key_column}};
        struct yaml_node alone = *value; /* one key is a list of one */
        alone.key = NULL;
        const struct yaml_node one = {.kind = YAML_SEQUENCE,
                                      .line = value->line,
                                      .column = value->column,
                                      .count = 1,
                                      .items = (const struct yaml_node *const[]){&alone}};
        if (value->kind == YAML_MAPPING || (value->kind == YAML_SCALAR && yaml_is_null(value)))
            status = yaml_error(r->yaml, value, err,
                                "keys: %.60s must have a key or a list of keys; [] leaves it without one",
                                value->key);
        else
            status = settings_read_list(r, &list, value->kind == YAML_SCALAR ? &one : value, &key->keys, err);
    }
    return status;
}

/* What is wrong with one context as a whole. */
static enum status check_context(const struct reading *r, const struct yaml_node *node,
                                 const struct settings *s, const struct settings_context *c,
                                 struct error *err)
{
    if (c->name == NULL)
        return yaml_error(r->yaml, node, err, "this context has no name; give it one with name:");
    if (c->server == NULL)
        return yaml_error(r->yaml, node, err,
                          "the context %s has no server; add one such as server: "
                          "https://keptn.example/api",
                          c->name);
    if (c->token_file != NULL && c->token_command.count > 0)
        return yaml_error(r->yaml, yaml_get(node, "token-command"), err,
                          "the context %s has both token-file and token-command; remove one", c->name);
    if (c->client_key != NULL && c->client_cert == NULL)
        return yaml_error(r->yaml, yaml_get(node, "client-key"), err,
                          "the context %s has a client-key without a client-cert; add it", c->name);
    for (const struct settings_context *other = s->contexts; other < c; other++)
        if (strcmp(other->name, c->name) == 0)
            return yaml_error(r->yaml, yaml_get(node, "name"), err,
                              "there is a context \"%s\" in line %d already; give this one another name",
                              c->name, other->place.line);
    return STATUS_OK;
}

/* One entry of a list of mappings; it is counted first, so that a broken one is freed with the rest. */
static enum status read_entry(const struct reading *r, const struct settings_option *o,
                              const struct yaml_node *node, struct settings *s, struct error *err)
{
    enum status status;
    if (o->inner == SETTINGS_CONTEXTS) {
        struct settings_context *c = &s->contexts[s->context_count++];
        c->place = settings_place_of(node);
        status = read_mapping(r, SETTINGS_CONTEXTS, node, c, err);
        return status == STATUS_OK ? check_context(r, node, s, c, err) : status;
    }
    struct settings_confirm_rule *rule = &s->confirm[s->confirm_count++];
    rule->place = settings_place_of(node);
    status = read_mapping(r, SETTINGS_CONFIRM, node, rule, err);
    if (status == STATUS_OK && yaml_is_null(yaml_get(node, "level")))
        status = yaml_error(r->yaml, node, err, "this rule has no level; add level: key, type or none");
    return status;
}

static enum status read_entries(const struct reading *r, const struct settings_option *o,
                                const struct yaml_node *node, struct settings *s, struct error *err)
{
    enum status status = STATUS_OK;
    if (node->kind != YAML_SEQUENCE)
        return yaml_error(r->yaml, node, err, "%s must be a list: each entry begins with \"- \"", o->name);
    if ((long long)node->count > o->max)
        return yaml_error(r->yaml, node, err, "%s has %zu entries; %lld are allowed", o->name, node->count,
                          o->max);
    *(void **)settings_field(s, o) = mem_alloc((node->count + 1) * settings_sections[o->inner].size);
    for (size_t i = 0; i < node->count && status == STATUS_OK; i++)
        status = read_entry(r, o, node->items[i], s, err);
    return status;
}

static enum status read_mapping(const struct reading *r, enum settings_section section,
                                const struct yaml_node *node, void *base, struct error *err)
{
    enum status status = STATUS_OK;
    if (node->kind != YAML_MAPPING)
        return yaml_error(r->yaml, node, err, "%s%s must be a mapping of keys, such as \"key: value\"",
                          settings_sections[section].size > 0 ? "each entry of " : "",
                          section == SETTINGS_ROOT ? "the settings file" : settings_section_name(section));
    for (size_t i = 0; i < node->count && status == STATUS_OK; i++) {
        const struct yaml_node *item = node->items[i];
        const struct settings_option *o = find_option(section, item->key);
        if (o == NULL)
            status = settings_unknown_key(r, section, item, err);
        else if (item->kind == YAML_SCALAR && yaml_is_null(item) && o->type >= SETTINGS_BINDINGS)
            continue; /* "keys:" with all below it commented out */
        else if (o->type == SETTINGS_BINDINGS)
            status = read_bindings(r, o, item, base, err);
        else if (o->type == SETTINGS_ENTRIES)
            status = read_entries(r, o, item, base, err);
        else if (o->type == SETTINGS_MAPPING)
            status = read_mapping(r, o->inner, item, settings_field(base, o), err);
        else
            status = settings_read_value(r, o, item, base, err);
    }
    return status;
}

/* Names of contexts stand for contexts. */
static enum status check_names(const struct reading *r, const struct yaml_node *root,
                               const struct settings *s, struct error *err)
{
    if (s->current_context != NULL && settings_find_context(s, s->current_context) == NULL)
        return yaml_error(r->yaml, yaml_get(root, "current-context"), err,
                          "there is no context \"%.60s\" in contexts; add it, or name another",
                          s->current_context);
    for (size_t i = 0; i < s->shown.count; i++)
        if (settings_find_context(s, s->shown.items[i]) == NULL)
            return yaml_error(r->yaml, yaml_get(root, "show")->items[i], err,
                              "there is no context \"%.60s\" in contexts; add it, or remove it here",
                              s->shown.items[i]);
    return STATUS_OK;
}

/* Where one key decides, there must be time to see what it did. */
static enum status check_undo(const struct reading *r, const struct yaml_node *root, const struct settings *s,
                              struct error *err)
{
    for (size_t i = 0; i < s->confirm_count; i++)
        if (s->confirm[i].level == SETTINGS_CONFIRM_NONE && s->undo_window_ms < SETTINGS_UNDO_MIN_MS)
            return yaml_error(r->yaml, yaml_get(yaml_get(root, "confirm")->items[i], "level"), err,
                              "level: none decides at one key, so that undo-window must be at least 5s; add "
                              "undo-window: 5s, or choose another level");
    return STATUS_OK;
}

static enum status check_notify(const struct reading *r, const struct yaml_node *root,
                                const struct settings *s, struct error *err)
{
    if (s->notify.command.count > 0 && s->notify.shell != NULL)
        return yaml_error(r->yaml, yaml_get(yaml_get(root, "notify"), "shell"), err,
                          "notify has both command and shell; remove one");
    return STATUS_OK;
}

static enum status read_tree(const struct reading *r, struct settings *s, struct error *err)
{
    const struct yaml_node *root = yaml_root(r->yaml);
    if (root->kind == YAML_SCALAR && yaml_is_null(root))
        return STATUS_OK;
    enum status status = read_mapping(r, SETTINGS_ROOT, root, s, err);
    if (status == STATUS_OK)
        status = check_names(r, root, s, err);
    if (status == STATUS_OK)
        status = check_undo(r, root, s, err);
    if (status == STATUS_OK)
        status = check_notify(r, root, s, err);
    return status;
}

enum status settings_parse(const char *text, size_t len, const char *path, struct settings *out,
                           struct error *err)
{
    struct yaml *yaml = NULL;
    settings_init_defaults(out);
    enum status status = yaml_parse(text, len, path, &yaml, err);
    if (status != STATUS_OK)
        return status;
    const char *slash = strrchr(path, '/');
    char *folder = slash != NULL ? mem_string_n(path, (size_t)(slash - path)) : NULL;
    const struct reading r = {.yaml = yaml, .folder = folder};
    out->path = mem_string(path);
    status = read_tree(&r, out, err);
    free(folder);
    yaml_free(yaml);
    if (status != STATUS_OK)
        settings_free(out);
    return status;
}
