/* Every key of the settings file has an effect that can be seen, and a wrong value of it is told with file,
 * line and column. The programs are real: drawbridge, with a drawbridged where one is needed. A key without a
 * row fails. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "settings/effects.h"
#include "settings/settings.h"

/* One key: what is wrong, where, and what sees that it works. */
static const struct row {
    const char *key;   /* "wall.rotation" */
    const char *wrong; /* a settings file */
    const char *place; /* "2:13" of it */
    void (*effect)(void);
} rows[] = {
    {"contexts", "contexts: x\n", "1:11", effect_contexts},
    {"current-context", "contexts:\n- {name: a, server: 'http://a'}\ncurrent-context: b\n", "3:18",
     effect_current_context},
    {"show", "show: a\n", "1:7", effect_show},
    {"theme", "theme: [a]\n", "1:8", effect_theme},
    {"glyphs", "glyphs: emoji\n", "1:9", effect_glyphs},
    {"ambiguous-width", "ambiguous-width: 3\n", "1:18", effect_ambiguous_width},

    {"keys", "keys:\n  approve: {a: b}\n", "2:12", effect_keys},

    {"confirm", "confirm:\n- level: none\n", "2:10", effect_confirm},
    {"confirm.context", "confirm: [{context: [a], level: key}]\n", "1:21", effect_confirm},
    {"confirm.project", "confirm: [{project: '', level: key}]\n", "1:21", effect_confirm},
    {"confirm.stage", "confirm: [{stage: {}, level: key}]\n", "1:19", effect_confirm},
    {"confirm.level", "confirm: [{stage: a, level: yes}]\n", "1:29", effect_confirm},
    {"undo-window", "undo-window: 5\n", "1:14", effect_undo_window},

    {"columns.tree", "columns:\n  tree: age\n", "2:9", effect_columns_tree},
    {"columns.waiting", "columns: {waiting: [age, age]}\n", "1:26", effect_columns_waiting},
    {"columns.decided", "columns: {decided: [run, '']}\n", "1:26", effect_columns_decided},
    {"columns.events", "columns: {events: [[]]}\n", "1:20", effect_columns_events},
    {"times.zone", "times: {zone: CET}\n", "1:15", effect_times_zone},
    {"times.format", "times:\n  format: iso\n", "2:11", effect_times_format},

    {"mouse", "mouse: no\n", "1:8", effect_mouse},
    {"clipboard", "clipboard: 1\n", "1:12", effect_clipboard},
    {"notify.bell", "notify: {bell: loud}\n", "1:16", effect_notify_bell},
    {"notify.osc9", "notify: {osc9: 9}\n", "1:16", effect_notify_osc9},
    {"notify.osc777", "notify:\n  osc777: 'true'\n", "2:11", effect_notify_osc777},
    {"notify.title", "notify: {title: [true]}\n", "1:17", effect_notify_title},
    {"notify.command", "notify:\n  command: notify-send\n", "2:12", effect_notify_command},
    {"notify.shell", "notify: {command: [a], shell: b}\n", "1:31", effect_notify_shell},
    {"notify.per-minute", "notify: {per-minute: 0}\n", "1:22", effect_notify_per_minute},
    {"notify.quiet-hours", "notify: {quiet-hours: 22-6}\n", "1:23", effect_notify_quiet_hours},

    {"wall.rotation", "wall:\n  rotation: 10\n", "2:13", effect_wall_rotation},
    {"wall.projects", "wall: {projects: {}}\n", "1:18", effect_wall_projects},
    {"wall.hide", "wall:\n  hide: [users, names]\n", "2:17", effect_wall_hide},
    {"wall.locked", "wall: {locked: \"true\"}\n", "1:16", effect_wall_locked},
    {"wall.failed-hours", "wall: {failed-hours: 0}\n", "1:22", effect_wall_failed_hours},

    {"contexts.name", "contexts:\n- {name: '', server: 'http://a'}\n", "2:10", effect_contexts},
    {"contexts.label", "contexts:\n- {name: a, server: 'http://a', label: [x]}\n", "2:40", effect_label},
    {"contexts.colour", "contexts:\n- {name: a, server: 'http://a', colour: pink}\n", "2:41", effect_colour},
    {"contexts.server", "contexts:\n- {name: a, server: a}\n", "2:21", effect_contexts},
    {"contexts.stream", "contexts:\n- {name: a, server: 'http://a', stream: b}\n", "2:41", effect_stream},
    {"contexts.token-file", "contexts:\n- {name: a, server: 'http://a', token-file: [t]}\n", "2:45",
     effect_contexts},
    {"contexts.token-command", "contexts:\n- {name: a, server: 'http://a', token-command: t}\n", "2:48",
     effect_token_command},
    {"contexts.ca-file", "contexts:\n- {name: a, server: 'http://a', ca-file: {}}\n", "2:42",
     effect_certificates},
    {"contexts.client-cert", "contexts:\n- {name: a, server: 'http://a', client-cert: []}\n", "2:46",
     effect_certificates},
    {"contexts.client-key", "contexts:\n- {name: a, server: 'http://a', client-key: k}\n", "2:45",
     effect_certificates},
    {"contexts.proxy", "contexts:\n- {name: a, server: 'http://a', proxy: 'ftp://b'}\n", "2:40",
     effect_proxy},
    {"contexts.read-only", "contexts:\n- {name: a, server: 'http://a', read-only: 1}\n", "2:44",
     effect_read_only},
    {"contexts.projects", "contexts:\n- {name: a, server: 'http://a', projects: p}\n", "2:43",
     effect_projects},
};

static const struct row *find_row(const char *key)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].key, key) == 0)
            return &rows[i];
    return NULL;
}

static char *key_of(const struct settings_option *o)
{
    const char *section = settings_section_name(o->section);
    return mem_printf("%s%s%s", section, *section != '\0' ? "." : "", o->name);
}

static void every_key_has_a_row_and_every_row_a_key(void **state)
{
    (void)state;
    size_t known = 0, missing = 0;
    for (const struct settings_option *o = settings_options; o->name != NULL; o++) {
        char *key = key_of(o);
        bool found = find_row(key) != NULL;
        /* a mapping is nothing but its keys, which have rows of their own */
        if (!found && o->type != SETTINGS_MAPPING) {
            print_error("%s has no row\n", key);
            missing++;
        }
        known += found;
        free(key);
    }
    assert_int_equal(known, sizeof rows / sizeof *rows);
    assert_int_equal(missing, 0);
}

static void a_wrong_value_is_told_with_file_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        char *place = mem_printf("drawbridge: config.yaml:%s: ", row->place);
        effects_write_settings(row->wrong);
        char *said = effects_run(2, "--config config.yaml context list");
        if (strncmp(said, place, strlen(place)) != 0)
            fail_msg("%s: \"%s\" does not begin with \"%s\"", row->key, said, place);
        free(said);
        free(place);
    }
}

static void every_value_has_its_effect(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool seen = false; /* one effect may show several keys */
        for (size_t k = 0; k < i; k++)
            seen = seen || rows[k].effect == rows[i].effect;
        if (!seen) {
            print_message("# %s\n", rows[i].key);
            rows[i].effect();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_a_row_and_every_row_a_key),
        cmocka_unit_test(a_wrong_value_is_told_with_file_line_and_column),
        cmocka_unit_test(every_value_has_its_effect),
    };
    return cmocka_run_group_tests(tests, effects_set_up, effects_tear_down);
}
