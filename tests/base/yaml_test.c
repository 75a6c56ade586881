/* YAML: where errors stand, what is refused, what scalars mean, and that no text takes long. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/yaml.h"

#define TEXT(s) s, sizeof(s) - 1

static const struct {
    const char *name, *text;
    size_t len;
    const char *json;  /* what it means, or NULL */
    const char *error; /* what the message begins with, or NULL */
} rows[] = {
    {"nothing", TEXT(""), "null", NULL},
    {"a comment only", TEXT("# nothing\n"), "null", NULL},
    {"markers only", TEXT("---\n...\n"), "null", NULL},
    {"a byte order mark",
     TEXT("\xEF\xBB\xBF"
          "a: 1\n"),
     "{\"a\":1}", NULL},
    {"CR LF", TEXT("a: 1\r\nb: 2\r\n"), "{\"a\":1,\"b\":2}", NULL},
    {"lists and mappings, block and flow", TEXT("a:\n- x\n- {b: [1, 2]}\n"), "{\"a\":[\"x\",{\"b\":[1,2]}]}",
     NULL},
    {"JSON", TEXT("{\"a\": [true, null, \"x\"]}"), "{\"a\":[true,null,\"x\"]}", NULL},
    {"nulls", TEXT("[~, null, Null, NULL, , 'null', \"~\"]"), NULL, "f.yaml:1:"},
    {"nulls and strings that look like them", TEXT("a: [~, null, Null, NULL, 'null', \"~\"]\nb:\n"),
     "{\"a\":[null,null,null,null,\"null\",\"~\"],\"b\":null}", NULL},
    {"booleans of YAML 1.2 and words of YAML 1.1", TEXT("[true, True, FALSE, yes, on, tRUE]"),
     "[true,true,false,\"yes\",\"on\",\"tRUE\"]", NULL},
    {"whole numbers", TEXT("[0, -7, +3, 007, 0x1F, 0o17, 1_000, 0b1]"), "[0,-7,3,7,31,15,\"1_000\",\"0b1\"]",
     NULL},
    {"floats", TEXT("[1.5, .5, 5., 1e3, -2.5E-1, .inf, .nan, 1e999, ., e5, 1.2.3]"),
     "[1.5,0.5,5,1000,-0.25,\".inf\",\".nan\",\"1e999\",\".\",\"e5\",\"1.2.3\"]", NULL},
    {"quoted numbers are texts", TEXT("[\"1\", '1.5', \"true\"]"), "[\"1\",\"1.5\",\"true\"]", NULL},
    {"a block text is a text", TEXT("a: |\n  1\nb: >-\n  x\n  y\n"), "{\"a\":\"1\\n\",\"b\":\"x y\"}", NULL},
    {"escapes", TEXT("\"\\u00e9\\t\\x41\""), "\"\xC3\xA9\\tA\"", NULL},
    {"single quotes: doubled, many in a row", TEXT("['it''s', '''', '''''''''''''''''', '']"),
     "[\"it's\",\"'\",\"''''''''\",\"\"]", NULL},
    {"single quotes over lines", TEXT("a: ' x \t\n   y''\n\n\r\n  ''''\n  '\n"), "{\"a\":\" x y'\\n\\n'' \"}",
     NULL},
    {"single quotes as a key", TEXT("'a''b': 1"), "{\"a'b\":1}", NULL},
    {"a folded text with an indented line", TEXT(">\n  a\n  b\n\n\n   x\n\n  c\n  d\n"),
     "\"a b\\n\\n\\n x\\n\\nc d\\n\"", NULL},
    {"folded lines and the end of the text", TEXT("- >\n  a\n\n  b"), "[\"a\\nb\"]", NULL},
    {"an empty text", TEXT("a: |\n"), "{\"a\":\"\"}", NULL},
    {"an empty text that keeps its lines", TEXT("a: |+ # x |- y\n\n\nb: 1"), "{\"a\":\"\\n\\n\",\"b\":1}",
     NULL},
    {"stripped, kept, clipped", TEXT("- |-\n  x\n\n- |+\n  x\n\n- |\n  x\n\n"),
     "[\"x\",\"x\\n\\n\",\"x\\n\"]", NULL},
    {"an indentation given", TEXT("a:\n- k: |2-\n      x\n     y\n- |1\n   z\n"),
     "{\"a\":[{\"k\":\"  x\\n y\"},\"  z\\n\"]}", NULL},
    {"a header behind a key that looks like one", TEXT("\"x |- # y\": !!str &a |+\n  z\n\n"),
     "{\"x |- # y\":\"z\\n\\n\"}", NULL},
    {"many blank lines, then blanks", TEXT("|2+\n\n\n\n\n\n\n\n\n   \n\n"),
     "\"\\n\\n\\n\\n\\n\\n\\n\\n \\n\\n\"", NULL},
    {"double quotes over lines", TEXT("a: \"x \\t \n\n   y\\\n   \\ z  \\\n\n   w\n  \""),
     "{\"a\":\"x \\t\\ny z  \\nw \"}", NULL},
    {"every escape", TEXT("\"\\a\\b\\e\\f\\v\\r\\/\\\\\\\"\\N\\_\\L\\P\\U0001F600\""),
     "\"\\u0007\\b\\u001b\\f\\u000b\\r/\\\\\\\"\xC2\x85\xC2\xA0\xE2\x80\xA8\xE2\x80\xA9\xF0\x9F\x98\x80\"",
     NULL},
    {"a plain text over lines", TEXT("a: x  \n   y\n\n   z\t# c\n"), "{\"a\":\"x y\\nz\"}", NULL},
    {"an empty text before a line as indented as its key", TEXT("a:\n  b: |\n\n  c: 1\n"), NULL,
     "f.yaml:3:1: this text after | or > is not indented more than what is around it; an empty one is "
     "written \"\""},
    {"tags are ignored", TEXT("!!str 12"), "12", NULL},
    {"an alias", TEXT("a: &x {b: 1}\nc: *x\n"), "{\"a\":{\"b\":1},\"c\":{\"b\":1}}", NULL},
    {"an alias as a key", TEXT("- &x k\n- {*x : 1}\n"), "[\"k\",{\"k\":1}]", NULL},
    {"an anchor set anew", TEXT("- &x 1\n- *x\n- &x 2\n- *x\n"), "[1,1,2,2]", NULL},
    {"an anchor on nothing", TEXT("a: &x\nb: *x\n"), "{\"a\":null,\"b\":null}", NULL},
    {"a merge key is a key", TEXT("<<: 1"), "{\"<<\":1}", NULL},
    {"an explicit key", TEXT("? a\n: b\n"), "{\"a\":\"b\"}", NULL},

    {"a list without end", TEXT("a: [1, 2\nb: 3"), NULL,
     "f.yaml:3:1: flow sequence without a closing bracket"},
    {"a tab as indentation", TEXT("a:\n\t- x\n"), NULL, "f.yaml:2:1: tab"},
    {"two colons", TEXT("a: b: c\n"), NULL, "f.yaml:1:5: "},
    {"bad indentation", TEXT("spec:\n  stages:\n   - name: qa\n  - name: prod\n"), NULL, "f.yaml:4:3: "},
    {"a quote without end", TEXT("a: 'x"), NULL, "f.yaml:1:5: single-quoted scalar without closing quote"},
    {"a key twice", TEXT("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n"), NULL,
     "f.yaml:5:3: the key \"c\" stands here again, after line 3"},
    {"a key twice, quoted once", TEXT("{a: 1, \"\\x61\": 2}"), NULL,
     "f.yaml:1:8: the key \"a\" stands here again"},
    {"an empty key twice", TEXT("? \n: 1\n? \n: 2\n"), NULL, "f.yaml:"},
    {"two documents", TEXT("a: 1\n---\nb: 2\n"), NULL,
     "f.yaml:2:1: a second document begins here; one is allowed"},
    {"a list as a key", TEXT("? [a]\n: b\n"), NULL,
     "f.yaml:1:3: a key must be a plain text, not a list or a mapping"},
    {"an alias for a list as a key", TEXT("- &x [1]\n- {*x : 1}\n"), NULL,
     "f.yaml:2:4: a key must be a plain text"},
    {"an alias to nothing", TEXT("a: *b\n"), NULL, "f.yaml:1:4: no anchor \"b\" stands before this alias"},
    {"an alias to itself", TEXT("&a [1, *a]"), NULL,
     "f.yaml:1:8: the alias \"a\" stands inside what it stands for"},
    {"Latin-1", TEXT("a: 1\nb: caf\xE9\n"), NULL,
     "f.yaml:2:7: the byte 0xe9 is not UTF-8 here; save the file as UTF-8"},
    {"UTF-16",
     TEXT("\xFF\xFE"
          "a\0"),
     NULL, "f.yaml:1:1: the byte 0xff is not UTF-8 here; save the file as UTF-8"},
    {"a NUL", TEXT("a: 1\0b"), NULL, "f.yaml:1:5: the character U+0000 is not allowed in YAML; remove it"},
    {"an escape character", TEXT("a: \x1B[31m"), NULL,
     "f.yaml:1:4: the character U+001B is not allowed in YAML"},
    {"a C1 control, columns in characters", TEXT("\xC3\xA9: \xC2\x9B"), NULL,
     "f.yaml:1:4: the character U+009B is not"},
    {"an escaped NUL", TEXT("a: \"x\\0y\""), NULL,
     "f.yaml:1:4: this string has an escape for a character that cannot"},
    {"an escaped surrogate", TEXT("a: \"\\ud800\""), NULL, "f.yaml:1:5: "},
};

static void yaml_means_what_its_core_schema_says_and_errors_name_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = ERROR_NONE;
        struct yaml *y = NULL;
        char *copy = malloc(rows[i].len ? rows[i].len : 1);
        assert_non_null(copy);
        memcpy(copy, rows[i].text, rows[i].len);
        enum status status = yaml_parse(copy, rows[i].len, "f.yaml", &y, &err);
        free(copy); /* the tree keeps nothing that points into the text */
        if (rows[i].error != NULL) {
            if (status != STATUS_INVALID || y != NULL)
                fail_msg("%s: not refused", rows[i].name);
            if (strncmp(err.text, rows[i].error, strlen(rows[i].error)) != 0)
                fail_msg("%s: \"%s\" does not begin with \"%s\"", rows[i].name, err.text, rows[i].error);
            continue;
        }
        if (status != STATUS_OK)
            fail_msg("%s: refused: %s", rows[i].name, err.text);
        struct buffer printed = BUFFER_LIMIT(4096);
        cJSON *json = yaml_to_json(yaml_root(y));
        assert_true(json_print(json, &printed));
        if (strcmp(printed.data, rows[i].json) != 0)
            fail_msg("%s: %s, not %s", rows[i].name, printed.data, rows[i].json);
        cJSON_Delete(json);
        buffer_free(&printed);
        yaml_free(y);
    }
}

static struct yaml *parse(const char *text)
{
    struct error err = ERROR_NONE;
    struct yaml *y = NULL;
    if (yaml_parse(text, strlen(text), "f.yaml", &y, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    return y;
}

static void nodes_know_their_line_and_column_and_those_of_their_key(void **state)
{
    (void)state;
    struct yaml *y = parse("a: 1\n"
                           "list:\n"
                           "  - &n \"x\"\n"
                           "  - {\xC3\xA9: 2, k: }\n"
                           "empty:\n"
                           "again: *n\n");
    const struct yaml_node *root = yaml_root(y), *list = yaml_get(root, "list");
    static const struct {
        const char *name;
        int line, column, key_line, key_column;
    } expected[] = {{"a", 1, 4, 1, 1}, {"list", 3, 3, 2, 1}, {"empty", 5, 1, 5, 1}, {"again", 6, 8, 6, 1}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct yaml_node *node = yaml_get(root, expected[i].name);
        assert_non_null(node);
        assert_string_equal(node->key, expected[i].name);
        assert_int_equal(node->line, expected[i].line);
        assert_int_equal(node->column, expected[i].column);
        assert_int_equal(node->key_line, expected[i].key_line);
        assert_int_equal(node->key_column, expected[i].key_column);
    }
    assert_int_equal(list->count, 2);
    assert_true(list->items[0]->quoted);
    assert_null(list->items[0]->key);
    const struct yaml_node *two = list->items[1]->items[0];
    assert_int_equal(two->line, 4);
    assert_int_equal(two->column, 9); /* in characters */
    assert_true(yaml_is_null(list->items[1]->items[1]));
    assert_true(yaml_is_null(yaml_get(root, "empty")));
    assert_true(yaml_is_null(yaml_get(root, "nowhere")));
    assert_null(yaml_get(list, "a"));
    yaml_free(y);
}

static void yaml_error_stands_at_the_node(void **state)
{
    (void)state;
    struct error err = ERROR_NONE;
    struct yaml *y = parse("a:\n  b: 1\n");
    assert_int_equal(yaml_error(y, yaml_get(yaml_get(yaml_root(y), "a"), "b"), &err, "%s is %d", "b", 1),
                     STATUS_INVALID);
    assert_string_equal(err.text, "f.yaml:2:6: b is 1");
    assert_int_equal(yaml_error(y, NULL, &err, "nothing"), STATUS_INVALID);
    assert_string_equal(err.text, "f.yaml:1:1: nothing");
    yaml_free(y);
}

static void only_plain_scalars_are_numbers_and_booleans(void **state)
{
    (void)state;
    struct yaml *y = parse("[12, '12', true, 'true', 9223372036854775807, 9223372036854775808, -5, [1]]");
    const struct yaml_node *const *items = yaml_root(y)->items;
    long long number = 0;
    bool truth = false;
    assert_true(yaml_int(items[0], &number) && number == 12);
    assert_false(yaml_int(items[1], &number));
    assert_true(yaml_bool(items[2], &truth) && truth);
    assert_false(yaml_bool(items[3], &truth));
    assert_true(yaml_int(items[4], &number) && number == INT64_MAX);
    assert_false(yaml_int(items[5], &number));
    assert_true(yaml_int(items[6], &number) && number == -5);
    assert_false(yaml_int(items[7], &number));
    assert_false(yaml_bool(items[7], &truth));
    assert_false(yaml_int(NULL, &number));
    assert_false(yaml_is_null(items[7]));
    yaml_free(y);
}

static enum status parse_buffer(struct buffer *text, struct error *err)
{
    struct yaml *y = NULL;
    enum status status = yaml_parse(buffer_text(text), text->len, "f.yaml", &y, err);
    yaml_free(y);
    buffer_free(text);
    return status;
}

static void repeated(struct buffer *text, const char *part, int times)
{
    for (int i = 0; i < times; i++)
        assert_true(buffer_add_text(text, part));
}

static void an_alias_bomb_is_refused_before_it_grows(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT(YAML_TEXT_MAX);
    struct error err = ERROR_NONE;
    assert_true(buffer_add_text(&text, "a0: &a0 [x]\n"));
    for (int i = 1; i < 30; i++) {
        assert_true(buffer_printf(&text, "a%d: &a%d [", i, i));
        for (int j = 0; j < 9; j++)
            assert_true(buffer_printf(&text, "*a%d,", i - 1));
        assert_true(buffer_add_text(&text, "]\n"));
    }
    int64_t before = clock_monotonic_ns();
    assert_int_equal(parse_buffer(&text, &err), STATUS_INVALID);
    assert_true(clock_monotonic_ns() - before < 2 * CLOCK_S);
    assert_non_null(strstr(err.text, "f.yaml:6:"));
    assert_non_null(strstr(err.text, "more than 100000 values (an alias counts as what it stands for)"));
}

static void aliases_do_not_nest_deeper_than_the_limit(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT(YAML_TEXT_MAX);
    struct error err = ERROR_NONE;
    assert_true(buffer_add_text(&text, "- &a0 [x]\n"));
    for (int i = 1; i < 70; i++)
        assert_true(buffer_printf(&text, "- &a%d [*a%d]\n", i, i - 1));
    assert_int_equal(parse_buffer(&text, &err), STATUS_INVALID);
    assert_non_null(strstr(err.text, "f.yaml:64:"));
    assert_non_null(strstr(err.text, "more than 64 levels"));
}

static void brackets_may_be_64_deep_and_no_deeper(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        struct buffer text = BUFFER_LIMIT(YAML_TEXT_MAX);
        struct error err = ERROR_NONE;
        repeated(&text, "[", YAML_DEPTH_MAX + extra);
        repeated(&text, "]", YAML_DEPTH_MAX + extra);
        assert_int_equal(parse_buffer(&text, &err), extra ? STATUS_INVALID : STATUS_OK);
        if (extra)
            assert_string_equal(err.text, "f.yaml:1:65: more than 64 levels");
    }
    static const char *const openings[] = {"[", "{a: ", "- ", "? ", "{? "};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct buffer text = BUFFER_LIMIT(YAML_TEXT_MAX);
        repeated(&text, openings[i], 100000);
        assert_int_equal(parse_buffer(&text, NULL), STATUS_INVALID);
    }
}

static void a_text_over_a_mebibyte_is_refused_unread(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT(YAML_TEXT_MAX + 1);
    struct error err = ERROR_NONE;
    repeated(&text, "#", YAML_TEXT_MAX + 1);
    assert_int_equal(parse_buffer(&text, &err), STATUS_TOO_LARGE);
    assert_string_equal(err.text, "f.yaml: 1048577 bytes of YAML, where at most 1048576 are allowed");
}

static void duplicates_are_found_among_64_thousand_keys_in_good_time(void **state)
{
    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        struct buffer text = BUFFER_LIMIT(YAML_TEXT_MAX);
        struct error err = ERROR_NONE;
        for (int i = 0; i < 64000; i++)
            assert_true(buffer_printf(&text, "key%d: 1\n", i));
        if (twice)
            assert_true(buffer_add_text(&text, "key31999: 2\n"));
        int64_t before = clock_monotonic_ns();
        assert_int_equal(parse_buffer(&text, &err), twice ? STATUS_INVALID : STATUS_OK);
        if (twice)
            assert_string_equal(err.text,
                                "f.yaml:64001:1: the key \"key31999\" stands here again, after line 32000");
        assert_true(clock_monotonic_ns() - before < 10 * CLOCK_S); /* the library's own check: 108 s */
    }
}

static void more_values_than_the_limit_are_refused(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        struct buffer text = BUFFER_LIMIT(YAML_TEXT_MAX);
        struct error err = ERROR_NONE;
        repeated(&text, "- 1\n", YAML_NODES_MAX - 1 + extra);
        assert_int_equal(parse_buffer(&text, &err), extra ? STATUS_INVALID : STATUS_OK);
        if (extra)
            assert_non_null(strstr(err.text, "f.yaml:100000:3: more than 100000 values"));
    }
}

static void bulk_that_would_cost_too_much_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *part, *error;
        int times;
    } bulks[] = {
        {"[", "f.yaml:1:1: more than 200000 brackets and commas", YAML_TEXT_MAX},
        {"{a: ", "f.yaml:1:1: more than 200000 brackets and commas", YAML_TEXT_MAX / 4},
        {"a,", "f.yaml:1:1: more than 200000 brackets and commas", YAML_TEXT_MAX / 2 - 1},
        {"%TAG !e! t\n", "f.yaml:1001:1: more than 1000 lines that begin with %", 60000},
    };
    for (size_t i = 0; i < sizeof bulks / sizeof *bulks; i++) {
        struct buffer text = BUFFER_LIMIT(YAML_TEXT_MAX);
        struct error err = ERROR_NONE;
        repeated(&text, bulks[i].part, bulks[i].times);
        assert_int_equal(parse_buffer(&text, &err), STATUS_INVALID);
        assert_string_equal(err.text, bulks[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_means_what_its_core_schema_says_and_errors_name_their_place),
        cmocka_unit_test(nodes_know_their_line_and_column_and_those_of_their_key),
        cmocka_unit_test(yaml_error_stands_at_the_node),
        cmocka_unit_test(only_plain_scalars_are_numbers_and_booleans),
        cmocka_unit_test(an_alias_bomb_is_refused_before_it_grows),
        cmocka_unit_test(aliases_do_not_nest_deeper_than_the_limit),
        cmocka_unit_test(brackets_may_be_64_deep_and_no_deeper),
        cmocka_unit_test(a_text_over_a_mebibyte_is_refused_unread),
        cmocka_unit_test(duplicates_are_found_among_64_thousand_keys_in_good_time),
        cmocka_unit_test(more_values_than_the_limit_are_refused),
        cmocka_unit_test(bulk_that_would_cost_too_much_is_refused),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
