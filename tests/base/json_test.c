/* The strict JSON scanner, the arena parse, look-ups and printing. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"

#define TEXT(s) s, sizeof(s) - 1

struct row {
    const char *name, *text;
    size_t len;
    const char *error; /* how the message ends; NULL: accepted */
};

static const struct row rows[] = {
    {"an empty object", TEXT("{}"), NULL},
    {"every kind of value", TEXT("{\"a\":[true,false,null,-0.5e+2,\"x\"],\"b\":{}}"), NULL},
    {"a value that is no object", TEXT(" 12 "), NULL},
    {"blanks everywhere", TEXT("\r\n\t { \"a\" : [ 1 , 2 ] } \n"), NULL},
    {"all escapes", TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\""), NULL},
    {"UTF-8 of every length", TEXT("\"a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""), NULL},
    {"DEL and U+0080, which JSON allows", TEXT("\"\x7F\xC2\x80\""), NULL},
    {"one key in two objects", TEXT("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"), NULL},
    {"keys that differ in the ninth byte", TEXT("{\"abcdefgh1\":1,\"abcdefgh2\":2}"), NULL},
    {"keys of which one begins the other", TEXT("{\"abc\":1,\"abcd\":2,\"ab\":3,\"\":4}"), NULL},
    {"keys that differ in case", TEXT("{\"a\":1,\"A\":2}"), NULL},
    {"the largest double", TEXT("1.7976931348623157e308"), NULL},
    {"a number too small for a double", TEXT("[1e-400,0e999999]"), NULL},
    {"63 digits", TEXT("123456789012345678901234567890123456789012345678901234567890123"), NULL},

    {"nothing", TEXT(""), "line 1, column 1: the text ends where a value should be"},
    {"blanks only", TEXT(" \n "), "line 2, column 2: the text ends where a value should be"},
    {"a byte order mark", TEXT("\xEF\xBB\xBF{}"), "column 1: neither a value nor a bracket"},
    {"a NUL before the value", TEXT("\0{}"), "column 1: neither a value nor a bracket"},
    {"a NUL after the value", TEXT("{}\0"), "column 3: text after the value"},
    {"a NUL in a string", TEXT("\"a\0b\""),
     "column 3: control character 0x00 in a string; write it as an escape"},
    {"\\u0000 in a string", TEXT("\"a\\u0000b\""), "column 3: \\u0000 is not allowed in a string"},
    {"\\u0000 in a key", TEXT("{\"a\\u0000\":1}"), "column 4: \\u0000 is not allowed in a string"},
    {"a line break in a string", TEXT("\"a\nb\""),
     "column 3: control character 0x0a in a string; write it as an escape"},
    {"an escape character in a string", TEXT("\"12345678\x1b[31m\""),
     "column 10: control character 0x1b in a string; write it as an escape"},
    {"a control character as the eighth byte", TEXT("\"1234567\x1f        \""),
     "column 9: control character 0x1f in a string; write it as an escape"},
    {"a high surrogate alone", TEXT("\"\\uD83D\""), "column 2: half of a surrogate pair stands alone"},
    {"a high surrogate before a plain escape", TEXT("\"\\uD83D\\u0041\""),
     "column 2: half of a surrogate pair stands alone"},
    {"a low surrogate alone", TEXT("\"\\uDE00\""), "column 2: half of a surrogate pair stands alone"},
    {"surrogates the wrong way round", TEXT("\"\\uDE00\\uD83D\""),
     "column 2: half of a surrogate pair stands alone"},
    {"a short \\u", TEXT("\"\\u12\""), "column 2: \\u needs four hexadecimal digits"},
    {"a \\u with other letters", TEXT("\"\\u12G4\""), "column 2: \\u needs four hexadecimal digits"},
    {"an unknown escape", TEXT("\"\\x41\""),
     "column 2: a backslash before a character that is never escaped"},
    {"an escaped NUL", TEXT("\"\\\0\""), "column 2: a backslash before a character that is never escaped"},
    {"a string that ends in a backslash", TEXT("\"a\\"), "column 3: the text ends inside a string"},
    {"a string without end", TEXT("{\"a\":\"b"), "column 6: the string that begins here does not end"},
    {"Latin-1", TEXT("\"caf\xE9\""), "column 5: the byte 0xe9 is not UTF-8 here"},
    {"an overlong slash", TEXT("\"\xC0\xAF\""), "column 2: the byte 0xc0 is not UTF-8 here"},
    {"an encoded surrogate", TEXT("\"\xED\xA0\x80\""), "column 2: the byte 0xed is not UTF-8 here"},
    {"past U+10FFFF", TEXT("\"\xF4\x90\x80\x80\""), "column 2: the byte 0xf4 is not UTF-8 here"},
    {"a cut sequence", TEXT("\"\xE2\x82\""), "column 2: the byte 0xe2 is not UTF-8 here"},
    {"a cut sequence at the very end", TEXT("\"\xE2\x82"), "column 2: the byte 0xe2 is not UTF-8 here"},
    {"bad UTF-8 in a key, columns in characters", TEXT("{\"\xC3\xA9\xC3\xA9\xFF\":1}"),
     "line 1, column 5: the byte 0xff is not UTF-8 here"},
    {"two values", TEXT("{} {}"), "column 4: text after the value"},
    {"a comma too many in an object", TEXT("{\"a\":1,}"), "column 8: a key in double quotes is missing"},
    {"a comma too many in an array", TEXT("[1,]"), "column 4: neither a value nor a bracket"},
    {"no comma", TEXT("[1 2]"), "column 4: ',' or ']' is missing"},
    {"the wrong bracket", TEXT("{\"a\":[1}"), "column 8: ',' or ']' is missing"},
    {"no colon", TEXT("{\"a\" 1}"), "column 6: ':' is missing after a key"},
    {"a bare key", TEXT("{a:1}"), "column 2: a key in double quotes is missing"},
    {"single quotes", TEXT("{'a':1}"), "column 2: a key in double quotes is missing"},
    {"a comment", TEXT("{/**/}"), "column 2: a key in double quotes is missing"},
    {"an object without end", TEXT("{\"a\":{\"b\":1}"), "column 13: the text ends before a '}'"},
    {"an array without end", TEXT("[\n[1]"), "line 2, column 4: the text ends before a ']'"},
    {"a key without value", TEXT("{\"a\":"), "column 6: the text ends where a value should be"},
    {"nothing after the bracket", TEXT("{"), "column 2: a key in double quotes is missing"},
    {"a word of JavaScript", TEXT("[undefined]"), "column 2: neither a value nor a bracket"},
    {"NaN", TEXT("NaN"), "column 1: neither a value nor a bracket"},
    {"a cut word", TEXT("[tru"), "column 2: neither a value nor a bracket"},
    {"a long word", TEXT("truely"), "column 5: text after the value"},
    {"a plus", TEXT("+1"), "column 1: neither a value nor a bracket"},
    {"a lone minus", TEXT("-"), "column 1: neither a value nor a bracket"},
    {"a point in front", TEXT(".5"), "column 1: neither a value nor a bracket"},
    {"a zero in front", TEXT("[007]"), "column 2: a number with a zero in front"},
    {"a point at the end", TEXT("[1.]"), "column 2: a number without digits after its point"},
    {"an exponent without digits", TEXT("[1e+]"), "column 2: a number without digits in its exponent"},
    {"hexadecimal", TEXT("0x10"), "column 2: text after the value"},
    {"a number that is infinite", TEXT("{\"n\":1e400}"), "column 6: a number that is too large"},
    {"an exponent that is itself too large", TEXT("-1E99999999999999999999"),
     "column 1: a number that is too large"},
    {"just past the largest double", TEXT("17.976931348623159e307"), "column 1: a number that is too large"},
    {"64 digits", TEXT("1234567890123456789012345678901234567890123456789012345678901234"),
     "column 1: a number of more than 63 characters"},
    {"a key twice", TEXT("{\"id\":1,\n \"id\":2}"),
     "line 2, column 2: the key \"id\" stands twice in one object"},
    {"a key twice, once with an escape", TEXT("{\"id\":1,\"\\u0069d\":2}"),
     "column 9: the key \"id\" stands twice in one object"},
    {"a key twice, once as a surrogate pair", TEXT("{\"\xF0\x9F\x98\x80\":1,\"\\uD83D\\uDE00\":2}"),
     "the key \"\xF0\x9F\x98\x80\" stands twice in one object"},
    {"a long key twice", TEXT("{\"abcdefghi\":1,\"abcdefghi\":2}"),
     "the key \"abcdefghi\" stands twice in one object"},
    {"an empty key twice", TEXT("{\"\":1,\"\":2}"), "the key \"\" stands twice in one object"},
    {"a key twice around an inner object", TEXT("{\"a\":{\"b\":{\"a\":0}},\"a\":2}"),
     "the key \"a\" stands twice in one object"},
    {"a key twice, deep inside", TEXT("[{\"a\":[{\"b\":1,\"c\":2,\"b\":3}]}]"),
     "the key \"b\" stands twice in one object"},
};

/* A copy that ends where its memory ends, so that the sanitizer sees a byte read too many. */
static char *exact_copy(const struct row *row)
{
    char *copy = malloc(row->len ? row->len : 1);
    assert_non_null(copy);
    memcpy(copy, row->text, row->len);
    return copy;
}

static void the_scanner_accepts_json_and_names_the_place_of_what_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct error err = ERROR_NONE;
        char *text = exact_copy(row);
        enum status status = json_check(text, row->len, &err);
        free(text);
        if (row->error == NULL && status != STATUS_OK)
            fail_msg("%s: refused: %s", row->name, err.text);
        if (row->error == NULL)
            continue;
        size_t got = strlen(err.text), want = strlen(row->error);
        if (status != STATUS_INVALID || err.status != STATUS_INVALID)
            fail_msg("%s: not refused", row->name);
        if (got < want || strcmp(err.text + got - want, row->error) != 0)
            fail_msg("%s: \"%s\" does not end with \"%s\"", row->name, err.text, row->error);
    }
}

static void what_is_accepted_prints_to_the_same_again(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct error err = ERROR_NONE;
        cJSON *tree = NULL, *same = NULL, *again = NULL;
        char *text = exact_copy(row);
        enum status status = json_parse(text, row->len, &tree, &err);
        enum status in_arena = json_parse_in_arena(text, row->len, &arena, &same, &err);
        if (status != (row->error == NULL ? STATUS_OK : STATUS_INVALID) || in_arena != status)
            fail_msg("%s: parsed: %s", row->name, err.text);
        if (status == STATUS_OK) {
            struct buffer printed = BUFFER_LIMIT(4096);
            assert_true(json_print(tree, &printed));
            if (json_parse(printed.data, printed.len, &again, &err) != STATUS_OK)
                fail_msg("%s: printed as %s: %s", row->name, printed.data, err.text);
            if (!cJSON_Compare(tree, again, true) || !cJSON_Compare(tree, same, true))
                fail_msg("%s: not the same when printed as %s", row->name, printed.data);
            buffer_free(&printed);
        } else {
            assert_null(tree);
            assert_null(same);
        }
        cJSON_Delete(tree);
        cJSON_Delete(again);
        arena_reset(&arena);
        free(text);
    }
    arena_free(&arena);
}

/* {"k0":0,"k1":0,…}, the last key being that of `last`. */
static void many_keys(struct buffer *text, unsigned count, unsigned last)
{
    assert_true(buffer_add_char(text, '{'));
    for (unsigned i = 0; i < count; i++)
        assert_true(buffer_printf(text, "%s\"key-%u\":0", i == 0 ? "" : ",", i + 1 < count ? i : last));
    assert_true(buffer_add_char(text, '}'));
}

static void duplicates_are_found_among_any_number_of_keys(void **state)
{
    (void)state;
    static const unsigned counts[] = {2, 15, 16, 17, 18, 31, 32, 33, 34, 100, 5000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        unsigned count = counts[i];
        const unsigned twins[] = {0, (count - 1) / 2, count - 2};
        struct buffer text = BUFFER_LIMIT(JSON_BODY_MAX);
        struct error err = ERROR_NONE;
        many_keys(&text, count, count - 1);
        assert_int_equal(json_check(text.data, text.len, &err), STATUS_OK);
        for (size_t j = 0; j < sizeof twins / sizeof *twins; j++) {
            char expected[64];
            buffer_clear(&text);
            many_keys(&text, count, twins[j]);
            assert_int_equal(json_check(text.data, text.len, &err), STATUS_INVALID);
            (void)snprintf(expected, sizeof expected, "the key \"key-%u\" stands twice", twins[j]);
            assert_non_null(strstr(err.text, expected));
        }
        buffer_free(&text);
    }
}

static void sixty_thousand_keys_of_one_object_are_checked_in_good_time(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT(JSON_BODY_MAX);
    struct error err = ERROR_NONE;
    many_keys(&text, 60000, 59999);
    int64_t before = clock_monotonic_ns();
    assert_int_equal(json_check(text.data, text.len, &err), STATUS_OK);
    /* Comparing all with all takes more than a minute under the sanitizers, sorting some milliseconds. */
    assert_true(clock_monotonic_ns() - before < 5 * CLOCK_S);
    buffer_free(&text);
}

static void repeated(struct buffer *text, const char *part, int times)
{
    for (int i = 0; i < times; i++)
        assert_true(buffer_add_text(text, part));
}

static void brackets_may_be_64_deep_and_no_deeper(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        struct buffer text = BUFFER_LIMIT(100000);
        struct error err = ERROR_NONE;
        repeated(&text, "[", JSON_DEPTH_MAX - 1);
        repeated(&text, "{\"a\":", 1 + extra);
        repeated(&text, "1", 1);
        repeated(&text, "}", 1 + extra);
        repeated(&text, "]", JSON_DEPTH_MAX - 1);
        assert_int_equal(json_check(text.data, text.len, &err), extra ? STATUS_INVALID : STATUS_OK);
        if (extra)
            assert_non_null(strstr(err.text, "more than 64 levels of brackets"));
        buffer_clear(&text);
        repeated(&text, "[", 50000);
        assert_int_equal(json_check(text.data, text.len, NULL), STATUS_INVALID);
        buffer_free(&text);
    }
}

static void more_values_than_a_tree_may_hold_are_refused(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT(JSON_BODY_MAX);
    struct error err = ERROR_NONE;
    repeated(&text, "[0", 1);
    repeated(&text, ",0", JSON_VALUES_MAX);
    repeated(&text, "]", 1);
    assert_int_equal(json_check(text.data, text.len, &err), STATUS_INVALID);
    assert_non_null(strstr(err.text, "more than 1000000 values"));
    buffer_free(&text);
}

static void a_duplicate_key_is_cut_between_characters_in_the_message(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT(4096);
    struct error err = ERROR_NONE;
    for (int i = 0; i < 2; i++) {
        repeated(&text, i == 0 ? "{\"x" : ",\"x", 1);
        repeated(&text, "\xE2\x82\xAC", 40);
        repeated(&text, "\":1", 1);
    }
    repeated(&text, "}", 1);
    assert_int_equal(json_check(text.data, text.len, &err), STATUS_INVALID);
    cJSON *as_text = cJSON_CreateString(err.text);
    struct buffer printed = BUFFER_LIMIT(4096);
    assert_true(json_print(as_text, &printed));
    assert_null(strstr(printed.data, "\xEF\xBF\xBD")); /* what is not UTF-8 would print as that */
    cJSON_Delete(as_text);
    buffer_free(&printed);
    buffer_free(&text);
}

static void an_arena_parse_leaves_cjson_to_malloc_afterwards(void **state)
{
    (void)state;
    struct arena arena = {0};
    cJSON *tree = NULL;
    assert_int_equal(json_parse_in_arena(TEXT("{\"a\":[1,\"two\"]}"), &arena, &tree, NULL), STATUS_OK);
    cJSON *own = cJSON_Duplicate(tree, true);
    arena_free(&arena);
    assert_string_equal(cJSON_GetArrayItem(cJSON_GetObjectItem(own, "a"), 1)->valuestring, "two");
    cJSON_Delete(own); /* the sanitizer tells where this was the arena's memory */
}

static void look_ups_mind_case_and_kind(void **state)
{
    (void)state;
    cJSON *tree = NULL;
    assert_int_equal(json_parse(TEXT("{\"A\":{\"b\":{\"c\":\"x\"}},\"n\":1,\"list\":[1]}"), &tree, NULL),
                     STATUS_OK);
    assert_string_equal(json_path(tree, "A", "b", "c", NULL)->valuestring, "x");
    assert_null(json_get(tree, "a"));
    assert_null(json_get(NULL, "a"));
    assert_null(json_text(tree, "n"));
    assert_null(json_text(NULL, "n"));
    assert_null(json_path(tree, "A", "x", "c", NULL));
    assert_null(json_path(tree, "list", "x", NULL));
    assert_ptr_equal(json_path(tree, NULL), tree);
    cJSON_Delete(tree);
}

static void numbers_print_as_they_were_meant(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } numbers[] = {{0, "0"},
                   {-0.0, "0"},
                   {1e15, "1000000000000000"},
                   {9007199254740992.0, "9007199254740992"},
                   {-9007199254740992.0, "-9007199254740992"},
                   {1e22, "1e+22"},
                   {0.1, "0.1"},
                   {0.1 + 0.2, "0.30000000000000004"},
                   {-1.5e-9, "-1.5e-09"},
                   {INFINITY, "null"}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct buffer out = BUFFER_LIMIT(64);
        cJSON *number = cJSON_CreateNumber(numbers[i].value);
        assert_true(json_print(number, &out));
        assert_string_equal(out.data, numbers[i].text);
        cJSON_Delete(number);
        buffer_free(&out);
    }
}

static void texts_print_escaped_and_as_utf8(void **state)
{
    (void)state;
    struct buffer out = BUFFER_LIMIT(256);
    assert_true(json_print_text("a\"\\\b\f\n\r\t\x01\x7F\xC3\xA9\xFF\xE2\x82", &out));
    assert_string_equal(
        out.data, "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7F\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    buffer_free(&out);
}

static void what_does_not_fit_is_not_printed_at_all(void **state)
{
    (void)state;
    cJSON *tree = NULL;
    assert_int_equal(json_parse(TEXT("{\"a\":[1,true,\"text\"],\"b\":null}"), &tree, NULL), STATUS_OK);
    struct buffer all = BUFFER_LIMIT(256);
    assert_true(json_print(tree, &all));
    for (size_t limit = 0; limit <= all.len; limit++) {
        struct buffer out = BUFFER_LIMIT(limit + 2);
        assert_true(buffer_add_text(&out, "x="));
        assert_int_equal(json_print(tree, &out), limit == all.len);
        assert_int_equal(out.len, limit == all.len ? limit + 2 : 2);
        assert_int_equal(strlen(buffer_text(&out)), out.len);
        buffer_free(&out);
    }
    buffer_free(&all);
    cJSON_Delete(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scanner_accepts_json_and_names_the_place_of_what_is_none),
        cmocka_unit_test(what_is_accepted_prints_to_the_same_again),
        cmocka_unit_test(duplicates_are_found_among_any_number_of_keys),
        cmocka_unit_test(sixty_thousand_keys_of_one_object_are_checked_in_good_time),
        cmocka_unit_test(brackets_may_be_64_deep_and_no_deeper),
        cmocka_unit_test(more_values_than_a_tree_may_hold_are_refused),
        cmocka_unit_test(a_duplicate_key_is_cut_between_characters_in_the_message),
        cmocka_unit_test(an_arena_parse_leaves_cjson_to_malloc_afterwards),
        cmocka_unit_test(look_ups_mind_case_and_kind),
        cmocka_unit_test(numbers_print_as_they_were_meant),
        cmocka_unit_test(texts_print_escaped_and_as_utf8),
        cmocka_unit_test(what_does_not_fit_is_not_printed_at_all),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
