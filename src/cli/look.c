/* look.c: what there is to choose from for the dashboard: its keys and its themes. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/internal.h"
#include "view/keymap.h"
#include "view/theme.h"

/* Named by the environment (tests), beside the build tree that we run from, or installed. */
char *cli_data_directory(void)
{
    const char *named = getenv("DRAWBRIDGE_DATADIR");
    char self[4096];
    if (named != NULL)
        return mem_string(named);
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return mem_string(PKGDATADIR);
    *slash = '\0';
    char *theme = mem_printf("%s/../themes/dark.yaml", self);
    const bool beside = access(theme, R_OK) == 0;
    free(theme);
    return beside ? mem_printf("%s/..", self) : mem_string(PKGDATADIR);
}

/* ---- keys ---- */

static cJSON *keys_json(const struct keymap *map)
{
    cJSON *all = cJSON_CreateArray();
    for (int i = 1; i < ACTION_COUNT; i++) {
        cJSON *item = cJSON_CreateObject(), *keys = cJSON_CreateArray();
        const char *key;
        cJSON_AddStringToObject(item, "action", action_name((enum action)i));
        for (size_t k = 0; (key = keymap_key(map, (enum action)i, k)) != NULL; k++)
            cJSON_AddItemToArray(keys, cJSON_CreateString(key));
        cJSON_AddItemToObject(item, "keys", keys);
        cJSON_AddBoolToObject(item, "fixed", (action_flags((enum action)i) & ACTION_FIXED) != 0);
        cJSON_AddStringToObject(item, "does", action_text((enum action)i));
        cJSON_AddItemToArray(all, item);
    }
    return all;
}

static void keys_table(const struct keymap *map)
{
    static const char *const titles[] = {"ACTION", "KEYS", "DOES", NULL};
    struct cli_table table;
    cli_table_begin(&table, titles);
    for (int i = 1; i < ACTION_COUNT; i++) {
        struct buffer keys = BUFFER_LIMIT(256);
        const char *key;
        for (size_t k = 0; (key = keymap_key(map, (enum action)i, k)) != NULL; k++)
            buffer_printf(&keys, "%s%s", k > 0 ? " " : "", key);
        cli_table_add(&table, action_name((enum action)i));
        cli_table_add(&table, buffer_text(&keys));
        cli_table_add(&table, action_text((enum action)i));
        buffer_free(&keys);
    }
    cli_table_end(&table);
}

enum status cli_keys(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    enum cli_format format;
    struct keymap *map = NULL;
    enum status status = cli_format(args, &format, err);
    if (status == STATUS_OK && ctx->settings_error->status != STATUS_OK) {
        *err = *ctx->settings_error;
        return err->status;
    }
    if (status == STATUS_OK)
        status = keymap_from_settings(ctx->settings, &map, err);
    if (status != STATUS_OK)
        return status;
    if (format == CLI_TABLE) {
        keys_table(map);
    } else {
        cJSON *all = keys_json(map);
        cli_print_items(all, format);
        cJSON_Delete(all);
    }
    keymap_free(map);
    return STATUS_OK;
}

/* ---- themes ---- */

struct themes {
    struct cli_table table;
    cJSON *json;
};

static void add_theme(void *arg, const char *name, const char *path)
{
    struct themes *t = arg;
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "theme", name);
    cJSON_AddStringToObject(item, "file", path);
    cJSON_AddItemToArray(t->json, item);
    cli_table_add(&t->table, name);
    cli_table_add(&t->table, path);
}

enum status cli_themes(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    static const char *const titles[] = {"THEME", "FILE", NULL};
    enum cli_format format;
    struct themes themes = {.json = NULL};
    char *directory = cli_data_directory();
    enum status status = cli_format(args, &format, err);
    (void)ctx;
    if (status == STATUS_OK) {
        themes.json = cJSON_CreateArray();
        cli_table_begin(&themes.table, titles);
        theme_each(directory, add_theme, &themes);
        if (format == CLI_TABLE)
            cli_table_end(&themes.table);
        else
            cli_print_items(themes.json, format);
        if (format != CLI_TABLE)
            cli_table_drop(&themes.table);
        cJSON_Delete(themes.json);
    }
    free(directory);
    return status;
}
