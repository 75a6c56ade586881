#include "config.h"

#include "view/theme.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"

#define THEME_FILE_MAX  65536 /* bytes */
#define GLYPH_CELLS_MAX 4

static const struct {
    const char *name, *coloured, *plain;
} roles[ROLE_COUNT] = {
#define X(id, name, coloured, plain) {name, coloured, plain},
    ROLE_TABLE(X)
#undef X
};

static const struct {
    const char *name, *text[3];
} glyph_table[GLYPH_COUNT] = {
#define X(id, name, unicode, console, ascii) {name, {unicode, console, ascii}},
    GLYPH_TABLE(X)
#undef X
};

static const char *const depth_keys[] = {"truecolor", "256", "8", "none"};
static const char *const set_keys[] = {"unicode", "console", "ascii"};

static const struct {
    const char *word;
    unsigned attribute;
} attribute_words[] = {{"bold", STYLE_BOLD},
                       {"dim", STYLE_DIM},
                       {"underline", STYLE_UNDERLINE},
                       {"reverse", STYLE_REVERSE},
                       {"italic", STYLE_ITALIC}};

static bool parse_number(const char *word, int base, int digits_max, long *out)
{
    char *end = NULL;
    if (strlen(word) > (size_t)digits_max || strspn(word, "0123456789abcdefABCDEF") != strlen(word))
        return false;
    *out = strtol(word, &end, base);
    return end != word && *end == '\0';
}

/* One colour word; what a depth cannot show is no colour of its form. */
static bool parse_colour(const char *word, enum theme_depth depth, int32_t *colour)
{
    static const char *const names[] = {"black", "red",     "green", "yellow",
                                        "blue",  "magenta", "cyan",  "white"};
    const bool bright = strncmp(word, "bright-", 7) == 0;
    const char *plain = bright ? word + 7 : word;
    long n = 0;
    if (depth == THEME_NO_COLOUR)
        return false;
    if (strcmp(word, "default") == 0) {
        *colour = STYLE_DEFAULT;
        return true;
    }
    for (int i = 0; i < 8; i++) {
        if (strcmp(plain, names[i]) == 0 && (!bright || depth != THEME_8)) {
            *colour = i + (bright ? 8 : 0);
            return true;
        }
    }
    if (depth == THEME_TRUECOLOR && word[0] == '#' && strlen(word) == 7 &&
        parse_number(word + 1, 16, 6, &n)) {
        *colour = STYLE_RGB | (int32_t)n;
        return true;
    }
    if (parse_number(word, 10, 3, &n) && n < (depth == THEME_8 ? 8 : 256)) {
        *colour = (int32_t)n;
        return true;
    }
    return false;
}

/* "bold white on blue". On a fault, bad is the word that is none. */
static bool parse_style(const char *text, enum theme_depth depth, struct style *out, char bad[32])
{
    struct style style = {.fg = STYLE_DEFAULT, .bg = STYLE_DEFAULT};
    bool background = false;
    while (*text) {
        char word[32];
        text += strspn(text, " ");
        const size_t len = strcspn(text, " ");
        if (len == 0)
            break;
        (void)snprintf(word, sizeof word, "%.*s", len < sizeof word ? (int)len : (int)sizeof word - 1, text);
        text += len;
        unsigned attribute = 0;
        for (size_t i = 0; i < sizeof attribute_words / sizeof *attribute_words; i++)
            if (strcmp(word, attribute_words[i].word) == 0)
                attribute = attribute_words[i].attribute;
        if (attribute) {
            style.attributes |= attribute;
        } else if (strcmp(word, "on") == 0 && !background) {
            background = true;
        } else if (!parse_colour(word, depth, background ? &style.bg : &style.fg)) {
            memcpy(bad, word, sizeof word);
            return false;
        }
    }
    *out = style;
    return true;
}

void theme_set_defaults(struct theme *t, enum theme_depth depth, enum theme_glyphs glyphs)
{
    char bad[32];
    *t = (struct theme){0};
    for (int i = 0; i < ROLE_COUNT; i++)
        (void)parse_style(depth == THEME_NO_COLOUR ? roles[i].plain : roles[i].coloured, depth, &t->styles[i],
                          bad); /* our own table; a test parses all of it */
    for (int i = 0; i < GLYPH_COUNT; i++)
        t->glyphs[i] = glyph_table[i].text[glyphs];
}

void theme_free(struct theme *t)
{
    for (int i = 0; i < GLYPH_COUNT; i++) {
        free(t->own_glyphs[i]);
        t->own_glyphs[i] = NULL;
    }
}

static int find_role(const char *name)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (strcmp(roles[i].name, name) == 0)
            return i;
    return -1;
}

static int find_glyph(const char *name)
{
    for (int i = 0; i < GLYPH_COUNT; i++)
        if (strcmp(glyph_table[i].name, name) == 0)
            return i;
    return -1;
}

static int find_word(const char *word, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

/* Every form is checked, so that a theme that loads on one terminal loads on all. */
static enum status parse_role(struct theme *t, const struct yaml *y, const struct yaml_node *node,
                              enum theme_depth depth, struct error *err)
{
    char bad[32];
    const int role = find_role(node->key);
    if (role < 0)
        return yaml_error(y, node, err, "there is no role '%s'", node->key);
    if (node->kind != YAML_MAPPING)
        return yaml_error(y, node, err, "role '%s' needs truecolor, 256, 8 and none", node->key);
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *form = node->items[i];
        const int found = find_word(form->key, depth_keys, 4);
        struct style style;
        if (found < 0)
            return yaml_error(y, form, err, "'%s' is not truecolor, 256, 8 or none", form->key);
        if (form->kind != YAML_SCALAR)
            return yaml_error(y, form, err, "'%s' of role '%s' must be text like 'bold white on blue'",
                              form->key, node->key);
        if (!parse_style(form->text, (enum theme_depth)found, &style, bad))
            return yaml_error(y, form, err, "'%s' is no attribute and no colour of form '%s'", bad,
                              form->key);
        if (found == (int)depth)
            t->styles[role] = style;
    }
    return STATUS_OK;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            return false;
    return true;
}

static bool glyph_is_safe(const char *text)
{
    struct buffer clean = BUFFER_LIMIT(64);
    utf8_sanitize(text, strlen(text), false, &clean);
    const bool safe = strcmp(buffer_text(&clean), text) == 0;
    buffer_free(&clean);
    return safe;
}

static enum status parse_glyph(struct theme *t, const struct yaml *y, const struct yaml_node *node,
                               enum theme_glyphs set, struct error *err)
{
    const int glyph = find_glyph(node->key);
    if (glyph < 0)
        return yaml_error(y, node, err, "there is no glyph '%s'", node->key);
    if (node->kind != YAML_MAPPING)
        return yaml_error(y, node, err, "glyph '%s' needs unicode, console and ascii", node->key);
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *form = node->items[i];
        const int found = find_word(form->key, set_keys, 3);
        const int cells_max =
            utf8_width_cells(glyph_table[glyph].text[THEME_ASCII], false) > 1 ? GLYPH_CELLS_MAX : 1;
        if (found < 0)
            return yaml_error(y, form, err, "'%s' is not unicode, console or ascii", form->key);
        if (form->kind != YAML_SCALAR || !glyph_is_safe(form->text))
            return yaml_error(y, form, err, "glyph '%s' must be visible text", node->key);
        const int cells = utf8_width_cells(form->text, false);
        if (cells < 1 || cells > cells_max)
            return yaml_error(y, form, err, "glyph '%s' must take %s, this takes %d", node->key,
                              cells_max == 1 ? "1 cell" : "1 to 4 cells", cells);
        if (found == THEME_ASCII && !is_ascii(form->text))
            return yaml_error(y, form, err, "the ascii form of glyph '%s' is not ASCII", node->key);
        if (found != (int)set)
            continue;
        free(t->own_glyphs[glyph]);
        t->own_glyphs[glyph] = mem_string(form->text);
        t->glyphs[glyph] = t->own_glyphs[glyph];
    }
    return STATUS_OK;
}

static enum status parse_root(struct theme *t, const struct yaml *y, enum theme_depth depth,
                              enum theme_glyphs set, struct error *err)
{
    const struct yaml_node *root = yaml_root(y);
    if (root->kind != YAML_MAPPING)
        return yaml_error(y, root, err, "a theme is a mapping with roles and glyphs");
    for (size_t i = 0; i < root->count; i++) {
        const struct yaml_node *node = root->items[i];
        const bool is_roles = strcmp(node->key, "roles") == 0;
        if (!is_roles && strcmp(node->key, "glyphs") != 0)
            return yaml_error(y, node, err, "unknown key '%s'; a theme has roles and glyphs", node->key);
        if (node->kind != YAML_MAPPING && !yaml_is_null(node))
            return yaml_error(y, node, err, "'%s' must be a mapping", node->key);
        for (size_t j = 0; j < node->count; j++) {
            const enum status status = is_roles ? parse_role(t, y, node->items[j], depth, err)
                                                : parse_glyph(t, y, node->items[j], set, err);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

enum status theme_parse(struct theme *t, const char *text, size_t len, const char *name,
                        enum theme_depth depth, enum theme_glyphs glyphs, struct error *err)
{
    struct yaml *y = NULL;
    struct theme next = *t;
    enum status status = yaml_parse(text, len, name, &y, err);
    if (status != STATUS_OK)
        return status;
    memset(next.own_glyphs, 0, sizeof next.own_glyphs);
    status = parse_root(&next, y, depth, glyphs, err);
    yaml_free(y);
    if (status != STATUS_OK) {
        theme_free(&next);
        return status;
    }
    for (int i = 0; i < GLYPH_COUNT; i++) { /* what an earlier file brought and this one does not */
        if (next.own_glyphs[i])
            free(t->own_glyphs[i]);
        else
            next.own_glyphs[i] = t->own_glyphs[i];
    }
    *t = next;
    return STATUS_OK;
}

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

/* The i-th place where themes are looked for; NULL: none (any more where *end). The caller's. */
static char *theme_path(int i, const char *name, const char *data_directory)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    switch (i) {
    case 0:
        if (config && config[0] == '/')
            return mem_printf("%s/drawbridge/themes/%s.yaml", config, name);
        return home ? mem_printf("%s/.config/drawbridge/themes/%s.yaml", home, name) : NULL;
    case 1:
        return data_directory && strcmp(data_directory, PKGDATADIR) != 0
                   ? mem_printf("%s/themes/%s.yaml", data_directory, name)
                   : NULL;
    default:
        return mem_printf("%s/themes/%s.yaml", PKGDATADIR, name);
    }
}

enum status theme_load(struct theme *t, const char *name, const char *data_directory, enum theme_depth depth,
                       enum theme_glyphs glyphs, struct error *err)
{
    enum status status = STATUS_NOT_FOUND;
    struct buffer places = BUFFER_LIMIT(ERROR_TEXT_SIZE / 2);
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
        return error_set(err, STATUS_INVALID, "'%s' is no name of a theme", name);
    for (int i = 0; i < 3 && status == STATUS_NOT_FOUND; i++) {
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

enum role theme_state_role(enum model_state state)
{
    static const enum role by_state[MODEL_STATE_COUNT] = {
        [MODEL_WAITING] = ROLE_WAITING,     [MODEL_RUNNING] = ROLE_RUNNING,
        [MODEL_QUEUED] = ROLE_QUEUED,       [MODEL_PAUSED] = ROLE_PAUSED,
        [MODEL_SUCCEEDED] = ROLE_SUCCEEDED, [MODEL_WARNING] = ROLE_WARNING,
        [MODEL_FAILED] = ROLE_FAILED,       [MODEL_TIMED_OUT] = ROLE_FAILED,
        [MODEL_ABORTED] = ROLE_ABORTED,     [MODEL_NOT_REACHED] = ROLE_NOT_REACHED};
    return by_state[state];
}

enum glyph theme_state_glyph(enum model_state state)
{
    _Static_assert((int)GLYPH_WAITING == (int)MODEL_WAITING &&
                       (int)GLYPH_NOT_REACHED == (int)MODEL_NOT_REACHED,
                   "the states' glyphs come in the model's order");
    return (enum glyph)state;
}
