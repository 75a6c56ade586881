/* The line editor of the filter and the command line, key by key. */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/input.h"
#include "view/prompt.h"

struct world {
    struct prompt prompt;
    struct prompt_history history;
    int changes, done, tabs;
    bool kept;
};

static void on_change(void *arg, struct prompt *p)
{
    struct world *w = arg;
    (void)p;
    w->changes++;
}

static void on_done(void *arg, struct prompt *p, bool kept)
{
    struct world *w = arg;
    assert_null(p->ops); /* it may be opened again from here */
    w->done++;
    w->kept = kept;
}

static void on_tab(void *arg, struct prompt *p, bool back)
{
    struct world *w = arg;
    w->tabs += back ? -1 : 1;
    prompt_set_text(p, "completed", PROMPT_TEXT_MAX);
}

static const struct prompt_ops ops = {
    .sign = "/", .on_change = on_change, .on_done = on_done, .on_tab = on_tab};

static void on_input(void *arg, const struct input_event *ev)
{
    struct world *w = arg;
    prompt_key(&w->prompt, ev);
}

/* What a terminal would send. */
static void type(struct world *w, const char *bytes)
{
    struct input in = {0};
    input_feed(&in, bytes, strlen(bytes), 0, on_input, w);
    input_tick(&in, 10000, on_input, w);
    input_free(&in);
}

static void open_with(struct world *w, const char *text)
{
    prompt_open(&w->prompt, &ops, w, &w->history, text);
}

static void end(struct world *w)
{
    prompt_free(&w->prompt);
    history_free(&w->history);
}

static const struct {
    const char *name, *start, *keys, *text;
    size_t cursor;
} rows[] = {
    {"typing goes in at the cursor", "", "ab\033[Dc", "acb", 2},
    {"home and end", "abc", "\033[Hx\033[Fy", "xabcy", 5},
    {"backspace", "abc", "\x7f", "ab", 2},
    {"backspace at the start does nothing", "abc", "\001\x7f", "abc", 0},
    {"delete", "abc", "\001\033[3~", "bc", 0},
    {"Ctrl-U clears up to the cursor", "abc", "\033[D\025", "c", 0},
    {"Ctrl-K clears behind it", "abc", "\033[D\013", "ab", 2},
    {"Ctrl-W takes a word with the blanks behind it", "stage:x  foo  ", "\027", "stage:x  ", 9},
    {"a cluster goes as one", "xe\xcc\x81", "\x7f", "x", 1},
    {"left steps over a cluster", "xe\xcc\x81", "\033[Dy", "xye\xcc\x81", 2},
    {"a pasted line end is a blank", "", "\033[200~a\r\nb\033[201~", "a  b", 4},
    {"what cannot be seen is made visible", "", "\033[200~a\033]0;x\007b\033[201~",
     "a\xef\xbf\xbd]0;x\xef\xbf\xbd"
     "b",
     12},
    {"a mark that decides is no text", "ab", "\xe2\x9c\x85", "ab", 2},
    {"Tab completes", "co", "\t", "completed", 9},
};

static void keys_edit_the_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w = {0};
        open_with(&w, rows[i].start);
        type(&w, rows[i].keys);
        if (strcmp(prompt_text(&w.prompt), rows[i].text) != 0 || w.prompt.cursor != rows[i].cursor)
            fail_msg("%s: '%s', cursor %zu", rows[i].name, prompt_text(&w.prompt), w.prompt.cursor);
        assert_int_equal(w.done, 0);
        end(&w);
    }
}

static void enter_keeps_and_esc_gives_up(void **state)
{
    struct world w = {0};
    (void)state;
    open_with(&w, NULL);
    type(&w, "ab\r");
    assert_int_equal(w.done, 1);
    assert_true(w.kept);
    assert_int_equal(w.changes, 2);
    assert_string_equal(prompt_text(&w.prompt), "ab");
    type(&w, "c\r"); /* it is closed: nothing listens */
    assert_int_equal(w.done, 1);
    open_with(&w, "ab");
    type(&w, "\033");
    assert_int_equal(w.done, 2);
    assert_false(w.kept);
    open_with(&w, "ab");
    type(&w, "\003");
    assert_int_equal(w.done, 3);
    assert_int_equal(w.history.count, 1);
    end(&w);
}

static void the_history_comes_back_and_so_does_the_draft(void **state)
{
    struct world w = {0};
    (void)state;
    history_add(&w.history, "first");
    history_add(&w.history, "second");
    history_add(&w.history, "second");
    assert_int_equal(w.history.count, 2);
    open_with(&w, NULL);
    type(&w, "dra\033[A");
    assert_string_equal(prompt_text(&w.prompt), "second");
    type(&w, "\033[A\033[A");
    assert_string_equal(prompt_text(&w.prompt), "first");
    type(&w, "\033[B\033[B\033[B");
    assert_string_equal(prompt_text(&w.prompt), "dra");
    end(&w);
}

static void the_history_forgets_the_oldest(void **state)
{
    struct world w = {0};
    (void)state;
    for (int i = 0; i < PROMPT_HISTORY_MAX + 3; i++) {
        char *line = mem_printf("line %d", i);
        history_add(&w.history, line);
        free(line);
    }
    assert_int_equal(w.history.count, PROMPT_HISTORY_MAX);
    assert_string_equal(w.history.lines[0], "line 3");
    end(&w);
}

static void a_line_that_is_too_long_is_not_taken(void **state)
{
    struct world w = {0};
    char long_text[PROMPT_TEXT_MAX + 1];
    (void)state;
    memset(long_text, 'x', PROMPT_TEXT_MAX);
    long_text[PROMPT_TEXT_MAX] = '\0';
    open_with(&w, long_text);
    assert_int_equal(w.prompt.text.len, PROMPT_TEXT_MAX);
    type(&w, "y");
    assert_int_equal(w.prompt.text.len, PROMPT_TEXT_MAX);
    assert_true(w.prompt.note_is_error);
    type(&w, "\x7f");
    assert_null(w.prompt.note);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_edit_the_line),
        cmocka_unit_test(enter_keeps_and_esc_gives_up),
        cmocka_unit_test(the_history_comes_back_and_so_does_the_draft),
        cmocka_unit_test(the_history_forgets_the_oldest),
        cmocka_unit_test(a_line_that_is_too_long_is_not_taken),
    };
    (void)setlocale(LC_ALL, "C.UTF-8"); /* widths as on a terminal */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
