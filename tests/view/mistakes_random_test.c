/* Whatever is typed, pasted, held, resized and overtaken at random: a decision comes only of a key that was
 * typed by itself, into a box that could be read. Here each confirming key comes together with another one,
 * in a paste, or before the box can have been seen; none of them may count. MISTAKES_SECONDS in the
 * environment makes it longer, MISTAKES_SEED repeats one. */
#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUND_STEPS 40

static unsigned seed;

static unsigned below(unsigned n)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 12) % n;
}

static const char *const others[] = {
    "a",      "D",      "P",         "X",       "n",      "j",       "k",    "u", "2",
    "1",      " ",      "\t",        "\x03",    "\x0c",   "\x15",    "\x7f", "x", "helloservice@production",
    "\033[A", "\033[B", "\033[1;5D", "\033[[A", "\033OP", "\xc3\xa9"};
static const char *const confirming[] = {"\r",       "\n",    CHECK_MARK, CHECK_MARK "\xef\xb8\x8f",
                                         CROSS_MARK, "\033OM"};
static const char *const machines[] = {"\033[I",
                                       "\033[O",
                                       "\033[<0;30;8M",
                                       "\033[<0;80;19M\033[<0;80;19m",
                                       "\033]11;rgb:0/0/0\007",
                                       "\033[?62c",
                                       "\033[200~a\r" CHECK_MARK "\033[201~"};

#define PICK(list) (list)[below(sizeof(list) / sizeof *(list))]

static void glued_confirmation(struct pty *p)
{
    char bytes[96];
    const char *confirms = PICK(confirming), *other = PICK(others);
    if (below(3) == 0)
        (void)snprintf(bytes, sizeof bytes, "%s%s", confirms, other);
    else
        (void)snprintf(bytes, sizeof bytes, "%s%s", other, confirms);
    pty_type(p, bytes);
}

/* A terminal that says nothing: for half a second the box cannot be known to have been seen. */
static void early_confirmation(struct pty *p)
{
    pty_type(p, "\x03"); /* whatever box is open goes */
    screen_settle(p);
    pty_type(p, below(2) ? "a" : CHECK_MARK);
    pty_pump(p, 20 + (int)below(60));
    pty_type(p, PICK(confirming));
    pty_pump(p, 40);
    pty_type(p, "\x03");
    screen_settle(p);
}

static void random_event(struct pty *p)
{
    static int number;
    char context[16], version[16];
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)snprintf(context, sizeof context, "%08x", (unsigned)++number);
    (void)snprintf(version, sizeof version, "v%u", below(9));
    const struct scene_run run = {.project = "fulltour",
                                  .stage = "production",
                                  .service = below(2) ? "helloservice" : "carts",
                                  .context = context,
                                  .version = version};
    switch (below(6)) {
    case 0:
    case 1:
        scene_waiting(&script, &run, (int)below(100000));
        break;
    case 2:
        scene_delivered(&script, &run, (int)below(100000));
        break;
    case 3:
        scene_decided(&script, &screen_run, "tom", below(2) ? "pass" : "fail", "", 1);
        break;
    case 4:
        (void)buffer_printf(&script, "link %s %u because\n", below(3) ? "live" : "stale", below(50));
        break;
    default:
        (void)buffer_printf(&script, "identity maria %s\n", below(4) ? "approver" : "viewer");
        break;
    }
    screen_tell(p, &script);
}

static void random_step(struct pty *p)
{
    switch (below(8)) {
    case 0:
    case 1:
    case 2:
        glued_confirmation(p);
        break;
    case 3:
        pty_type(p, PICK(machines));
        break;
    case 4:
        random_event(p);
        break;
    case 5:
        if (below(3) == 0)
            pty_resize(p, 10 + (int)below(130), 3 + (int)below(35));
        break;
    case 6:
        early_confirmation(p);
        break;
    default: /* not a, nor a mark: where one key decides at once it would be on purpose */
        pty_type(p, below(2) ? "n" : "\033[B");
        break;
    }
    pty_pump(p,
             (int)below(4) ? (int)below(30) : 550); /* sometimes long enough for the box to count as seen */
}

static void play(const char *settings, time_t until)
{
    const char *const arguments[] = {"--settings", settings, NULL};
    struct pty *p = screen_start(&(struct screen_options){
        .scene = "waiting", .columns = 120, .rows = 30, .arguments = arguments, .mute = true});
    for (int i = 0; time(NULL) < until; i++) {
        random_step(p);
        if (i % ROUND_STEPS == ROUND_STEPS - 1) {
            screen_settle(p);
            if (pty_heard(p, "decide") || pty_heard(p, "control"))
                fprintf(stderr, "MISTAKES_SEED gave a decision; the screen is:\n%s", pty_screen(p));
            assert_false(pty_heard(p, "decide"));
            assert_false(pty_heard(p, "control"));
        }
    }
    screen_expect_no_decision(p, "a random mistake", 100);
    /* The keyboard has not been lost on the way, so that all this could have decided. */
    pty_resize(p, 120, 30);
    pty_pump(p, 1200);
    for (int i = 0; i < 3; i++) {
        pty_type(p, "\033");
        pty_pump(p, 300);
    }
    pty_type(p, "?");
    screen_expect(p, "approve");
    screen_end(p);
}

static time_t deadline(void)
{
    const char *seconds = getenv("MISTAKES_SECONDS");
    return time(NULL) + (seconds ? strtol(seconds, NULL, 10) : 12);
}

static void begin(void)
{
    const char *given = getenv("MISTAKES_SEED");
    seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    fprintf(stderr, "MISTAKES_SEED=%u\n", seed);
}

static void no_random_mistake_decides(void **state)
{
    (void)state;
    begin();
    play("undo-window: 0s\n", deadline());
}

static void no_random_mistake_decides_where_words_are_wanted(void **state)
{
    (void)state;
    begin();
    play("confirm: [{level: type}]\n", deadline());
}

static void no_random_mistake_decides_where_one_key_would(void **state)
{
    (void)state;
    begin();
    play("undo-window: 5s\nconfirm: [{level: none}]\n", deadline());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_random_mistake_decides),
        cmocka_unit_test(no_random_mistake_decides_where_words_are_wanted),
        cmocka_unit_test(no_random_mistake_decides_where_one_key_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
