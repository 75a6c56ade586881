/* context.c: the named connections of the settings file: shown, chosen, added, removed. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "cli/internal.h"
#include "settings/edit.h"

const struct cli_option cli_context_add_options[] = {
    {"label", 0, "TEXT", "what screens call it"},
    {"colour", 0, "COLOUR", "of the label: red, bright-blue, #rrggbb, …"},
    {"ca-file", 0, "FILE", "authorities that may vouch for the server"},
    {"client-cert", 0, "FILE", "certificate to show to the server"},
    {"client-key", 0, "FILE", "its private key"},
    {"proxy", 0, "URL", "HTTP proxy, or none"},
    {NULL, 0, NULL, NULL},
};

/* --- list --- */

static const char *token_words(const struct settings_context *c)
{
    return c->token_file != NULL        ? c->token_file
           : c->token_command.count > 0 ? c->token_command.items[0]
                                        : NULL;
}

static void add_json_text(cJSON *object, const char *key, const char *text)
{
    if (text != NULL)
        cJSON_AddStringToObject(object, key, text);
}

static cJSON *contexts_json(const struct settings *s)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < s->context_count; i++) {
        const struct settings_context *c = &s->contexts[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", c->name);
        cJSON_AddBoolToObject(item, "current", c == settings_current(s));
        cJSON_AddStringToObject(item, "server", c->server);
        add_json_text(item, "label", c->label);
        add_json_text(item, "colour", c->colour);
        add_json_text(item, "stream", c->stream);
        add_json_text(item, "tokenFile", c->token_file);
        cJSON_AddBoolToObject(item, "readOnly", c->read_only);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

enum status cli_context_list(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    static const char *const titles[] = {"", "NAME", "LABEL", "SERVER", "TOKEN", "READ-ONLY", NULL};
    const struct settings *s = ctx->settings;
    enum cli_format format;
    enum status status = cli_format(args, &format, err);
    if (status == STATUS_OK && ctx->settings_error->status != STATUS_OK) {
        *err = *ctx->settings_error;
        status = err->status;
    }
    if (status != STATUS_OK)
        return status;
    if (format != CLI_TABLE) {
        cJSON *list = contexts_json(s);
        cli_print_items(list, format);
        cJSON_Delete(list);
        return STATUS_OK;
    }
    if (s->context_count == 0) {
        cli_print("no contexts in %s; drawbridge context add NAME --server URL makes one",
                  ctx->settings_path != NULL ? ctx->settings_path : "the settings");
        return STATUS_OK;
    }
    struct cli_table table;
    cli_table_begin(&table, titles);
    for (size_t i = 0; i < s->context_count; i++) {
        const struct settings_context *c = &s->contexts[i];
        cli_table_add(&table, c == settings_current(s) ? "*" : "");
        cli_table_add(&table, c->name);
        cli_table_add(&table, c->label);
        cli_table_add(&table, c->server);
        cli_table_add(&table, token_words(c));
        cli_table_add(&table, c->read_only ? "yes" : NULL);
    }
    cli_table_end(&table);
    return STATUS_OK;
}

/* --- changing the file --- */

static enum status read_text(const struct cli_context *ctx, char **text, size_t *len, struct error *err)
{
    if (ctx->settings_path == NULL)
        return error_set(
            err, STATUS_FAILED,
            "there is no place for a settings file: neither XDG_CONFIG_HOME nor HOME is set; name a file "
            "with --config");
    enum status status = cli_read_file(ctx->settings_path, YAML_TEXT_MAX, text, len, err);
    if (status != STATUS_NOT_FOUND)
        return status;
    *text = mem_string("");
    *len = 0;
    *err = ERROR_NONE;
    return STATUS_OK;
}

enum status cli_context_use(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    struct buffer out = BUFFER_LIMIT(YAML_TEXT_MAX);
    char *text = NULL;
    size_t len = 0;
    enum status status = read_text(ctx, &text, &len, err);
    if (status == STATUS_OK)
        status = settings_edit_use(text, len, ctx->settings_path, args->words[0], &out, err);
    if (status == STATUS_OK)
        status = file_replace(ctx->settings_path, buffer_text(&out), out.len, err);
    if (status == STATUS_OK)
        cli_print("%s is the current context", args->words[0]);
    buffer_free(&out);
    free(text);
    return status;
}

enum status cli_context_remove(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    struct buffer out = BUFFER_LIMIT(YAML_TEXT_MAX);
    char *text = NULL;
    size_t len = 0;
    enum status status = read_text(ctx, &text, &len, err);
    if (status == STATUS_OK)
        status = settings_edit_remove(text, len, ctx->settings_path, args->words[0], &out, err);
    if (status == STATUS_OK)
        status = file_replace(ctx->settings_path, buffer_text(&out), out.len, err);
    if (status == STATUS_OK)
        cli_print("the context %s is gone from %s", args->words[0], ctx->settings_path);
    buffer_free(&out);
    free(text);
    return status;
}

static void add_option(cJSON *context, const struct cli_args *args, const char *option)
{
    add_json_text(context, option, cli_value(args, option));
}

/* Relative to where the command runs, not to the settings file. */
static void add_path(cJSON *context, const struct cli_args *args, const char *option)
{
    const char *given = cli_value(args, option);
    char *folder = given != NULL && given[0] != '/' && strncmp(given, "~/", 2) != 0 ? getcwd(NULL, 0) : NULL;
    if (folder != NULL) {
        char *path = mem_printf("%s/%s", folder, given);
        cJSON_AddStringToObject(context, option, path);
        free(path);
    } else {
        add_json_text(context, option, given);
    }
    free(folder);
}

static cJSON *context_of(const struct cli_args *args)
{
    cJSON *context = cJSON_CreateObject();
    cJSON_AddStringToObject(context, "name", args->words[0]);
    add_option(context, args, "label");
    add_option(context, args, "colour");
    add_option(context, args, "server");
    add_option(context, args, "stream");
    add_path(context, args, "token-file");
    if (args->word_count > 1)
        cJSON_AddItemToObject(
            context, "token-command",
            cJSON_CreateStringArray((const char *const *)args->words + 1, (int)args->word_count - 1));
    add_path(context, args, "ca-file");
    add_path(context, args, "client-cert");
    add_path(context, args, "client-key");
    add_option(context, args, "proxy");
    if (cli_has(args, "read-only"))
        cJSON_AddTrueToObject(context, "read-only");
    if (cli_has(args, "only-project")) {
        cJSON *projects = cJSON_AddArrayToObject(context, "projects");
        const char *project;
        for (size_t i = 0; (project = cli_value_at(args, "only-project", i)) != NULL; i++)
            cJSON_AddItemToArray(projects, cJSON_CreateString(project));
    }
    return context;
}

enum status cli_context_add(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    struct buffer out = BUFFER_LIMIT(YAML_TEXT_MAX);
    char *text = NULL;
    const char *server = NULL;
    size_t len = 0;
    enum status status = cli_need(args, "server", &server, err);
    if (status == STATUS_OK)
        status = read_text(ctx, &text, &len, err);
    if (status == STATUS_OK) {
        cJSON *context = context_of(args);
        status = settings_edit_add(text, len, ctx->settings_path, context, &out, err);
        cJSON_Delete(context);
    }
    if (status == STATUS_OK)
        status = file_replace(ctx->settings_path, buffer_text(&out), out.len, err);
    if (status == STATUS_OK)
        cli_print("the context %s is in %s; drawbridge --context %s uses it", args->words[0],
                  ctx->settings_path, args->words[0]);
    buffer_free(&out);
    free(text);
    return status;
}
