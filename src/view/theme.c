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
#include "view/palette.h"

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

static const char *const depth_keys[THEME_DEPTHS] = {"truecolor", "256", "16", "8", "none"};
#define FORMS "truecolor, 256, 16, 8"
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
    if (parse_number(word, 10, 3, &n) && n < (depth == THEME_8 ? 8 : depth == THEME_16 ? 16 : 256)) {
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
    *t = (struct theme){.background = STYLE_DEFAULT};
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

/* The forms of one role, or of the background. */
struct forms {
    struct style style[THEME_DEPTHS];
    bool given[THEME_DEPTHS];
};

/* Every form is checked, so that a theme that loads on one terminal loads on all. what: "role 'waiting'". */
static enum status parse_forms(const struct yaml *y, const struct yaml_node *node, const char *what,
                               struct forms *out, struct error *err)
{
    char bad[32];
    *out = (struct forms){0};
    if (node->kind != YAML_MAPPING)
        return yaml_error(y, node, err, "%s needs one or more of " FORMS " and none", what);
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *form = node->items[i];
        const int found = find_word(form->key, depth_keys, THEME_DEPTHS);
        if (found < 0)
            return yaml_error(y, form, err, "'%s' is not " FORMS " or none", form->key);
        if (form->kind != YAML_SCALAR)
            return yaml_error(y, form, err, "'%s' of %s must be text like 'bold white on blue'", form->key,
                              what);
        if (!parse_style(form->text, (enum theme_depth)found, &out->style[found], bad))
            return yaml_error(y, form, err, "'%s' is no attribute and no colour of form '%s'", bad,
                              form->key);
        out->given[found] = true;
    }
    return STATUS_OK;
}

static int32_t reduce_colour(int32_t colour, enum theme_depth to)
{
    static const int counts[THEME_DEPTHS] = {[THEME_256] = 256, [THEME_16] = 16, [THEME_8] = 8};
    if (colour == STYLE_DEFAULT || to == THEME_TRUECOLOR || (!(colour & STYLE_RGB) && colour < counts[to]))
        return colour;
    if (!(colour & STYLE_RGB) && colour < 16)
        return colour & 7; /* a bright one of 16 among 8 */
    return palette_nearest(colour & STYLE_RGB ? (uint32_t)colour & 0xffffff : palette_rgb(colour),
                           counts[to]);
}

bool theme_parse_colour(const char *text, enum theme_depth depth, int32_t *colour)
{
    if (!parse_colour(text, THEME_TRUECOLOR, colour))
        return false;
    *colour = depth == THEME_NO_COLOUR ? STYLE_DEFAULT : reduce_colour(*colour, depth);
    return true;
}

/* A form of fewer colours from one of more. What stands out by its background does so without colours too. */
static struct style reduce_style(struct style style, enum theme_depth to)
{
    if (to == THEME_NO_COLOUR) {
        if (style.bg != STYLE_DEFAULT)
            style.attributes |= STYLE_REVERSE;
        style.fg = style.bg = STYLE_DEFAULT;
        return style;
    }
    style.fg = reduce_colour(style.fg, to);
    style.bg = reduce_colour(style.bg, to);
    if (style.fg == style.bg && style.bg != STYLE_DEFAULT)
        style.fg = style.bg == 0 ? 7 : 0; /* the two have become one colour: seen is better than like it */
    return style;
}

/* The form for a depth: the one that is there, else the next one of fewer colours (it was chosen by a person
 * and can be shown), else the next one of more, reduced. For 256 colours, truecolor reduced comes near enough
 * to go first. False: there is no form at all. */
static bool pick_form(const struct forms *forms, enum theme_depth depth, struct style *out)
{
    int from = (int)depth;
    if (depth == THEME_256 && !forms->given[THEME_256] && forms->given[THEME_TRUECOLOR])
        from = THEME_TRUECOLOR;
    while (from < THEME_NO_COLOUR && !forms->given[from])
        from++;
    if (from == THEME_NO_COLOUR && (depth != THEME_NO_COLOUR || !forms->given[from])) {
        from = (int)depth;
        while (from >= 0 && !forms->given[from])
            from--;
    }
    if (from < 0)
        return false;
    *out = from < (int)depth ? reduce_style(forms->style[from], depth) : forms->style[from];
    return true;
}

static enum status parse_role(struct theme *t, const struct yaml *y, const struct yaml_node *node,
                              enum theme_depth depth, struct error *err)
{
    char what[64];
    struct forms forms;
    const int role = find_role(node->key);
    if (role < 0)
        return yaml_error(y, node, err, "there is no role '%s'", node->key);
    (void)snprintf(what, sizeof what, "role '%s'", node->key);
    const enum status status = parse_forms(y, node, what, &forms, err);
    if (status == STATUS_OK)
        (void)pick_form(&forms, depth, &t->styles[role]); /* without any form it stays */
    return status;
}

/* The background is a colour alone: "#fdf6e3", or with forms. */
static enum status parse_background(struct theme *t, const struct yaml *y, const struct yaml_node *node,
                                    enum theme_depth depth, struct error *err)
{
    struct forms forms;
    struct style style;
    const enum status status = parse_forms(y, node, "the background", &forms, err);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < THEME_DEPTHS; i++)
        if (forms.given[i] && (forms.style[i].bg != STYLE_DEFAULT || forms.style[i].attributes != 0))
            return yaml_error(y, node, err, "a background is a colour and nothing else");
    if (depth != THEME_NO_COLOUR && pick_form(&forms, depth, &style))
        t->background = style.fg;
    return STATUS_OK;
}

/* Where a terminal's own background would be seen, the theme's is. */
static void paint_background(struct theme *t)
{
    const int32_t text = t->styles[ROLE_TEXT].fg;
    for (int i = 0; i < ROLE_COUNT; i++) {
        struct style *s = &t->styles[i];
        if (s->bg == STYLE_DEFAULT)
            s->bg = t->background;
        if (s->fg == STYLE_DEFAULT)
            s->fg = text;
    }
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

static enum status parse_list(struct theme *t, const struct yaml *y, const struct yaml_node *node,
                              enum theme_depth depth, enum theme_glyphs set, struct error *err)
{
    const bool is_roles = strcmp(node->key, "roles") == 0;
    if (node->kind != YAML_MAPPING && !yaml_is_null(node))
        return yaml_error(y, node, err, "'%s' must be a mapping", node->key);
    for (size_t j = 0; j < node->count; j++) {
        const enum status status = is_roles ? parse_role(t, y, node->items[j], depth, err)
                                            : parse_glyph(t, y, node->items[j], set, err);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status parse_root(struct theme *t, const struct yaml *y, enum theme_depth depth,
                              enum theme_glyphs set, struct error *err)
{
    const struct yaml_node *root = yaml_root(y);
    bool paints = false;
    if (root->kind != YAML_MAPPING)
        return yaml_error(y, root, err, "a theme is a mapping with roles and glyphs");
    for (size_t i = 0; i < root->count; i++) {
        const struct yaml_node *node = root->items[i];
        enum status status = STATUS_OK;
        if (strcmp(node->key, "roles") == 0 || strcmp(node->key, "glyphs") == 0)
            status = parse_list(t, y, node, depth, set, err);
        else if (strcmp(node->key, "background") == 0)
            status = parse_background(t, y, node, depth, err);
        else if (strcmp(node->key, "paint-background") != 0)
            status = yaml_error(
                y, node, err, "unknown key '%s'; a theme has background, paint-background, roles and glyphs",
                node->key);
        else if (!yaml_bool(node, &paints))
            status = yaml_error(y, node, err, "'paint-background' must be true or false");
        if (status != STATUS_OK)
            return status;
    }
    if (paints && t->background != STYLE_DEFAULT)
        paint_background(t);
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
