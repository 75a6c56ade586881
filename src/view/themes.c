/* Where themes are: the user's own before those that came along. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "view/theme.h"

#define THEMES_MAX     200   /* that are listed */
#define THEME_FILE_MAX 65536 /* bytes */

/* Reads a file of at most THEME_FILE_MAX bytes. Returns STATUS_NOT_FOUND where there is none. */
static enum status read_file(const char *path, struct buffer *out, struct error *err)
{
    FILE *f = fopen(path, "re");
    if (!f && (errno == ENOENT || errno == ENOTDIR))
        return STATUS_NOT_FOUND;
    if (!f)
        return error_set(err, STATUS_INVALID, "cannot open theme %s: %s", path, strerror(errno));
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0 && buffer_add(out, chunk, n))
        ;
    const bool failed = ferror(f) != 0;
    (void)fclose(f); /* it was only read */
    if (failed)
        return error_set(err, STATUS_INVALID, "cannot read theme %s: %s", path, strerror(errno));
    if (out->overflow)
        return error_set(err, STATUS_INVALID, "theme %s is longer than %d bytes", path, THEME_FILE_MAX);
    return STATUS_OK;
}

#define PLACES 3

/* The i-th folder where themes are looked for; NULL: there is none. The caller's. */
static char *place(int i, const char *data_directory)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    switch (i) {
    case 0:
        if (config && config[0] == '/')
            return mem_printf("%s/drawbridge/themes", config);
        return home ? mem_printf("%s/.config/drawbridge/themes", home) : NULL;
    case 1:
        return data_directory && strcmp(data_directory, PKGDATADIR) != 0
                   ? mem_printf("%s/themes", data_directory)
                   : NULL;
    default:
        return mem_string(PKGDATADIR "/themes");
    }
}

static char *theme_path(int i, const char *name, const char *data_directory)
{
    char *folder = place(i, data_directory);
    char *path = folder ? mem_printf("%s/%s.yaml", folder, name) : NULL;
    free(folder);
    return path;
}

enum status theme_load(struct theme *t, const char *name, const char *data_directory, enum theme_depth depth,
                       enum theme_glyphs glyphs, struct error *err)
{
    enum status status = STATUS_NOT_FOUND;
    struct buffer places = BUFFER_LIMIT(ERROR_TEXT_SIZE / 2);
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
        return error_set(err, STATUS_INVALID, "'%s' is no name of a theme", name);
    for (int i = 0; i < PLACES && status == STATUS_NOT_FOUND; i++) {
        struct buffer text = BUFFER_LIMIT(THEME_FILE_MAX);
        char *path = theme_path(i, name, data_directory);
        if (path) {
            status = read_file(path, &text, err);
            if (status == STATUS_OK)
                status = theme_parse(t, buffer_text(&text), text.len, path, depth, glyphs, err);
            (void)buffer_printf(&places, "%s%s", places.len ? ", " : "", path); /* cut where it is too long */
        }
        free(path);
        buffer_free(&text);
    }
    if (status == STATUS_NOT_FOUND)
        (void)error_set(err, status, "there is no theme '%s' (looked for %s)", name, buffer_text(&places));
    buffer_free(&places);
    return status;
}

/* ---- a list of them ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, sorted. */
static size_t names_in(const char *folder, char *names[THEMES_MAX])
{
    size_t count = 0;
    const struct dirent *entry;
    DIR *directory = opendir(folder);
    while (directory && count < THEMES_MAX && (entry = readdir(directory)) != NULL) {
        const size_t len = strlen(entry->d_name);
        if (entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0)
            names[count++] = mem_string_n(entry->d_name, len - 5);
    }
    if (directory)
        (void)closedir(directory); /* it was only read */
    qsort(names, count, sizeof *names, by_name);
    return count;
}

static bool stands_before(const char *name, int i, const char *data_directory)
{
    bool found = false;
    for (int earlier = 0; earlier < i && !found; earlier++) {
        char *path = theme_path(earlier, name, data_directory);
        FILE *file = path ? fopen(path, "re") : NULL;
        found = file != NULL;
        if (file)
            (void)fclose(file); /* it was only looked for */
        free(path);
    }
    return found;
}

void theme_each(const char *data_directory, theme_fn *each, void *arg)
{
    for (int i = 0; i < PLACES; i++) {
        char *folder = place(i, data_directory), *names[THEMES_MAX];
        const size_t count = folder ? names_in(folder, names) : 0;
        for (size_t k = 0; k < count; k++) {
            char *path = theme_path(i, names[k], data_directory);
            if (!stands_before(names[k], i, data_directory))
                each(arg, names[k], path);
            free(path);
            free(names[k]);
        }
        free(folder);
    }
}
