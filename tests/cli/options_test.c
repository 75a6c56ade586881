#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/picture.h"

static void pairs_are_read_with_commas_and_quotes(void **state)
{
    static const struct {
        const char *text, *json; /* NULL: refused */
    } rows[] = {
        {"a=b", "{\"a\":\"b\"}"},
        {"a=b,c=d", "{\"a\":\"b\",\"c\":\"d\"}"},
        {"image=\"ghcr.io/x/y\",version=\"v0.1.1\"", "{\"image\":\"ghcr.io/x/y\",\"version\":\"v0.1.1\"}"},
        {"a=\"b,c\",d=e", "{\"a\":\"b,c\",\"d\":\"e\"}"},
        {"a=b=c", "{\"a\":\"b=c\"}"},
        {"a=", "{\"a\":\"\"}"},
        {"a=1,a=2", "{\"a\":\"2\"}"},
        {"a=b c", "{\"a\":\"b c\"}"},
        {"", NULL},
        {"a", NULL},
        {"a=b,", NULL},
        {"a=b,c", NULL},
        {"=b", NULL},
        {",a=b", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *object = cJSON_CreateObject();
        struct error err = ERROR_NONE;
        enum status status = cli_parse_pairs("labels", rows[i].text, object, &err);
        char *printed = cJSON_PrintUnformatted(object);
        assert_int_equal(status, rows[i].json != NULL ? STATUS_OK : STATUS_USAGE);
        if (rows[i].json != NULL)
            assert_string_equal(printed, rows[i].json);
        free(printed);
        cJSON_Delete(object);
    }
}

static void commands_are_found_by_their_longest_name(void **state)
{
    static const struct {
        const char *words[3];
        const char *command; /* NULL: none */
        int used;
    } rows[] = {
        {{"list", NULL}, "list", 1},
        {{"list", "waiting", NULL}, "list", 1},
        {{"create", "project", "x"}, "create project", 2},
        {{"create", NULL}, NULL, 0},
        {{"createproject", NULL}, NULL, 0},
        {{"get", "projects", NULL}, "get project|get projects", 2},
        {{"pause", "x", NULL}, "pause|pause sequence", 1},
        {{"pause", "sequence", "x"}, "pause|pause sequence", 2},
        {{"lis", NULL}, NULL, 0},
        {{"", NULL}, NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *words[3];
        int count = 0, used = -1;
        while (count < 3 && rows[i].words[count] != NULL) {
            words[count] = strdup(rows[i].words[count]);
            count++;
        }
        const struct cli_command *command = cli_find_command(count, words, &used);
        if (rows[i].command == NULL)
            assert_null(command);
        else
            assert_string_equal(command->words, rows[i].command);
        assert_int_equal(used, rows[i].used);
        while (count > 0)
            free(words[--count]);
    }
}

static void the_next_page_is_read_in_every_form(void **state)
{
    static const struct {
        const char *page;
        long long next;
    } rows[] = {{"{}", 0},
                {"{\"nextPageKey\":\"0\"}", 0},
                {"{\"nextPageKey\":\"20\"}", 20},
                {"{\"nextPageKey\":20}", 20},
                {"{\"nextPageKey\":-1}", 0},
                {"{\"nextPageKey\":1e300}", 0},
                {"{\"nextPageKey\":\"20x\"}", 0},
                {"{\"nextPageKey\":null}", 0},
                {"{\"nextPageKey\":[]}", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *page = cJSON_Parse(rows[i].page);
        assert_int_equal(cli_next_page(page), rows[i].next);
        cJSON_Delete(page);
    }
}

static void base64_is_as_others_write_it(void **state)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"\xff\xfe\xfd", "//79"},
                                          {"fooba", "Zm9vYmE="}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = cli_base64(rows[i][0], strlen(rows[i][0]));
        assert_string_equal(text, rows[i][1]);
        free(text);
    }
}

static void the_first_line_of_a_message_says_when_there_is_more(void **state)
{
    static const char *const rows[][2] = {{NULL, ""},           {"", ""},
                                          {"one", "one"},       {"one\n", "one"},
                                          {"one\r\n\n", "one"}, {"one\ntwo", "one ..."},
                                          {"\nsecond", ""}};
    (void)state;
    cli_use_ascii_glyphs();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *line = cli_first_line(rows[i][0]);
        assert_string_equal(line, rows[i][1]);
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_read_with_commas_and_quotes),
        cmocka_unit_test(commands_are_found_by_their_longest_name),
        cmocka_unit_test(the_next_page_is_read_in_every_form),
        cmocka_unit_test(base64_is_as_others_write_it),
        cmocka_unit_test(the_first_line_of_a_message_says_when_there_is_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
