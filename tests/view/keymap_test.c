/* Which key does what, and what the settings may change of it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "view/keymap.h"

static enum action action_of(const struct keymap *map, enum input_kind kind, uint32_t ch)
{
    return keymap_find(map, &(struct input_event){.kind = kind, .ch = ch});
}

static void no_key_has_two_meanings(void **state)
{
    struct keymap *map = keymap_new();
    (void)state;
    for (int a = 1; a < ACTION_COUNT; a++) {
        assert_int_equal(action_find(action_name((enum action)a)), a);
        for (size_t i = 0; keymap_key(map, (enum action)a, i); i++)
            for (int b = a + 1; b < ACTION_COUNT; b++)
                for (size_t j = 0; keymap_key(map, (enum action)b, j); j++)
                    assert_string_not_equal(keymap_key(map, (enum action)a, i),
                                            keymap_key(map, (enum action)b, j));
    }
    keymap_free(map);
}

static void the_defaults_are_those_of_the_contract(void **state)
{
    struct keymap *map = keymap_new();
    (void)state;
    assert_int_equal(action_of(map, INPUT_CHAR, 'a'), ACTION_APPROVE);
    assert_int_equal(action_of(map, INPUT_APPROVE, 0), ACTION_APPROVE);
    assert_int_equal(action_of(map, INPUT_DECLINE, 0), ACTION_DECLINE);
    assert_int_equal(action_of(map, INPUT_CTRL, 'L'), ACTION_REDRAW);
    assert_int_equal(action_of(map, INPUT_CTRL, 'C'), ACTION_BACK);
    assert_int_equal(action_of(map, INPUT_CHAR, '5'), ACTION_SCREEN_DECIDED);
    assert_int_equal(action_of(map, INPUT_CHAR, 'A'), ACTION_NONE);
    keymap_free(map);
}

static void a_bound_key_leaves_what_had_it(void **state)
{
    struct keymap *map = keymap_new();
    const char *const keys[] = {"n", "Space"};
    (void)state;
    assert_int_equal(keymap_bind(map, ACTION_APPROVE, keys, 2, NULL), STATUS_OK);
    assert_int_equal(action_of(map, INPUT_CHAR, 'n'), ACTION_APPROVE);
    assert_int_equal(action_of(map, INPUT_CHAR, ' '), ACTION_APPROVE);
    assert_int_equal(action_of(map, INPUT_CHAR, 'a'), ACTION_NONE);
    assert_null(keymap_key(map, ACTION_NEXT_WAITING, 0));
    keymap_free(map);
}

static void what_cannot_be_bound_is_said(void **state)
{
    static const struct {
        enum action action;
        const char *key, *says;
    } rows[] = {
        {ACTION_APPROVE, "Strg-X", "'Strg-X' is no key"},
        {ACTION_APPROVE, "ab", "'ab' is no key"},
        {ACTION_APPROVE, "", "'' is no key"},
        {ACTION_APPROVE, "\x1b", "is no key"},
        {ACTION_APPROVE, "Esc", "always means 'back'"},
        {ACTION_APPROVE, "Ctrl-L", "always means 'redraw'"},
        {ACTION_BACK, "b", "cannot be changed"},
    };
    struct keymap *map = keymap_new();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = ERROR_NONE;
        assert_int_equal(keymap_bind(map, rows[i].action, &rows[i].key, 1, &err), STATUS_INVALID);
        assert_non_null(strstr(err.text, rows[i].says));
    }
    assert_int_equal(action_of(map, INPUT_CHAR, 'a'), ACTION_APPROVE);
    keymap_free(map);
}

static enum status load(const char *text, struct keymap **map, struct error *err)
{
    struct settings settings;
    enum status status = settings_parse(text, strlen(text), "config.yaml", &settings, err);
    assert_int_equal(status, STATUS_OK);
    status = keymap_from_settings(&settings, map, err);
    settings_free(&settings);
    return status;
}

static void the_settings_bind_keys(void **state)
{
    struct keymap *map = NULL;
    struct error err = ERROR_NONE;
    (void)state;
    assert_int_equal(
        load("keys:\n  approve: [A, Ctrl-O]\n  decline: a\n  undo: []\n  wall-nothing: []\n", &map, &err),
        STATUS_INVALID);
    assert_null(map);
    assert_int_equal(load("keys:\n  approve: [A, Ctrl-O]\n  decline: a\n  undo: []\n", &map, &err),
                     STATUS_OK);
    assert_int_equal(action_of(map, INPUT_CHAR, 'A'), ACTION_APPROVE);
    assert_int_equal(action_of(map, INPUT_CTRL, 'O'), ACTION_APPROVE);
    assert_int_equal(action_of(map, INPUT_CHAR, 'a'), ACTION_DECLINE);
    assert_int_equal(action_of(map, INPUT_CHAR, 'u'), ACTION_NONE);
    keymap_free(map);
}

static void a_wrong_key_in_the_settings_is_named_with_its_place(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"keys:\n  aprove: A\n", "config.yaml:2:3: there is no action 'aprove', perhaps 'approve'"},
        {"keys:\n  zzzzzzzz: A\n", "config.yaml:2:3: there is no action 'zzzzzzzz'; drawbridge keys lists"},
        {"keys:\n  approve: [A, Strg-X]\n", "config.yaml:2:16: 'Strg-X' is no key"},
        {"keys:\n  approve: Esc\n", "config.yaml:2:12: the key Esc always means 'back'"},
        {"keys:\n  back: b\n", "config.yaml:2:3: the keys of 'back' cannot be changed"},
        {"keys:\n  up: x\n  down: [y, x]\n", "config.yaml:3:13: the key x is given to 'up' and to 'down'"},
        {"keys:\n  up: [q, w, e, r, t, z, i, o, p]\n", "config.yaml:2:3: 'up' has 9 keys, 8 are the most"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct keymap *map = NULL;
        struct error err = ERROR_NONE;
        assert_int_equal(load(rows[i].text, &map, &err), STATUS_INVALID);
        if (!strstr(err.text, rows[i].says))
            print_message("%s\n%s\n", rows[i].says, err.text);
        assert_non_null(strstr(err.text, rows[i].says));
        assert_null(map);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_has_two_meanings),
        cmocka_unit_test(the_defaults_are_those_of_the_contract),
        cmocka_unit_test(a_bound_key_leaves_what_had_it),
        cmocka_unit_test(what_cannot_be_bound_is_said),
        cmocka_unit_test(the_settings_bind_keys),
        cmocka_unit_test(a_wrong_key_in_the_settings_is_named_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
