/* value.c: one node of the file into one field, as its option's row says. Nothing is guessed: a text where a
 * flag belongs is an error, with what would be right. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "settings/internal.h"

#define MINUTES_OF_DAY 1440

/* The index of a text in "dark|light"; -1: none. */
static int word_index(const char *words, const char *text)
{
    size_t len = strlen(text);
    int i = 0;
    for (const char *word = words;; i++) {
        size_t word_len = strcspn(word, "|");
        if (word_len == len && strncmp(word, text, len) == 0)
            return i;
        if (word[word_len] == '\0')
            return -1;
        word += word_len + 1;
    }
}

/* "unicode, console or ascii" */
static const char *words_text(const char *words, char text[200])
{
    struct buffer out = BUFFER_LIMIT(199);
    for (const char *word = words; *word != '\0';) {
        size_t len = strcspn(word, "|");
        bool last = word[len] == '\0';
        if (word != words)
            buffer_add_text(&out, last ? " or " : ", ");
        buffer_add(&out, word, len);
        word += len + (last ? 0 : 1);
    }
    (void)snprintf(text, 200, "%s", buffer_text(&out)); /* fits: that is its limit */
    buffer_free(&out);
    return text;
}

static void duration_text(long long ms, char text[32])
{
    if (ms % 60000 == 0 && ms > 0)
        (void)snprintf(text, 32, "%lldm", ms / 60000); /* fits, as the next */
    else
        (void)snprintf(text, 32, "%llds", ms / 1000);
}

/* What a value of the option must be, in words. */
static void must_be(const struct settings_option *o, char text[300])
{
    char words[200], first[32], last[32];
    long long unit = o->type == SETTINGS_SECONDS ? 1000 : 1;
    switch (o->type) {
    case SETTINGS_ADDRESS:
        (void)snprintf(text, 300, "must be, or begin with, %s", words_text(o->words, words)); /* all fit */
        return;
    case SETTINGS_COLOUR:
        (void)snprintf(text, 300,
                       "must be a colour: black, red, green, yellow, blue, magenta, cyan or white, also "
                       "with bright- before it, a number to 255, or \"#rrggbb\" in quotes");
        return;
    case SETTINGS_WORD:
    case SETTINGS_CHOICE:
    case SETTINGS_EITHER:
        (void)snprintf(text, 300, "must be %s", words_text(o->words, words));
        return;
    case SETTINGS_FLAG:
        (void)snprintf(text, 300, "must be true or false");
        return;
    case SETTINGS_NUMBER:
        (void)snprintf(text, 300, "must be a whole number from %lld to %lld", o->min, o->max);
        return;
    case SETTINGS_MS:
    case SETTINGS_SECONDS:
        duration_text(o->min * unit, first);
        duration_text(o->max * unit, last);
        (void)snprintf(text, 300, "must be a duration such as 5s, from %s to %s", first, last);
        return;
    case SETTINGS_HOURS:
        (void)snprintf(text, 300, "must be two times of the day such as \"22:00-06:30\"");
        return;
    case SETTINGS_LIST:
        (void)snprintf(text, 300, "must be a list, such as [%s]",
                       o->words != NULL ? words_text(o->words, words) : "one, two");
        return;
    case SETTINGS_ARGV:
        (void)snprintf(text, 300,
                       "must be a list of a program and its arguments, such as [pass, show, drawbridge]; no "
                       "shell reads it");
        return;
    case SETTINGS_TEXT:
    case SETTINGS_SCRIPT:
    case SETTINGS_PATH:
    case SETTINGS_BINDINGS:
    case SETTINGS_ENTRIES:
    case SETTINGS_MAPPING:
        break;
    }
    (void)snprintf(text, 300, "must be a text");
}

static enum status wrong(const struct reading *r, const struct settings_option *o,
                         const struct yaml_node *node, struct error *err)
{
    char text[300];
    const char *name = node->key != NULL ? node->key : o->name;
    must_be(o, text);
    switch (node->kind) {
    case YAML_SEQUENCE:
        return yaml_error(r->yaml, node, err, "%s is a list here; it %s", name, text);
    case YAML_MAPPING:
        return yaml_error(r->yaml, node, err, "%s is a mapping here; it %s", name, text);
    case YAML_SCALAR:
        break;
    }
    if (*node->text == '\0' && !node->quoted)
        return yaml_error(r->yaml, node, err, "%s has no value here; it %s", name, text);
    return yaml_error(r->yaml, node, err, "%s is \"%.60s\" here; it %s", name, node->text, text);
}

/* The first control character of a text; 0: none. YAML lets them in by escapes. */
static uint32_t control_in(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        int step = utf8_decode(text + i, len - i, &c);
        if (c < 0x20 || (c >= 0x7F && c <= 0x9F))
            return c;
        i += step > 0 ? (size_t)step : 1;
    }
    return 0;
}

static enum status check_text(const struct reading *r, const struct settings_option *o,
                              const struct yaml_node *node, struct error *err)
{
    const char *name = node->key != NULL ? node->key : o->name;
    size_t len = strlen(node->text);
    uint32_t control = o->type == SETTINGS_SCRIPT ? 0 : control_in(node->text);
    if (control != 0)
        return yaml_error(r->yaml, node, err, "%s has the control character U+%04X in it; remove it", name,
                          (unsigned)control);
    if ((long long)len < o->min)
        return yaml_error(r->yaml, node, err, "%s is an empty text; leave the key out, or say what it is",
                          name);
    if ((long long)len > o->max)
        return yaml_error(r->yaml, node, err, "%s has %zu bytes; %lld are allowed", name, len, o->max);
    return STATUS_OK;
}

/* "~/x" and "x" (from the file's folder); others stay. */
static char *resolve_path(const struct reading *r, const char *text)
{
    const char *home = getenv("HOME");
    if (strncmp(text, "~/", 2) == 0 && home != NULL && home[0] == '/')
        return mem_printf("%s/%s", home, text + 2);
    if (text[0] == '/' || text[0] == '~' || r->folder == NULL)
        return mem_string(text);
    return mem_printf("%s/%s", r->folder, text);
}

static bool is_address(const struct settings_option *o, const char *text)
{
    if (strpbrk(text, " \\\"'<>`") != NULL)
        return false;
    for (const char *word = o->words;;) {
        size_t len = strcspn(word, "|");
        bool is_scheme = len > 3 && strncmp(word + len - 3, "://", 3) == 0;
        if (strncmp(text, word, len) == 0 &&
            (is_scheme ? text[len] != '\0' && text[len] != '/' : text[len] == '\0'))
            return true;
        if (word[len] == '\0')
            return false;
        word += len + 1;
    }
}

static bool is_colour(const char *text)
{
    static const char words[] = "black|red|green|yellow|blue|magenta|cyan|white";
    if (text[0] == '#')
        return strlen(text) == 7 && strspn(text + 1, "0123456789abcdefABCDEF") == 6;
    if (text[0] >= '0' && text[0] <= '9')
        return strlen(text) <= 3 && strspn(text, "0123456789") == strlen(text) &&
               strtol(text, NULL, 10) < 256;
    return word_index(words, strncmp(text, "bright-", 7) == 0 ? text + 7 : text) >= 0;
}

/* "22:00" at *text, which moves behind it. -1: none. */
static int read_minute(const char **text)
{
    const char *p = *text;
    int values[2];
    for (int i = 0; i < 2; i++) {
        size_t digits = strspn(p, "0123456789");
        if (digits < 1 || digits > 2 || (i == 1 && digits != 2))
            return -1;
        values[i] = digits == 1 ? p[0] - '0' : (p[0] - '0') * 10 + p[1] - '0';
        p += digits;
        if (i == 0 && *p++ != ':')
            return -1;
    }
    *text = p;
    int minute = values[0] * 60 + values[1];
    return values[1] > 59 || minute > MINUTES_OF_DAY ? -1 : minute % MINUTES_OF_DAY; /* 24:00 is 00:00 */
}

/* "22:00-06:30". The same time twice would be no hours or all: neither is what anybody means. */
static bool read_hours(const char *text, int hours[2])
{
    hours[0] = read_minute(&text);
    if (hours[0] < 0 || *text++ != '-')
        return false;
    hours[1] = read_minute(&text);
    return hours[1] >= 0 && *text == '\0' && hours[0] != hours[1];
}

/* In the option's unit. */
static bool read_duration(const struct settings_option *o, const char *text, int *out)
{
    const int64_t unit_ns = o->type == SETTINGS_SECONDS ? CLOCK_S : CLOCK_MS;
    int64_t ns = 0;
    if (!clock_parse_duration(text, &ns) || ns % unit_ns != 0 || ns / unit_ns < o->min ||
        ns / unit_ns > o->max)
        return false;
    *out = (int)(ns / unit_ns);
    return true;
}

static bool read_number(const struct settings_option *o, const struct yaml_node *node, int *out)
{
    long long number = 0;
    if (!yaml_int(node, &number) || number < o->min || number > o->max)
        return false;
    *out = (int)number;
    return true;
}

/* A value that is one scalar and no free text. False: not such a value. */
static bool read_scalar(const struct settings_option *o, const struct yaml_node *node, void *field)
{
    int index = -1;
    switch (o->type) {
    case SETTINGS_ADDRESS:
        if (!is_address(o, node->text) || control_in(node->text) != 0 ||
            (long long)strlen(node->text) > o->max)
            return false;
        break;
    case SETTINGS_COLOUR:
        if (!is_colour(node->text))
            return false;
        break;
    case SETTINGS_WORD:
        if (word_index(o->words, node->text) < 0)
            return false;
        break;
    case SETTINGS_CHOICE:
    case SETTINGS_EITHER:
        index = word_index(o->words, node->text);
        if (o->type == SETTINGS_CHOICE)
            *(int *)field = index;
        else
            *(bool *)field = index == 1;
        return index >= 0;
    case SETTINGS_FLAG:
        return yaml_bool(node, field);
    case SETTINGS_NUMBER:
        return read_number(o, node, field);
    case SETTINGS_MS:
    case SETTINGS_SECONDS:
        return read_duration(o, node->text, field);
    case SETTINGS_HOURS:
        return read_hours(node->text, field);
    default:
        return false;
    }
    *(char **)field = mem_string(node->text);
    return true;
}

void settings_list_free(struct settings_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    free(list->places);
    *list = (struct settings_list){0};
}

static enum status check_item(const struct reading *r, const struct settings_option *o,
                              const struct yaml_node *item, const struct settings_list *before,
                              struct error *err)
{
    /* as a text of its own; only an argument may be empty */
    const struct settings_option text = {.name = o->name,
                                         .type = o->type == SETTINGS_ARGV ? SETTINGS_SCRIPT : SETTINGS_TEXT,
                                         .min = o->type == SETTINGS_ARGV && before->count > 0 ? 0 : 1,
                                         .max = 4096};
    if (item->kind != YAML_SCALAR || (yaml_is_null(item) && o->type != SETTINGS_ARGV))
        return yaml_error(r->yaml, item, err, "%s must be a list of texts; this item is none", o->name);
    if (o->words != NULL && word_index(o->words, item->text) < 0) {
        char words[200];
        return yaml_error(r->yaml, item, err, "%s has the item \"%.60s\"; it must be %s", o->name, item->text,
                          words_text(o->words, words));
    }
    for (size_t i = 0; i < before->count && o->type == SETTINGS_LIST; i++)
        if (strcmp(before->items[i], item->text) == 0)
            return yaml_error(r->yaml, item, err, "%s has \"%.60s\" a second time; remove one", o->name,
                              item->text);
    return check_text(r, &text, item, err);
}

enum status settings_read_list(const struct reading *r, const struct settings_option *o,
                               const struct yaml_node *node, struct settings_list *list, struct error *err)
{
    enum status status = STATUS_OK;
    if (node->kind != YAML_SEQUENCE)
        return wrong(r, o, node, err);
    if ((long long)node->count > o->max)
        return yaml_error(r->yaml, node, err, "%s has %zu items; %lld are allowed", o->name, node->count,
                          o->max);
    if (node->count == 0)
        return STATUS_OK;
    *list = (struct settings_list){.items = mem_alloc(node->count * sizeof *list->items),
                                   .places = mem_alloc(node->count * sizeof *list->places)};
    for (size_t i = 0; i < node->count && status == STATUS_OK; i++) {
        status = check_item(r, o, node->items[i], list, err);
        if (status != STATUS_OK)
            break;
        list->places[list->count] = settings_place_of(node->items[i]);
        list->items[list->count++] = mem_string(node->items[i]->text);
    }
    return status; /* what is there is freed with the rest */
}

enum status settings_read_value(const struct reading *r, const struct settings_option *o,
                                const struct yaml_node *node, void *base, struct error *err)
{
    void *field = settings_field(base, o);
    if (o->type == SETTINGS_LIST || o->type == SETTINGS_ARGV)
        return settings_read_list(r, o, node, field, err);
    if (node->kind != YAML_SCALAR || yaml_is_null(node))
        return wrong(r, o, node, err);
    if (o->type != SETTINGS_TEXT && o->type != SETTINGS_SCRIPT && o->type != SETTINGS_PATH)
        return read_scalar(o, node, field) ? STATUS_OK : wrong(r, o, node, err);
    enum status status = check_text(r, o, node, err);
    if (status == STATUS_OK)
        *(char **)field = o->type == SETTINGS_PATH ? resolve_path(r, node->text) : mem_string(node->text);
    return status;
}

void settings_set_fallback(const struct settings_option *o, void *base)
{
    const struct yaml_node node = {.kind = YAML_SCALAR, .text = o->fallback, .line = 1, .column = 1};
    bool fits = read_scalar(o, &node, settings_field(base, o));
    if (!fits)
        abort(); /* the row contradicts itself */
}
