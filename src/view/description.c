#include "config.h"

#include "view/description.h"

#include <stdint.h>
#include <string.h>
#include <term.h>

#define MAGIC_32_BIT 01036
#define ENTRY_MAX    32768 /* bytes, ncurses' own limit */
#define ABSENT       0xffff

/* Capabilities that are not as the terminal's own description has them; NULL: left out. */
struct change {
    const char *name, *text;
};

/* SU, SD and REP are missing in several emulators; a region and a line feed are not. The other screen and
 * what is said at the beginning are term.c's. Other character sets are never used. With el1, ncurses writes
 * again what stands right of a mark that is taken away. */
static const struct change always[] = {
    {"indn", NULL},  {"rin", NULL},   {"il", NULL},    {"il1", NULL},   {"dl", NULL},    {"dl1", NULL},
    {"rep", NULL},   {"smcup", NULL}, {"rmcup", NULL}, {"is1", NULL},   {"is2", NULL},   {"is3", NULL},
    {"rs1", NULL},   {"rs2", NULL},   {"rs3", NULL},   {"initc", NULL}, {"initp", NULL}, {"oc", NULL},
    {"enacs", NULL}, {"acsc", NULL},  {"smacs", NULL}, {"rmacs", NULL}, {"smkx", NULL},  {"rmkx", NULL},
    {"ich", NULL},   {"ich1", NULL},  {"dch", NULL},   {"dch1", NULL},  {"smir", NULL},  {"rmir", NULL},
    {"el1", NULL}};
/* An attribute or two are shorter than all of them in one. */
static const struct change if_ansi[] = {{"sgr", NULL}, {"sgr0", "\033[m"}};
/* With semicolons, which every such terminal understands; the colons of some descriptions are not. */
#define COLOUR(few, bright, many)                                                                            \
    "\033[%?%p1%{8}%<%t" few "%p1%d%e%p1%{16}%<%t" bright "%p1%{8}%-%d%e%p1%{256}%<%t" many                  \
    ";5;%p1%d%e" many ";2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m"
static const struct change if_truecolor[] = {
    {"setaf", COLOUR("3", "9", "38")}, {"setab", COLOUR("4", "10", "48")}, {"setf", NULL}, {"setb", NULL}};

static bool find_change(const struct change *changes, size_t count, const char *name, const char **text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(changes[i].name, name) == 0) {
            *text = changes[i].text;
            return true;
        }
    }
    return false;
}
#define FIND(changes, name, text) find_change(changes, sizeof(changes) / sizeof *(changes), name, text)

static const char *text_of(const char *name, bool ansi, bool truecolor)
{
    const char *text = tigetstr(name);
    if (text == (const char *)-1)
        text = NULL;
    if (!FIND(always, name, &text) && !(ansi && FIND(if_ansi, name, &text)) && truecolor)
        (void)FIND(if_truecolor, name, &text);
    return text;
}

static void add_short(struct buffer *out, unsigned value)
{
    const char bytes[] = {(char)(value & 0xff), (char)(value >> 8 & 0xff)};
    (void)buffer_add(out, bytes, sizeof bytes); /* out->overflow tells */
}

static void add_number(struct buffer *out, int32_t value)
{
    add_short(out, (uint32_t)value & 0xffff);
    add_short(out, (uint32_t)value >> 16);
}

static void pad_to_even(struct buffer *out)
{
    if (out->len % 2 != 0)
        (void)buffer_add_char(out, '\0');
}

static size_t count_of(const char *const *names)
{
    size_t count = 0;
    while (names[count])
        count++;
    return count;
}

static int32_t number_of(const char *name, bool truecolor)
{
    const int value = tigetnum(name);
    if (truecolor && strcmp(name, "colors") == 0)
        return 1 << 24;
    if (truecolor && strcmp(name, "pairs") == 0)
        return 1 << 15;
    return value < 0 ? -1 : value;
}

/* RGB is no capability of the standard's: it has a section of its own, with its name. */
static void add_extension(struct buffer *entry)
{
    static const unsigned counts[] = {1, 0, 0, 1,
                                      sizeof "RGB"}; /* booleans, numbers, texts, names, bytes of names */
    pad_to_even(entry);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        add_short(entry, counts[i]);
    (void)buffer_add_char(entry, 1);
    pad_to_even(entry);
    add_short(entry, 0);
    (void)buffer_add(entry, "RGB", sizeof "RGB");
}

static void add_entry(const char *name, bool ansi, bool truecolor, struct buffer *entry)
{
    const size_t bools = count_of(boolnames), numbers = count_of(numnames), texts = count_of(strnames);
    struct buffer offsets = BUFFER_LIMIT(ENTRY_MAX), table = BUFFER_LIMIT(ENTRY_MAX);
    for (size_t i = 0; i < texts; i++) {
        const char *text = text_of(strnames[i], ansi, truecolor);
        add_short(&offsets, text ? (unsigned)table.len : ABSENT);
        if (text)
            (void)buffer_add(&table, text, strlen(text) + 1);
    }
    add_short(entry, MAGIC_32_BIT);
    add_short(entry, (unsigned)strlen(name) + 1);
    add_short(entry, (unsigned)bools);
    add_short(entry, (unsigned)numbers);
    add_short(entry, (unsigned)texts);
    add_short(entry, (unsigned)table.len);
    (void)buffer_add(entry, name, strlen(name) + 1);
    for (size_t i = 0; i < bools; i++) /* ccc: colours could be changed, which nobody does */
        (void)buffer_add_char(entry, tigetflag(boolnames[i]) > 0 && strcmp(boolnames[i], "ccc") != 0);
    pad_to_even(entry);
    for (size_t i = 0; i < numbers; i++)
        add_number(entry, number_of(numnames[i], truecolor));
    (void)buffer_add(entry, offsets.data, offsets.len);
    (void)buffer_add(entry, table.data, table.len);
    if (truecolor)
        add_extension(entry);
    entry->overflow = entry->overflow || offsets.overflow || table.overflow;
    buffer_free(&offsets);
    buffer_free(&table);
}

void description_compile(const char *name, bool ansi, bool truecolor, struct buffer *out)
{
    static const char digits[] = "0123456789ABCDEF";
    struct buffer entry = BUFFER_LIMIT(ENTRY_MAX);
    add_entry(name, ansi, truecolor, &entry);
    (void)buffer_add_text(out, "hex:");
    for (size_t i = 0; i < entry.len; i++) {
        (void)buffer_add_char(out, digits[(unsigned char)entry.data[i] >> 4]);
        (void)buffer_add_char(out, digits[(unsigned char)entry.data[i] & 15]);
    }
    out->overflow = out->overflow || entry.overflow;
    buffer_free(&entry);
}
