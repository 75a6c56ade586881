/* The settings file: every key is read, defaults are those of the table, and what is wrong is told with its
 * place and what would be right. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "settings/settings.h"

#define CONTEXT "contexts: [{name: a, server: 'http://a'}]\n"

static struct settings parse(const char *text)
{
    struct settings s;
    struct error err = ERROR_NONE;
    if (settings_parse(text, strlen(text), "/etc/d/config.yaml", &s, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    return s;
}

static void every_default_is_that_of_the_table(void **state)
{
    (void)state;
    struct settings s = parse("");
    assert_int_equal(s.context_count, 0);
    assert_null(settings_current(&s));
    assert_null(settings_shown(&s, 0));
    assert_null(s.theme);
    assert_int_equal(s.ambiguous_width, 1);
    assert_true(s.mouse);
    assert_false(s.clipboard);
    assert_int_equal(s.undo_window_ms, 0);
    assert_false(s.notify.bell);
    assert_true(s.notify.title);
    assert_int_equal(s.notify.per_minute, 10);
    assert_int_equal(s.notify.quiet_from, -1);
    assert_int_equal(s.wall.rotation_s, 10);
    assert_int_equal(s.wall.failed_hours, 12);
    assert_false(s.times_utc);
    assert_false(s.times_absolute);
    assert_int_equal(settings_confirm_of(&s, NULL, "p", "s"), SETTINGS_CONFIRM_KEY);
    settings_free(&s);
}

static void contexts_have_all_their_fields(void **state)
{
    (void)state;
    setenv("HOME", "/home/maria", 1);
    struct settings s =
        parse("contexts:\n"
              "- name: eu\n  label: Europe\n  colour: '#ff0000'\n  server: https://eu/api\n"
              "  stream: wss://eu/s\n  token-file: ~/token\n  ca-file: ca.pem\n  client-cert: /c.pem\n"
              "  client-key: k.pem\n  proxy: http://u:p@proxy:3128\n  read-only: true\n"
              "  projects: [x, y]\n"
              "- {name: us, server: 'http://us', token-command: [pass, '', \"a\\nb\"], proxy: none}\n"
              "current-context: us\nshow: [us, eu]\n");
    const struct settings_context *eu = settings_find_context(&s, "eu"), *us = settings_current(&s);
    assert_string_equal(eu->label, "Europe");
    assert_string_equal(eu->colour, "#ff0000");
    assert_string_equal(eu->server, "https://eu/api");
    assert_string_equal(eu->stream, "wss://eu/s");
    assert_string_equal(eu->token_file, "/home/maria/token");
    assert_string_equal(eu->ca_file, "/etc/d/ca.pem");
    assert_string_equal(eu->client_cert, "/c.pem");
    assert_string_equal(eu->client_key, "/etc/d/k.pem");
    assert_string_equal(eu->proxy, "http://u:p@proxy:3128");
    assert_true(eu->read_only);
    assert_int_equal(eu->projects.count, 2);
    assert_string_equal(eu->projects.items[1], "y");
    assert_int_equal(eu->place.line, 2);
    assert_string_equal(us->name, "us");
    assert_int_equal(us->token_command.count, 3);
    assert_string_equal(us->token_command.items[2], "a\nb");
    assert_false(us->read_only);
    assert_ptr_equal(settings_shown(&s, 0), us);
    assert_ptr_equal(settings_shown(&s, 1), eu);
    assert_null(settings_shown(&s, 2));
    assert_null(settings_find_context(&s, "x"));
    settings_free(&s);
}

static void the_rest_has_all_its_fields(void **state)
{
    (void)state;
    struct settings s = parse(
        "theme: mono\nglyphs: ascii\nambiguous-width: 2\nmouse: false\nclipboard: true\nundo-window: 1m30s\n"
        "keys:\n  approve: F2\n  quit: [q, x]\n  abort: []\n"
        "notify: {bell: true, osc9: true, osc777: true, title: false, shell: \"a\\tb | c\", per-minute: "
        "600,\n"
        "         quiet-hours: 22:00-6:30}\n"
        "wall: {rotation: 1h, projects: [p], hide: [labels, users], locked: true, failed-hours: 720}\n"
        "columns: {tree: [a], waiting: [b, c], decided: [d], events: [e]}\ntimes: {zone: utc, format: "
        "absolute}\n");
    assert_string_equal(s.theme, "mono");
    assert_string_equal(s.glyphs, "ascii");
    assert_int_equal(s.ambiguous_width, 2);
    assert_false(s.mouse);
    assert_true(s.clipboard);
    assert_int_equal(s.undo_window_ms, 90000);
    assert_int_equal(s.key_count, 3);
    assert_string_equal(s.keys[0].action, "approve");
    assert_int_equal(s.keys[0].place.line, 8);
    assert_string_equal(s.keys[0].keys.items[0], "F2");
    assert_int_equal(s.keys[0].keys.places[0].column, 12);
    assert_string_equal(s.keys[1].keys.items[1], "x");
    assert_int_equal(s.keys[2].keys.count, 0);
    assert_true(s.notify.bell && s.notify.osc9 && s.notify.osc777);
    assert_false(s.notify.title);
    assert_string_equal(s.notify.shell, "a\tb | c");
    assert_int_equal(s.notify.per_minute, 600);
    assert_int_equal(s.notify.quiet_from, 22 * 60);
    assert_int_equal(s.notify.quiet_until, 6 * 60 + 30);
    assert_int_equal(s.wall.rotation_s, 3600);
    assert_string_equal(s.wall.projects.items[0], "p");
    assert_string_equal(s.wall.hide.items[1], "users");
    assert_true(s.wall.locked);
    assert_int_equal(s.wall.failed_hours, 720);
    assert_string_equal(s.columns.tree.items[0], "a");
    assert_string_equal(s.columns.waiting.items[1], "c");
    assert_string_equal(s.columns.decided.items[0], "d");
    assert_string_equal(s.columns.events.items[0], "e");
    assert_true(s.times_utc && s.times_absolute);
    settings_free(&s);
}

static void the_last_rule_that_fits_counts(void **state)
{
    (void)state;
    struct settings s = parse("undo-window: 5s\nconfirm:\n- level: type\n- {project: 'shop*', level: key}\n"
                              "- {context: dev, stage: qa, level: none}\n");
    assert_int_equal(settings_confirm_of(&s, "prod", "payments", "qa"), SETTINGS_CONFIRM_TYPE);
    assert_int_equal(settings_confirm_of(&s, "prod", "shop-eu", "qa"), SETTINGS_CONFIRM_KEY);
    assert_int_equal(settings_confirm_of(&s, "dev", "shop-eu", "qa"), SETTINGS_CONFIRM_NONE);
    assert_int_equal(settings_confirm_of(&s, "dev", "shop-eu", "production"), SETTINGS_CONFIRM_KEY);
    assert_int_equal(settings_confirm_of(&s, NULL, "payments", "qa"), SETTINGS_CONFIRM_TYPE);
    settings_free(&s);
}

static const struct {
    const char *name, *text, *error;
} faults[] = {
    {"an unknown key", "theem: dark\n", "1:1: there is no key \"theem\"; did you mean theme?"},
    {"letters swapped", "mosue: true\n", "1:1: there is no key \"mosue\"; did you mean mouse?"},
    {"an unknown key far from all", "frobnicate: 1\n",
     "1:1: there is no key \"frobnicate\"; drawbridge.yaml(5) lists them"},
    {"an unknown key in a context", "contexts:\n- nmae: a\n",
     "2:3: there is no key \"nmae\" in contexts; did you mean name?"},
    {"a key at the wrong level", "quiet-hours: x\n",
     "1:1: there is no key \"quiet-hours\" here; it belongs into notify"},
    {"a key of the outermost level", "wall: {undo-window: 5s}\n",
     "1:8: there is no key \"undo-window\" in wall; it belongs to the outermost level"},
    {"a key twice", "theme: a\ntheme: b\n", "2:1: the key \"theme\" stands here again"},
    {"a list for a text", "theme: [dark]\n", "1:8: theme is a list here; it must be a text"},
    {"a mapping for a text", "theme: {dark: 1}\n", "1:8: theme is a mapping here; it must be a text"},
    {"no value", "theme:\n", "1:1: theme has no value here; it must be a text"},
    {"an empty text", "theme: ''\n", "1:8: theme is an empty text; leave the key out, or say what it is"},
    {"a word of YAML 1.1", "mouse: yes\n", "1:8: mouse is \"yes\" here; it must be true or false"},
    {"a flag in quotes", "mouse: 'true'\n", "1:8: mouse is \"true\" here; it must be true or false"},
    {"an unknown word", "glyphs: emoji\n",
     "1:9: glyphs is \"emoji\" here; it must be unicode, console or ascii"},
    {"a number out of range", "ambiguous-width: 3\n",
     "1:18: ambiguous-width is \"3\" here; it must be a whole number from 1 to 2"},
    {"a number that is none", "wall:\n  failed-hours: 1.5\n",
     "2:17: failed-hours is \"1.5\" here; it must be a whole number from 1 to 720"},
    {"a duration without unit", "undo-window: 5\n",
     "1:14: undo-window is \"5\" here; it must be a duration such as 5s, from 0s to 10m"},
    {"a duration out of range", "undo-window: 1h\n",
     "1:14: undo-window is \"1h\" here; it must be a duration"},
    {"a duration in parts of a second", "wall: {rotation: 1500ms}\n",
     "1:18: rotation is \"1500ms\" here; it must be a duration such as 5s, from 1s to 60m"},
    {"a negative duration", "undo-window: -5s\n", "1:14: undo-window is \"-5s\" here; it must be a duration"},
    {"hours that are none", "notify: {quiet-hours: 22-6}\n",
     "1:23: quiet-hours is \"22-6\" here; it must be two times of the day such as \"22:00-06:30\""},
    {"a minute past 59", "notify: {quiet-hours: '22:60-06:30'}\n",
     "1:23: quiet-hours is \"22:60-06:30\" here"},
    {"an hour past 24", "notify: {quiet-hours: '25:00-06:30'}\n",
     "1:23: quiet-hours is \"25:00-06:30\" here"},
    {"the same time twice", "notify: {quiet-hours: '24:00-0:00'}\n",
     "1:23: quiet-hours is \"24:00-0:00\" here"},
    {"a text for a list", "show: a\n", "1:7: show is \"a\" here; it must be a list, such as [one, two]"},
    {"a list with a list", "show: [[a]]\n", "1:8: show must be a list of texts; this item is none"},
    {"an item twice", CONTEXT "show: [a, a]\n", "2:11: show has \"a\" a second time; remove one"},
    {"an item that is no word", "wall:\n  hide: [users, names]\n",
     "2:17: hide has the item \"names\"; it must be users, labels or comments"},
    {"a command in one text", "notify: {command: notify-send hello}\n",
     "1:19: command is \"notify-send hello\" here; it must be a list of a program and its arguments"},
    {"an empty program", "notify: {command: ['', a]}\n", "1:20: command is an empty text"},
    {"command and shell", "notify: {command: [a], shell: b}\n",
     "1:31: notify has both command and shell; remove one"},
    {"a colour that is none", "contexts: [{name: a, server: 'http://a', colour: pink}]\n",
     "1:50: colour is \"pink\" here; it must be a colour: black, red"},
    {"a colour that YAML takes for a comment",
     "contexts:\n- name: a\n  server: http://a\n  colour: #ff0000\n",
     "4:3: colour has no value here; it must be a colour"},
    {"an escape sequence", "contexts: [{name: a, server: 'http://a', label: \"x\\e[31m\"}]\n",
     "1:49: label has the control character U+001B in it; remove it"},
    {"a long name", "contexts:\n- name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
     "2:9: name has 65 bytes; 64 are allowed"},
    {"a context without a name", "contexts:\n- server: http://a\n", "2:3: this context has no name"},
    {"a context without a server", "contexts:\n- name: a\n", "2:3: the context a has no server; add one"},
    {"a name twice", "contexts:\n- {name: a, server: 'http://a'}\n- {name: a, server: 'http://b'}\n",
     "3:10: there is a context \"a\" in line 2 already; give this one another name"},
    {"a context that is a text", "contexts: [a]\n", "1:12: each entry of contexts must be a mapping of keys"},
    {"contexts by name", "contexts:\n  a: {server: 'http://a'}\n",
     "2:3: contexts must be a list: each entry begins with"},
    {"a server without a scheme", "contexts: [{name: a, server: keptn.example}]\n",
     "1:30: server is \"keptn.example\" here; it must be, or begin with, http:// or https://"},
    {"a server without a host", "contexts: [{name: a, server: 'https://'}]\n",
     "1:30: server is \"https://\" here"},
    {"a stream of another kind", "contexts: [{name: a, server: 'http://a', stream: 'nats://a'}]\n",
     "1:50: stream is \"nats://a\" here; it must be, or begin with, auto, ws:// or wss://"},
    {"a proxy that speaks SOCKS", "contexts: [{name: a, server: 'http://a', proxy: 'socks5://a'}]\n",
     "1:49: proxy is \"socks5://a\" here"},
    {"two places of a token",
     "contexts: [{name: a, server: 'http://a', token-file: t, token-command: [t]}]\n",
     "1:72: the context a has both token-file and token-command; remove one"},
    {"a key without its certificate", "contexts: [{name: a, server: 'http://a', client-key: k}]\n",
     "1:54: the context a has a client-key without a client-cert; add it"},
    {"an unknown current context", CONTEXT "current-context: b\n",
     "2:18: there is no context \"b\" in contexts"},
    {"an unknown context to show", CONTEXT "show: [a, b]\n", "2:11: there is no context \"b\" in contexts"},
    {"a rule without a level", "confirm:\n- stage: qa\n",
     "2:3: this rule has no level; add level: key, type or none"},
    {"an unknown level", "confirm:\n- level: yes\n",
     "2:10: level is \"yes\" here; it must be key, type or none"},
    {"none without an undo window", "confirm:\n- level: key\n- level: none\n",
     "3:10: level: none decides at one key, so that undo-window must be at least 5s"},
    {"none with a short undo window", "undo-window: 4s\nconfirm: [{level: none}]\n",
     "2:19: level: none decides at one key"},
    {"keys as a list", "keys: [a]\n", "1:7: keys must be a mapping from actions to keys"},
    {"an action without a key", "keys:\n  approve:\n",
     "2:3: keys: approve must have a key or a list of keys"},
    {"a key of an action twice", "keys: {approve: [a, a]}\n", "1:21: keys has \"a\" a second time"},
    {"a list as the whole", "- theme: dark\n", "1:1: the settings file must be a mapping of keys"},
    {"a text as the whole", "dark\n", "1:1: the settings file must be a mapping of keys"},
    {"a tab", "wall:\n\trotation: 1s\n", "2:1: "},
    {"Latin-1", "theme: caf\xE9\n", "1:11: the byte 0xe9 is not UTF-8"},
};

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct settings s;
        struct error err = ERROR_NONE;
        char *expected = mem_printf("/x.yaml:%s", faults[i].error);
        enum status status = settings_parse(faults[i].text, strlen(faults[i].text), "/x.yaml", &s, &err);
        if (status != STATUS_INVALID || strncmp(err.text, expected, strlen(expected)) != 0) {
            print_error("%s: \"%s\", not \"%s\"\n", faults[i].name, err.text, expected);
            wrong++;
        }
        assert_int_equal(s.ambiguous_width, 1); /* defaults, whatever was wrong */
        assert_int_equal(s.context_count, 0);
        settings_free(&s);
        free(expected);
    }
    assert_int_equal(wrong, 0);
}

static void a_section_with_nothing_in_it_is_none(void **state)
{
    (void)state;
    struct settings s = parse("contexts:\nkeys:\nconfirm:\nnotify:\nwall:\ncolumns:\ntimes:\n");
    assert_int_equal(s.context_count, 0);
    assert_int_equal(s.wall.rotation_s, 10);
    settings_free(&s);
}

static void a_file_may_be_missing_only_where_it_may(void **state)
{
    (void)state;
    struct settings s;
    struct error err = ERROR_NONE;
    assert_int_equal(settings_read_file("/nowhere/config.yaml", false, &s, &err), STATUS_OK);
    assert_true(s.mouse);
    assert_int_equal(settings_read_file("/nowhere/config.yaml", true, &s, &err), STATUS_NOT_FOUND);
    assert_string_equal(err.text,
                        "cannot open the settings file /nowhere/config.yaml: No such file or directory");
    assert_int_equal(settings_read_file("/", false, &s, &err), STATUS_FAILED);
    assert_non_null(strstr(err.text, "Is a directory"));
    assert_int_equal(settings_read_file("/dev/zero", true, &s, &err), STATUS_TOO_LARGE);
}

static void a_file_is_read_with_its_name_in_errors(void **state)
{
    (void)state;
    char path[] = "/tmp/settings-XXXXXX";
    struct settings s;
    struct error err = ERROR_NONE;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "# a\nmuose: 1\n", 13), 13);
    assert_int_equal(settings_read_file(path, true, &s, &err), STATUS_INVALID);
    char *expected = mem_printf("%s:2:1: there is no key \"muose\"; did you mean mouse?", path);
    assert_string_equal(err.text, expected);
    free(expected);
    assert_int_equal(pwrite(fd, "mouse: false\n", 13, 0), 13);
    assert_int_equal(ftruncate(fd, 13), 0);
    assert_int_equal(settings_read_file(path, true, &s, &err), STATUS_OK);
    assert_false(s.mouse);
    assert_int_equal(settings_error(&s, (struct settings_place){3, 7}, &err, "no %s", "action"),
                     STATUS_INVALID);
    expected = mem_printf("%s:3:7: no action", path);
    assert_string_equal(err.text, expected);
    free(expected);
    settings_free(&s);
    close(fd);
    unlink(path);
}

static void the_nearest_word_is_one_that_was_meant(void **state)
{
    (void)state;
    const char *const names[] = {"approve", "decline", "abort", "undo"};
    assert_string_equal(settings_nearest("aprove", names, 4), "approve");
    assert_string_equal(settings_nearest("delcine", names, 4), "decline");
    assert_string_equal(settings_nearest("und", names, 4), "undo");
    assert_null(settings_nearest("xyz", names, 4));
    assert_null(settings_nearest("", names, 4));
    assert_null(settings_nearest("approveapproveapproveapproveapproveapproveapprove", names, 4));
}

static void every_row_of_the_table_can_be_told(void **state)
{
    (void)state;
    for (const struct settings_option *o = settings_options; o->name != NULL; o++) {
        assert_true(strlen(o->text) > 10 && o->text[strlen(o->text) - 1] == '.');
        if (o->type == SETTINGS_WORD || o->type == SETTINGS_CHOICE || o->type == SETTINGS_EITHER)
            assert_non_null(o->words);
        if (o->type == SETTINGS_NUMBER || o->type == SETTINGS_SECONDS || o->type == SETTINGS_MS)
            assert_true(o->max > o->min && o->fallback != NULL);
        for (const struct settings_option *other = settings_options; other < o; other++)
            assert_false(other->section == o->section && strcmp(other->name, o->name) == 0);
    }
}

/* Whether the example has the key in this section. */
static bool example_has(const struct yaml_node *root, const struct settings_option *o)
{
    const char *section = settings_section_name(o->section);
    const struct yaml_node *node = *section != '\0' ? yaml_get(root, section) : root;
    if (node == NULL || node->kind != YAML_SEQUENCE)
        return yaml_get(node, o->name) != NULL;
    for (size_t i = 0; i < node->count; i++)
        if (yaml_get(node->items[i], o->name) != NULL)
            return true;
    return false;
}

static void the_example_is_right_and_has_every_key(void **state)
{
    (void)state;
    char *path = mem_printf("%s/doc/config.yaml", getenv("top_srcdir")), *text = mem_alloc(65536);
    struct error err = ERROR_NONE;
    struct settings s;
    struct yaml *yaml = NULL;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t len = fread(text, 1, 65535, file);
    fclose(file);
    if (settings_parse(text, len, "doc/config.yaml", &s, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(yaml_parse(text, len, "doc/config.yaml", &yaml, &err), STATUS_OK);
    for (const struct settings_option *o = settings_options; o->name != NULL; o++)
        if (!example_has(yaml_root(yaml), o) &&
            strcmp(o->name, "shell") != 0) /* not beside command: a comment has it */
            fail_msg("doc/config.yaml has no key %s of %s", o->name, settings_section_name(o->section));
    assert_non_null(strstr(text, "# shell: "));
    yaml_free(yaml);
    settings_free(&s);
    free(text);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_that_of_the_table),
        cmocka_unit_test(contexts_have_all_their_fields),
        cmocka_unit_test(the_rest_has_all_its_fields),
        cmocka_unit_test(the_last_rule_that_fits_counts),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(a_section_with_nothing_in_it_is_none),
        cmocka_unit_test(a_file_may_be_missing_only_where_it_may),
        cmocka_unit_test(a_file_is_read_with_its_name_in_errors),
        cmocka_unit_test(the_nearest_word_is_one_that_was_meant),
        cmocka_unit_test(every_row_of_the_table_can_be_told),
        cmocka_unit_test(the_example_is_right_and_has_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
