/* A scenario whose every text is hostile, beside a twin whose texts are harmless: on every screen the layout
 * is the same, nothing unseen is drawn, and what is blue is blue in both. */
#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "frame.h"

#define LABEL_BYTES 900000

static size_t text_count(void)
{
    size_t count = 0;
    while (hostile_texts[count])
        count++;
    return count;
}

/* The i-th text; of the twin a harmless one. */
static const char *text(bool hostile, size_t i)
{
    static char harmless[4][32];
    char *name = harmless[i % 4];
    if (hostile)
        return hostile_texts[i % text_count()];
    (void)snprintf(name, sizeof harmless[0], "service-%zu", i);
    return name;
}

static void add_run(struct buffer *script, bool hostile, size_t i)
{
    char context[16];
    (void)snprintf(context, sizeof context, "%08zx", 0xab000000 + i);
    struct scene_run run = {.project = "fulltour",
                            .stage = "production",
                            .service = text(hostile, i),
                            .context = context,
                            .version = "v1",
                            .label = text(hostile, i + 1)};
    const int ago_s = 1000 + (int)i * 60;
    if (i % 3 == 0) {
        scene_waiting(script, &run, ago_s);
    } else if (i % 3 == 1) {
        scene_waiting(script, &run, ago_s);
        scene_decided(script, &run, text(hostile, i + 2), "pass", text(hostile, i + 3), ago_s - 5);
    } else {
        scene_triggered(script, &run, ago_s);
        scene_task(script, &run, "je-deployment", ago_s - 1);
        scene_task_started(script, &run, "je-deployment", text(hostile, i + 2), ago_s - 2);
        scene_task_finished(script, &run, "je-deployment", text(hostile, i + 2), "fail", text(hostile, i + 3),
                            ago_s - 3);
        scene_finished(script, &run, "fail", ago_s - 4);
    }
}

static struct pty *open_one(bool hostile, int columns, int rows)
{
    static const char *const env[] = {"TERM=xterm-256color", NULL};
    struct pty *p = screen_start(
        &(struct screen_options){.scene = "empty", .columns = columns, .rows = rows, .env = env});
    struct buffer script = BUFFER_LIMIT(1 << 24);
    scene_project(&script, "fulltour");
    for (size_t i = 0; i < text_count(); i++)
        add_run(&script, hostile, i);
    screen_tell(p, &script);
    screen_settle(p);
    screen_settle(p);
    return p;
}

static void type_both(struct pty *both[2], const char *keys)
{
    for (int i = 0; i < 2; i++) {
        pty_type(both[i], keys);
        screen_settle(both[i]);
        pty_wait_quiet(both[i], 250);
    }
}

static void print(const char *title, struct pty *p)
{
    print_message("%s\n", title);
    for (int y = 0; y < pty_rows(p); y++)
        print_message("%s\n", pty_row(p, y));
}

/* The wall writes in large type what its font has, so that its layout is of the texts. What failed is never
 * blue all the same. */
static void check_wall(struct pty *p)
{
    assert_null(frame_fault(p));
    for (int y = 0; y < pty_rows(p); y++)
        for (int x = 0; strncmp(pty_row(p, y), "✖", 3) == 0 && x < pty_columns(p); x++)
            assert_false(frame_is_blue(p, y, x));
}

static void compare(struct pty *both[2], const char *where)
{
    char found[100];
    const char *fault = frame_fault(both[0]);
    for (int y = 0; y < pty_rows(both[0]) && !fault; y++)
        for (int x = 0; x < pty_columns(both[0]) && !fault; x++)
            if (frame_is_blue(both[0], y, x) != frame_is_blue(both[1], y, x)) {
                (void)snprintf(found, sizeof found, "row %d, column %d is blue in one of the two", y, x);
                fault = found;
            }
    if (fault) {
        print_message("%s: %s\n", where, fault);
        print("hostile:", both[0]);
        print("its twin:", both[1]);
    }
    assert_null(fault);
}

static const struct {
    const char *name, *keys;
} screens[] = {
    {"tree", "1"},
    {"another row", "j"},
    {"a row further", "jjj"},
    {"to the end", "G"},
    {"waiting", "2"},
    {"its last row", "G"},
    {"events", "3"},
    {"decided", "5"},
    {"its last row", "G"},
    {"wall", "4"},
    {"detail", "1n\r"},
    {"difference", "d"},
    {"events of the run", "\033e"},
    {"one event", "\r"},
    {"help", "1?"},
};

static void on_every_screen(int columns, int rows)
{
    struct pty *both[2] = {open_one(true, columns, rows), open_one(false, columns, rows)};
    for (size_t i = 0; i < sizeof screens / sizeof *screens; i++) {
        type_both(both, screens[i].keys);
        if (strcmp(screens[i].name, "wall") == 0)
            check_wall(both[0]);
        else
            compare(both, screens[i].name);
    }
    for (int i = 0; i < 2; i++)
        (void)pty_end(both[i]);
}

static void at_120x30_it_looks_as_its_twin(void **state)
{
    (void)state;
    on_every_screen(120, 30);
}

static void at_80x24_it_looks_as_its_twin(void **state)
{
    (void)state;
    on_every_screen(80, 24);
}

static void the_box_says_what_it_decides_and_keeps_its_border(void **state)
{
    (void)state;
    for (size_t i = 0; i < text_count(); i += 3) {
        struct pty *p = screen_open("empty", 120, 30);
        struct buffer script = BUFFER_LIMIT(1 << 20);
        scene_project(&script, "fulltour");
        add_run(&script, true, i);
        screen_tell(p, &script);
        screen_settle(p);
        pty_type(p, "na");
        screen_expect(p, "into production");
        screen_settle(p);
        const char *fault = frame_fault(p);
        if (fault)
            print_message("%s\n%s", fault, pty_screen(p));
        assert_null(fault);
        pty_type(p, "\033");
        (void)pty_end(p);
    }
}

static void a_label_of_a_megabyte_is_one_line(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 22);
    char *label = mem_alloc(LABEL_BYTES + 1);
    (void)state;
    for (size_t i = 0; i < LABEL_BYTES; i++)
        label[i] = (char)('a' + i % 26);
    struct scene_run run = screen_run;
    run.label = label;
    struct pty *p = screen_open("empty", 120, 30);
    scene_project(&script, "fulltour");
    scene_triggered(&script, &run, 100);
    scene_task(&script, &run, "approval", 99);
    screen_tell(p, &script);
    screen_expect(p, "1 waiting");
    pty_type(p, "n\r");
    screen_expect(p, "image=ghcr.io");
    assert_null(frame_fault(p));
    pty_type(p, "e");
    screen_settle(p);
    pty_type(p, "?");
    screen_expect(p, "keys of");
    (void)pty_end(p);
    free(label);
}

static void output_and_messages_are_made_safe(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, ":watch\r");
    screen_expect_heard(p, "run prod-eu");
    for (size_t i = 0; i < text_count(); i++) {
        char *line = mem_string(hostile_texts[i]);
        for (char *c = line; *c; c++)
            if (*c == '\n')
                *c = ' ';
        pty_tell(p, "output %s", line);
        pty_tell(p, "output \\n\xff\xfe\xc0\x80\xed\xa0\x80\\n");
        pty_tell(p, "message error %s \xff\xc3", line);
        free(line);
    }
    screen_settle(p);
    assert_null(frame_fault(p));
    pty_type(p, "q:log\r");
    screen_expect(p, "error");
    screen_settle(p);
    assert_null(frame_fault(p));
    pty_type(p, "g");
    screen_settle(p);
    assert_null(frame_fault(p));
    (void)pty_end(p);
}

/* The check itself must be able to fail. */
static void a_broken_frame_is_found(void **state)
{
    static const char *const argv[] = {"/bin/sh", "-c", "printf 'a\\342\\200\\213b'; sleep 20", NULL};
    (void)state;
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .columns = 120, .rows = 30});
    assert_true(pty_wait_text(p, "b", WAIT_MS));
    assert_non_null(frame_fault(p));
    (void)pty_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_120x30_it_looks_as_its_twin),
        cmocka_unit_test(at_80x24_it_looks_as_its_twin),
        cmocka_unit_test(the_box_says_what_it_decides_and_keeps_its_border),
        cmocka_unit_test(a_label_of_a_megabyte_is_one_line),
        cmocka_unit_test(output_and_messages_are_made_safe),
        cmocka_unit_test(a_broken_frame_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
