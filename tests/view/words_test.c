/* The words of a command line: quoted as for a shell, and nothing expanded. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "view/words.h"

static void words_are_read_as_a_shell_reads_them(void **state)
{
    static const struct {
        const char *line, *words; /* with '|' between them */
        char quote;
    } rows[] = {
        {"", "", 0},
        {"   ", "", 0},
        {"list", "list", 0},
        {"  get  stages ", "get|stages", 0},
        {"a 'b c' \"d e\" f\\ g", "a|b c|d e|f g", 0},
        {"--labels='a=b,c'd", "--labels=a=b,cd", 0},
        {"''", "", 0},
        {"a '' b", "a||b", 0},
        {"\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d", 0},
        {"'a\\'", "a\\", 0},
        {"$HOME `id` *.c ~ ;|& >x", "$HOME|`id`|*.c|~|;|&|>x", 0},
        {"a 'b", "a|b", '\''},
        {"a \"b c", "a|b c", '"'},
        {"a b\\", "a|b", '\\'},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct words words;
        struct buffer joined = BUFFER_LIMIT(1000);
        words_split(rows[i].line, &words);
        for (size_t k = 0; k < words.count; k++)
            (void)buffer_printf(&joined, "%s%s", k ? "|" : "", words.items[k]);
        assert_string_equal(buffer_text(&joined), rows[i].words);
        assert_int_equal(words.quote, rows[i].quote);
        assert_null(words.items[words.count]);
        words_free(&words);
        buffer_free(&joined);
    }
}

static void what_is_quoted_is_read_again(void **state)
{
    static const char *const rows[] = {"a", "a b", "it's", "\"", "\\", "", "$x", "a'b'c d", "你 好"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer line = BUFFER_LIMIT(100);
        struct words words;
        words_quote(rows[i], &line);
        words_split(buffer_text(&line), &words);
        assert_int_equal(words.count, 1);
        assert_string_equal(words.items[0], rows[i]);
        words_free(&words);
        buffer_free(&line);
    }
}

static void the_last_word_is_found_for_completion(void **state)
{
    static const struct {
        const char *line;
        size_t at;
        bool is_open;
    } rows[] = {{"list", 0, true}, {"list wai", 5, true}, {"list ", 0, false}, {"a 'b c", 2, true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct words words;
        words_split(rows[i].line, &words);
        assert_int_equal(words.last_at, rows[i].at);
        assert_int_equal(words.is_open, rows[i].is_open);
        words_free(&words);
    }
}

static void a_line_of_many_words_is_cut(void **state)
{
    char line[2 * WORDS_MAX + 100];
    struct words words;
    (void)state;
    memset(line, ' ', sizeof line);
    for (size_t i = 0; i < sizeof line - 1; i += 2)
        line[i] = 'x';
    line[sizeof line - 1] = '\0';
    words_split(line, &words);
    assert_int_equal(words.count, WORDS_MAX);
    words_free(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_read_as_a_shell_reads_them),
        cmocka_unit_test(what_is_quoted_is_read_again),
        cmocka_unit_test(the_last_word_is_found_for_completion),
        cmocka_unit_test(a_line_of_many_words_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
