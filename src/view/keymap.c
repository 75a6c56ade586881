#include "config.h"

#include "view/keymap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

#define KEYS_MAX 8 /* of one action */

static const struct {
    const char *name, *keys, *word, *text;
    unsigned flags;
} actions[ACTION_COUNT] = {
#define X(id, name, keys, word, text, flags) [ACTION_##id] = {name, keys, word, text, flags},
    ACTION_TABLE(X)
#undef X
};

/* Names of keys that are no character. */
static const struct {
    const char *name;
    enum input_kind kind;
    uint32_t ch;
} key_names[] = {
    {"Up", INPUT_UP, 0},         {"Down", INPUT_DOWN, 0},
    {"Left", INPUT_LEFT, 0},     {"Right", INPUT_RIGHT, 0},
    {"PgUp", INPUT_PAGE_UP, 0},  {"PgDn", INPUT_PAGE_DOWN, 0},
    {"Home", INPUT_HOME, 0},     {"End", INPUT_END, 0},
    {"Delete", INPUT_DELETE, 0}, {"Backspace", INPUT_BACKSPACE, 0},
    {"Enter", INPUT_ENTER, 0},   {"Esc", INPUT_ESC, 0},
    {"Tab", INPUT_TAB, 0},       {"BackTab", INPUT_BACKTAB, 0},
    {"Space", INPUT_CHAR, ' '},  {"F1", INPUT_F1, 0},
    {"✅", INPUT_APPROVE, 0},     {"❌", INPUT_DECLINE, 0},
};
#define KEY_NAMES (sizeof key_names / sizeof *key_names)

struct key {
    enum input_kind kind;
    uint32_t ch;
    char name[16];
};

struct keymap {
    struct key keys[ACTION_COUNT][KEYS_MAX];
    size_t counts[ACTION_COUNT];
};

const char *action_name(enum action action)
{
    return actions[action].name;
}

const char *action_word(enum action action)
{
    return actions[action].word;
}

const char *action_text(enum action action)
{
    return actions[action].text;
}

unsigned action_flags(enum action action)
{
    return actions[action].flags;
}

enum action action_find(const char *name)
{
    for (int i = 1; i < ACTION_COUNT; i++)
        if (strcmp(actions[i].name, name) == 0)
            return (enum action)i;
    return ACTION_NONE;
}

/* "Ctrl-X", one of key_names, or one printable character. */
static bool parse_key(const char *name, size_t len, struct key *out)
{
    uint32_t ch = 0;
    if (len == 0 || len >= sizeof out->name)
        return false;
    *out = (struct key){.kind = INPUT_CHAR};
    memcpy(out->name, name, len);
    for (size_t i = 0; i < KEY_NAMES; i++) {
        if (strcmp(key_names[i].name, out->name) == 0) {
            out->kind = key_names[i].kind;
            out->ch = key_names[i].ch;
            return true;
        }
    }
    if (len == 6 && strncmp(name, "Ctrl-", 5) == 0 && name[5] >= 'A' && name[5] <= 'Z') {
        out->kind = INPUT_CTRL;
        out->ch = (uint32_t)name[5];
        return true;
    }
    if (utf8_decode(name, len, &ch) != (int)len || ch <= ' ' || ch == 0x7f)
        return false;
    out->ch = ch;
    return true;
}

static bool same_key(const struct key *a, const struct key *b)
{
    return a->kind == b->kind && a->ch == b->ch;
}

static enum action owner_of(const struct keymap *map, const struct key *key)
{
    for (int i = 1; i < ACTION_COUNT; i++)
        for (size_t k = 0; k < map->counts[i]; k++)
            if (same_key(&map->keys[i][k], key))
                return (enum action)i;
    return ACTION_NONE;
}

static void take_away(struct keymap *map, enum action action, const struct key *key)
{
    struct key *keys = map->keys[action];
    for (size_t k = 0; k < map->counts[action]; k++) {
        if (same_key(&keys[k], key)) {
            map->counts[action]--;
            memmove(&keys[k], &keys[k + 1], (map->counts[action] - k) * sizeof *keys);
            return;
        }
    }
}

struct keymap *keymap_new(void)
{
    struct keymap *map = MEM_NEW(struct keymap);
    for (int i = 1; i < ACTION_COUNT; i++) {
        for (const char *p = actions[i].keys; *p; p += strspn(p, " ")) {
            const size_t len = strcspn(p, " ");
            const bool known = parse_key(p, len, &map->keys[i][map->counts[i]++]);
            assert(known); /* our own table */
            p += len;
        }
    }
    return map;
}

void keymap_free(struct keymap *map)
{
    free(map);
}

static enum status check_key(const struct keymap *map, enum action action, const char *name, struct key *key,
                             struct error *err)
{
    if (!parse_key(name, strlen(name), key))
        return error_set(err, STATUS_INVALID,
                         "'%s' is no key: one character, Space, Enter, Tab, Up, Down, Left, Right, PgUp, "
                         "PgDn, Home, End, Delete, Backspace, F1 or Ctrl-A to Ctrl-Z",
                         name);
    const enum action owner = owner_of(map, key);
    if (owner != ACTION_NONE && owner != action && action_flags(owner) & ACTION_FIXED)
        return error_set(err, STATUS_INVALID, "the key %s always means '%s'", name, action_name(owner));
    return STATUS_OK;
}

enum status keymap_bind(struct keymap *map, enum action action, const char *const *keys, size_t count,
                        struct error *err)
{
    struct key wanted[KEYS_MAX];
    if (action_flags(action) & ACTION_FIXED)
        return error_set(err, STATUS_INVALID, "the keys of '%s' cannot be changed", action_name(action));
    if (count > KEYS_MAX)
        return error_set(err, STATUS_INVALID, "'%s' has %zu keys, %d are the most", action_name(action),
                         count, KEYS_MAX);
    for (size_t i = 0; i < count; i++) {
        const enum status status = check_key(map, action, keys[i], &wanted[i], err);
        if (status != STATUS_OK)
            return status;
    }
    map->counts[action] = 0;
    for (size_t i = 0; i < count; i++) {
        const enum action owner = owner_of(map, &wanted[i]);
        if (owner != ACTION_NONE)
            take_away(map, owner, &wanted[i]);
        map->keys[action][map->counts[action]++] = wanted[i];
    }
    return STATUS_OK;
}

static enum status unknown_action(const struct settings *s, const struct settings_key *wanted,
                                  struct error *err)
{
    const char *names[ACTION_COUNT];
    for (int i = 1; i < ACTION_COUNT; i++)
        names[i] = actions[i].name;
    const char *near = settings_nearest(wanted->action, names + 1, ACTION_COUNT - 1);
    return settings_error(s, wanted->place, err, "there is no action '%s'%s%s%s; drawbridge keys lists them",
                          wanted->action, near ? ", perhaps '" : "", near ? near : "", near ? "'" : "");
}

/* Which of the settings' actions before this one has this key; NULL: none. */
static const char *bound_before(const struct settings *s, size_t at, const char *key)
{
    for (size_t i = 0; i < at; i++)
        for (size_t k = 0; k < s->keys[i].keys.count; k++)
            if (strcmp(s->keys[i].keys.items[k], key) == 0)
                return s->keys[i].action;
    return NULL;
}

static enum status bind_wanted(struct keymap *map, const struct settings *s, size_t at, struct error *err)
{
    const struct settings_key *wanted = &s->keys[at];
    const enum action action = action_find(wanted->action);
    struct error why = ERROR_NONE;
    if (action == ACTION_NONE)
        return unknown_action(s, wanted, err);
    for (size_t k = 0; k < wanted->keys.count; k++) {
        const char *key = wanted->keys.items[k], *other = bound_before(s, at, key);
        struct key parsed;
        if (other)
            return settings_error(s, wanted->keys.places[k], err, "the key %s is given to '%s' and to '%s'",
                                  key, other, wanted->action);
        if (check_key(map, action, key, &parsed, &why) != STATUS_OK)
            return settings_error(s, wanted->keys.places[k], err, "%s", why.text);
    }
    if (keymap_bind(map, action, (const char *const *)wanted->keys.items, wanted->keys.count, &why) !=
        STATUS_OK)
        return settings_error(s, wanted->place, err, "%s", why.text);
    return STATUS_OK;
}

enum status keymap_from_settings(const struct settings *s, struct keymap **out, struct error *err)
{
    struct keymap *map = keymap_new();
    *out = NULL;
    for (size_t i = 0; i < s->key_count; i++) {
        const enum status status = bind_wanted(map, s, i, err);
        if (status != STATUS_OK) {
            keymap_free(map);
            return status;
        }
    }
    *out = map;
    return STATUS_OK;
}

enum action keymap_find(const struct keymap *map, const struct input_event *ev)
{
    const bool has_ch = ev->kind == INPUT_CHAR || ev->kind == INPUT_CTRL;
    const struct key key = {.kind = ev->kind, .ch = has_ch ? ev->ch : 0};
    return owner_of(map, &key);
}

const char *keymap_key(const struct keymap *map, enum action action, size_t i)
{
    return i < map->counts[action] ? map->keys[action][i].name : NULL;
}
