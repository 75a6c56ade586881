/* Differences of lines: what is said to stay, come and go must make one text of the other. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "view/linediff.h"

/* "-a+b c": kind and text of each line. */
static void show(const struct linediff *d, struct buffer *out)
{
    for (size_t i = 0; i < d->count; i++)
        (void)buffer_printf(out, "%c%.*s", d->lines[i].kind, (int)d->lines[i].len, d->lines[i].text);
}

static const struct {
    const char *name, *old, *new, *shown;
} rows[] = {
    {"both empty", "", "", ""},
    {"the same", "a\nb\n", "a\nb\n", " a b"},
    {"all new", "", "a\nb\n", "+a+b"},
    {"all gone", "a\nb\n", "", "-a-b"},
    {"one changed", "a\nb\nc\n", "a\nx\nc\n", " a-b+x c"},
    {"one added", "a\nc\n", "a\nb\nc\n", " a+b c"},
    {"one gone", "a\nb\nc\n", "a\nc\n", " a-b c"},
    {"at the start", "b\n", "a\nb\n", "+a b"},
    {"at the end", "a\n", "a\nb\n", " a+b"},
    {"without an end of line", "a\nb", "a\nb\nc", " a b+c"},
    {"empty lines", "a\n\nb\n", "a\nb\n\n", " a- b+"},
    {"nothing in common", "a\nb\n", "c\nd\n", "-a-b+c+d"},
    {"two places", "a\nb\nc\nd\ne\n", "b\nc\nx\nd\n", "-a b c+x d-e"},
};

static void lines_come_go_and_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct linediff d;
        struct buffer shown = BUFFER_LIMIT(10000);
        assert_true(linediff_make(rows[i].old, strlen(rows[i].old), rows[i].new, strlen(rows[i].new), &d));
        show(&d, &shown);
        if (strcmp(buffer_text(&shown), rows[i].shown) != 0)
            fail_msg("%s: '%s'", rows[i].name, buffer_text(&shown));
        linediff_free(&d);
        buffer_free(&shown);
    }
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

static void random_text(struct buffer *out, unsigned *seed, unsigned lines, unsigned kinds)
{
    for (unsigned i = 0; i < lines; i++)
        (void)buffer_printf(out, "line %u\n", next_random(seed) % kinds);
}

/* The lines of one side, put together again. */
static void put_together(const struct linediff *d, char other, struct buffer *out)
{
    for (size_t i = 0; i < d->count; i++) {
        if (d->lines[i].kind == other)
            continue;
        (void)buffer_add(out, d->lines[i].text, d->lines[i].len);
        (void)buffer_add_char(out, '\n');
    }
}

static void both_texts_can_be_made_of_it_again(void **state)
{
    unsigned seed = 7;
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct buffer old = BUFFER_LIMIT(1 << 20), new = BUFFER_LIMIT(1 << 20);
        struct buffer old_again = BUFFER_LIMIT(1 << 20), new_again = BUFFER_LIMIT(1 << 20);
        struct linediff d;
        random_text(&old, &seed, next_random(&seed) % 40, 1 + next_random(&seed) % 9);
        random_text(&new, &seed, next_random(&seed) % 40, 1 + next_random(&seed) % 9);
        assert_true(linediff_make(buffer_text(&old), old.len, buffer_text(&new), new.len, &d));
        put_together(&d, '+', &old_again);
        put_together(&d, '-', &new_again);
        assert_string_equal(buffer_text(&old_again), buffer_text(&old));
        assert_string_equal(buffer_text(&new_again), buffer_text(&new));
        for (size_t i = 1; i < d.count; i++) /* each line has its number in its own text */
            assert_true(d.lines[i].old_line >= d.lines[i - 1].old_line &&
                        d.lines[i].new_line >= d.lines[i - 1].new_line);
        linediff_free(&d);
        buffer_free(&old);
        buffer_free(&new);
        buffer_free(&old_again);
        buffer_free(&new_again);
    }
}

static void texts_too_different_are_not_compared(void **state)
{
    struct buffer old = BUFFER_LIMIT(1 << 20), new = BUFFER_LIMIT(1 << 20), again = BUFFER_LIMIT(1 << 20);
    struct linediff d;
    (void)state;
    (void)buffer_add_text(&old, "same\n");
    (void)buffer_add_text(&new, "same\n");
    for (int i = 0; i < 5000; i++) {
        (void)buffer_printf(&old, "old %d\n", i);
        (void)buffer_printf(&new, "new %d\n", i);
    }
    assert_true(linediff_make(buffer_text(&old), old.len, buffer_text(&new), new.len, &d));
    assert_true(d.rough);
    assert_int_equal(d.count, 10001);
    assert_int_equal(d.lines[0].kind, ' ');
    put_together(&d, '-', &again);
    assert_string_equal(buffer_text(&again), buffer_text(&new));
    linediff_free(&d);
    buffer_free(&old);
    buffer_free(&new);
    buffer_free(&again);
}

static void too_many_lines_are_refused(void **state)
{
    struct buffer text = BUFFER_LIMIT(1 << 20);
    struct linediff d;
    (void)state;
    for (int i = 0; i <= LINEDIFF_LINES_MAX; i++)
        (void)buffer_add_text(&text, "\n");
    assert_false(linediff_make(buffer_text(&text), text.len, "", 0, &d));
    assert_false(linediff_make("", 0, buffer_text(&text), text.len, &d));
    linediff_free(&d);
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_go_and_stay),
        cmocka_unit_test(both_texts_can_be_made_of_it_again),
        cmocka_unit_test(texts_too_different_are_not_compared),
        cmocka_unit_test(too_many_lines_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
