/* Random keys, pastes, escapes, resizes and events at once. STORM_SECONDS in the environment makes it longer,
 * STORM_SEED repeats one. */
#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static unsigned seed;

static unsigned below(unsigned n)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 12) % n;
}

/* No Enter and no check mark: whatever else is typed, nothing may be decided. */
static void random_key(struct pty *p)
{
    static const char *const keys[] = {"a",
                                       "D",
                                       "n",
                                       "N",
                                       "j",
                                       "k",
                                       "h",
                                       "l",
                                       "g",
                                       "G",
                                       "?",
                                       "L",
                                       "P",
                                       "X",
                                       "r",
                                       "\t",
                                       "\x03",
                                       "\033",
                                       "\033[A",
                                       "\033[B",
                                       "\033[C",
                                       "\033[D",
                                       "\033[5~",
                                       "\033[6~",
                                       "\033[H",
                                       "\033[F",
                                       "\x7f",
                                       "\x0c",
                                       "\x15",
                                       "x",
                                       "\xc3\xa9",
                                       "\xff",
                                       "\033[<0;3;4M",
                                       "\033[200~\r\r\033[201~",
                                       "\033[1;1R",
                                       "\033]11;rgb:0/0/0\007",
                                       "\xe2\x9c",
                                       "\033O",
                                       "1",
                                       "2",
                                       "3",
                                       "5",
                                       "/",
                                       "/",
                                       "stage:",
                                       "!carts ",
                                       "e",
                                       "d",
                                       " "};
    pty_type(p, keys[below(sizeof keys / sizeof *keys)]);
}

static void random_event(struct pty *p, int number)
{
    static const char *const services[] = {"helloservice", "carts", "你好", "e\xcc\x81\xe2\x80\xae",
                                           "a-long-name-of-a-service"};
    static const char *const projects[] = {"fulltour", "sockshop", "payments"};
    char context[32], version[32];
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)snprintf(context, sizeof context, "%08x", (unsigned)number);
    (void)snprintf(version, sizeof version, "v%u", below(1000));
    struct scene_run run = {.project = projects[below(3)],
                            .stage = "production",
                            .service = services[below(5)],
                            .context = context,
                            .version = version};
    switch (below(6)) {
    case 0:
        scene_waiting(&script, &run, (int)below(100000));
        break;
    case 1:
        scene_delivered(&script, &run, (int)below(100000));
        break;
    case 2:
        (void)buffer_printf(&script, "link %s %u because\n", below(2) ? "live" : "stale", below(500));
        break;
    case 3:
        scene_triggered(&script, &run, 5);
        scene_task(&script, &run, "je-deployment", 4);
        break;
    case 4:
        (void)buffer_printf(&script, "message %s a message of some length %u\n", below(2) ? "error" : "note",
                            below(1000));
        break;
    default:
        if (below(40) == 0)
            (void)buffer_add_text(&script, "clear\n");
        else
            scene_decided(&script, &screen_run, "tom", "pass", "", 1);
        break;
    }
    screen_tell(p, &script);
}

/* What has been drawn bit by bit is what a fresh drawing shows. */
static void compare_with_a_fresh_screen(struct pty *p)
{
    struct buffer before = BUFFER_LIMIT(1 << 22);
    pty_pump(p, 1300);   /* an unfinished escape sequence is over */
    pty_type(p, "\x07"); /* means nothing, but ends a message as every key does */
    screen_settle(p);
    pty_wait_quiet(p, 200); /* and the detail has followed the cursor */
    (void)buffer_add_text(&before, pty_screen(p));
    pty_type(p, "\x0c");
    screen_settle(p);
    pty_wait_quiet(p, 200);
    if (strcmp(buffer_text(&before), pty_screen(p)) != 0)
        fprintf(stderr, "drawn bit by bit:\n%s\nafresh:\n%s\n", buffer_text(&before), pty_screen(p));
    assert_string_equal(buffer_text(&before), pty_screen(p));
    buffer_free(&before);
}

static void nothing_breaks_and_nothing_is_decided(void **state)
{
    const char *seconds = getenv("STORM_SECONDS"), *given = getenv("STORM_SEED");
    const time_t until = time(NULL) + (seconds ? strtol(seconds, NULL, 10) : 5);
    int number = 0, rounds = 0;
    (void)state;
    seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    print_message("STORM_SEED=%u\n", seed);
    struct pty *p = screen_open("tour", 120, 30);
    while (time(NULL) < until) {
        const unsigned what = below(10);
        if (what == 0)
            pty_resize(p, 1 + (int)below(below(3) ? 130 : 500), 1 + (int)below(below(3) ? 40 : 200));
        else if (what < 6)
            random_key(p);
        else
            random_event(p, ++number);
        pty_pump(p, (int)below(8));
        if (++rounds % 250 == 0)
            compare_with_a_fresh_screen(p);
    }
    pty_resize(p, 120, 30);
    pty_pump(p, 1200);             /* what is unfinished is over */
    for (int i = 0; i < 12; i++) { /* as many screens as there may be, and a line that is typed into */
        pty_type(p, "\033");
        pty_pump(p, 300);
    }
    pty_type(p, "?");
    screen_expect(p, "keys of the tree screen"); /* no key is stuck */
    assert_false(pty_heard(p, "decide"));
    assert_false(pty_heard(p, "control"));
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_breaks_and_nothing_is_decided)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
