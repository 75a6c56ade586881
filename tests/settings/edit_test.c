/* Edits of the settings file: what changes, what stays, and what is left to a person. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "settings/edit.h"
#include "settings/settings.h"

#define TWO                                                                                                  \
    "# mine\ntheme: dark # at night\n\ncontexts:\n  # the first\n  - name: a\n    server: http://a\n\n"      \
    "  # the second\n  - {name: b,\n     server: 'http://b'}\n# keys\nkeys: {quit: x}\n"

enum kind { ADD, REMOVE, USE };

static const struct {
    const char *name;
    enum kind kind;
    const char *text, *what; /* ADD: JSON, else a name */
    const char *expected;    /* the new text, or what the error begins with */
    enum status status;
} rows[] = {
    {"to an empty file", ADD, "", "{\"name\":\"a\",\"server\":\"http://a\"}",
     "contexts:\n- name: a\n  server: http://a\n", STATUS_OK},
    {"to a file of comments without an end of line", ADD, "# mine",
     "{\"name\":\"a\",\"server\":\"http://a\"}", "# mine\ncontexts:\n- name: a\n  server: http://a\n",
     STATUS_OK},
    {"to a file without contexts", ADD, "theme: dark\n", "{\"name\":\"a\",\"server\":\"http://a\"}",
     "theme: dark\ncontexts:\n- name: a\n  server: http://a\n", STATUS_OK},
    {"to a key without a value", ADD, "contexts: # none yet\ntheme: dark\n",
     "{\"name\":\"a\",\"server\":\"http://a\"}",
     "contexts: # none yet\n- name: a\n  server: http://a\ntheme: dark\n", STATUS_OK},
    {"behind others", ADD, TWO,
     "{\"name\":\"c\",\"server\":\"http://c\",\"read-only\":true,\"projects\":[\"x\",\"y z\"]}",
     "# mine\ntheme: dark # at night\n\ncontexts:\n  # the first\n  - name: a\n    server: http://a\n\n"
     "  # the second\n  - {name: b,\n     server: 'http://b'}\n  - name: c\n    server: http://c\n    "
     "read-only: true\n"
     "    projects: [x, \"y z\"]\n# keys\nkeys: {quit: x}\n",
     STATUS_OK},
    {"at the end of a file without an end of line", ADD, "contexts:\n- name: a\n  server: http://a",
     "{\"name\":\"b\",\"server\":\"http://b\"}",
     "contexts:\n- name: a\n  server: http://a\n- name: b\n  server: http://b\n", STATUS_OK},
    {"texts that YAML would read as something else", ADD, "",
     "{\"name\":\"true\",\"server\":\"http://a\",\"label\":\"a: b "
     "#\\\"c\\\\\",\"colour\":\"#ff0000\",\"token-command\":"
     "[\"p\",\"\",\"-x\",\"~\",\"a\\nb\",\"12\"]}",
     "contexts:\n- name: \"true\"\n  server: http://a\n  label: \"a: b #\\\"c\\\\\"\n  colour: \"#ff0000\"\n"
     "  token-command: [p, \"\", \"-x\", \"~\", \"a\\x0ab\", \"12\"]\n",
     STATUS_OK},
    {"a name that is there", ADD, TWO, "{\"name\":\"b\",\"server\":\"http://c\"}",
     "there is a context b in /f already", STATUS_CONFLICT},
    {"a colour that is none", ADD, TWO, "{\"name\":\"c\",\"server\":\"http://c\",\"colour\":\"pink\"}",
     "the new context:4:11: colour is \"pink\" here", STATUS_INVALID},
    {"to a list in brackets", ADD, "contexts: [{name: a, server: 'http://a'}]\n",
     "{\"name\":\"b\",\"server\":\"http://b\"}", "/f is laid out in a way", STATUS_FAILED},
    {"to a file in braces", ADD, "{theme: dark}\n", "{\"name\":\"b\",\"server\":\"http://b\"}",
     "/f is laid out in a way", STATUS_FAILED},
    {"to a broken file", ADD, "theem: x\n", "{\"name\":\"b\",\"server\":\"http://b\"}",
     "/f:1:1: there is no key", STATUS_INVALID},

    {"the first", REMOVE, TWO, "a",
     "# mine\ntheme: dark # at night\n\ncontexts:\n  # the first\n\n  # the second\n  - {name: b,\n     "
     "server: "
     "'http://b'}\n# keys\nkeys: {quit: x}\n",
     STATUS_OK},
    {"the last", REMOVE, TWO, "b",
     "# mine\ntheme: dark # at night\n\ncontexts:\n  # the first\n  - name: a\n    server: http://a\n\n"
     "  # the second\n# keys\nkeys: {quit: x}\n",
     STATUS_OK},
    {"the only one", REMOVE, "contexts:\n- name: a\n  server: http://a\ntheme: x\n", "a",
     "contexts:\ntheme: x\n", STATUS_OK},
    {"one that is not there", REMOVE, TWO, "c", "there is no context c in /f", STATUS_NOT_FOUND},
    {"the current one", REMOVE, "current-context: a\n" TWO, "a", "a is the current context", STATUS_CONFLICT},
    {"one that is shown", REMOVE, "show: [b, a]\n" TWO, "a", "/f:1:11: show has the context a",
     STATUS_CONFLICT},
    {"one in brackets", REMOVE, "contexts: [{name: a, server: 'http://a'}]\n", "a", "/f is laid out in a way",
     STATUS_FAILED},

    {"where nothing was said", USE, TWO, "b",
     "# mine\ntheme: dark # at night\n\ncurrent-context: b\ncontexts:\n  # the first\n  - name: a\n    "
     "server: "
     "http://a\n\n  # the second\n  - {name: b,\n     server: 'http://b'}\n# keys\nkeys: {quit: x}\n",
     STATUS_OK},
    {"another one", USE,
     "contexts:\n- {name: a, server: 'http://a'}\n- {name: b c, server: 'http://b'}\n"
     "current-context: a   # for now\n",
     "b c",
     "contexts:\n- {name: a, server: 'http://a'}\n- {name: b c, server: 'http://b'}\ncurrent-context: \"b "
     "c\"   # for "
     "now\n",
     STATUS_OK},
    {"in place of a quoted one", USE, "current-context: 'a'\n" TWO, "b", "current-context: b\n" TWO,
     STATUS_OK},
    {"in a last line without an end", USE, TWO "current-context: a", "b", TWO "current-context: b",
     STATUS_OK},
    {"with CR LF", USE, "contexts:\r\n- {name: a, server: 'http://a'}\r\ncurrent-context: a\r\n", "a",
     "contexts:\r\n- {name: a, server: 'http://a'}\r\ncurrent-context: a\r\n", STATUS_OK},
    {"one that is not there", USE, TWO, "c", "there is no context c in /f", STATUS_NOT_FOUND},
    {"in a file in braces", USE, "{contexts: [{name: a, server: 'http://a'}]}\n", "a",
     "/f is laid out in a way", STATUS_FAILED},
};

static enum status edit(enum kind kind, const char *text, const char *what, struct buffer *out,
                        struct error *err)
{
    if (kind == REMOVE)
        return settings_edit_remove(text, strlen(text), "/f", what, out, err);
    if (kind == USE)
        return settings_edit_use(text, strlen(text), "/f", what, out, err);
    cJSON *context = cJSON_Parse(what);
    assert_non_null(context);
    enum status status = settings_edit_add(text, strlen(text), "/f", context, out, err);
    cJSON_Delete(context);
    return status;
}

static void an_edit_changes_what_it_says_and_nothing_else(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out = BUFFER_LIMIT(100000);
        struct error err = ERROR_NONE;
        enum status status = edit(rows[i].kind, rows[i].text, rows[i].what, &out, &err);
        const char *got = status == STATUS_OK ? buffer_text(&out) : err.text;
        bool same = status == STATUS_OK ? strcmp(got, rows[i].expected) == 0
                                        : strncmp(got, rows[i].expected, strlen(rows[i].expected)) == 0;
        if (status != rows[i].status || !same) {
            print_error("%s (%s): %d\n%s\nnot %d\n%s\n", rows[i].name, rows[i].what, status, got,
                        rows[i].status, rows[i].expected);
            wrong++;
        }
        buffer_free(&out);
    }
    assert_int_equal(wrong, 0);
}

static void what_was_added_can_be_removed_again(void **state)
{
    (void)state;
    struct buffer more = BUFFER_LIMIT(100000), less = BUFFER_LIMIT(100000);
    struct error err = ERROR_NONE;
    assert_int_equal(
        edit(ADD, TWO, "{\"name\":\"c\",\"server\":\"http://c\",\"label\":\"x\\u00e4\"}", &more, &err),
        STATUS_OK);
    assert_int_equal(edit(REMOVE, buffer_text(&more), "c", &less, &err), STATUS_OK);
    assert_string_equal(buffer_text(&less), TWO);
    buffer_free(&more);
    buffer_free(&less);
}

static char *slurp(const char *path)
{
    char text[200] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    return mem_string_n(text, len);
}

static void a_file_is_replaced_in_one_step_through_links_and_new_folders(void **state)
{
    (void)state;
    char folder[] = "/tmp/file-XXXXXX";
    struct error err = ERROR_NONE;
    struct stat info;
    assert_non_null(mkdtemp(folder));
    char *path = mem_printf("%s/a/b/c", folder), *link = mem_printf("%s/link", folder);
    assert_int_equal(file_replace(path, "one", 3, &err), STATUS_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(symlink("a/b/c", link), 0);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(file_replace(link, "two", 3, &err), STATUS_OK);
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    char *text = slurp(path), *below = mem_printf("%s/c/d", path);
    assert_string_equal(text, "two");
    assert_int_equal(file_replace(below, "x", 1, &err), STATUS_FAILED);
    assert_non_null(strstr(err.text, "cannot"));
    free(text);
    free(below);
    unlink(link);
    unlink(path);
    for (int i = 0; i < 3; i++) {
        *strrchr(path, '/') = '\0';
        assert_int_equal(rmdir(path), 0); /* nothing temporary is left in it */
    }
    free(path);
    free(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit_changes_what_it_says_and_nothing_else),
        cmocka_unit_test(what_was_added_can_be_removed_again),
        cmocka_unit_test(a_file_is_replaced_in_one_step_through_links_and_new_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
