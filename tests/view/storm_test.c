/* A monkey: random keys, mouse, pastes, escapes, resizes and events at once, valid, invalid and hostile ones.
 * After each burst a known key must answer, every pane keep its borders, and what was drawn bit by bit be
 * what a fresh drawing shows. Nothing is decided by a key that was typed while no box was to be seen.
 * STORM_SECONDS in the environment makes it longer (`make monkey`: ten minutes), STORM_SEED repeats one. */
#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "frame.h"

#define SECONDS      20
#define BURST_ROUNDS 250
#define BACKS        12 /* more than screens can lie over each other */

static unsigned seed, decisions;

static unsigned below(unsigned n)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 12) % n;
}

#define PICK(list) (list)[below(sizeof(list) / sizeof *(list))]

/* ---- keys ---- */

/* No q and no Ctrl-Z, which would end the storm; nothing that confirms. */
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
                                   "d",
                                   "e",
                                   "o",
                                   "y",
                                   "u",
                                   " ",
                                   "1",
                                   "2",
                                   "3",
                                   "4",
                                   "5",
                                   ":",
                                   "/",
                                   "x",
                                   "list",
                                   "stage:production",
                                   "!",
                                   "'",
                                   "\\",
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
                                   "\033[Z",
                                   "\033[3~",
                                   "\033OP",
                                   "\x7f",
                                   "\x0c",
                                   "\x15",
                                   "\x17",
                                   "\x01",
                                   "\x05",
                                   "\xc3\xa9",
                                   "\xff",
                                   "\xe4\xbd\xa0",
                                   "\033[200~\r\r\033[201~",
                                   "\033[200~a\r" CHECK_MARK "\033[201~",
                                   "\033[1;1R",
                                   "\033[12;",
                                   "\033[I",
                                   "\033[O",
                                   "\033]11;rgb:0/0/0\007",
                                   "\xe2\x9c",
                                   "\033O",
                                   "\033[[",
                                   "\033P"};

static void random_mouse(struct pty *p)
{
    static const int buttons[] = {0, 0, 0, 1, 2, 64, 64, 65, 65, 35, 128};
    char text[64];
    (void)snprintf(text, sizeof text, "\033[<%d;%u;%u%c", PICK(buttons), 1 + below(130), 1 + below(35),
                   below(4) ? 'M' : 'm');
    pty_type(p, text);
    if (below(4) == 0)
        pty_type(p, text); /* twice: a double click */
}

/* Whether anything was decided since the last call. */
static bool forget_decisions(struct pty *p)
{
    static const char *const starts[] = {"decide", "control", NULL};
    return pty_count_heard(p, starts) > 0;
}

/* A key that confirms where a box is to be seen, alone or glued to what opens one. Only there may it decide.
 */
static const char *random_confirming(void)
{
    static const char *const confirming[] = {
        "\r",      "\n",  CHECK_MARK, CROSS_MARK,       "a\r",  "a" CHECK_MARK, CHECK_MARK "\r",
        "D\r\r\r", "P\r", "X\r",      ":approve\r\r\r", "2a\r", "n a\r"};
    return PICK(confirming);
}

/* A key that confirms where a box is to be seen, alone or glued to what opens one. Only there may it decide.
 */
static void confirm_with(struct pty *p, const char *bytes)
{
    if (pty_columns(p) < 60 || pty_rows(p) < 20)
        return; /* no key line that would tell of the box */
    screen_settle(p);
    pty_pump(p, 30);
    assert_false(forget_decisions(p)); /* since the last one nothing has confirmed */
    const bool seen = strstr(pty_row(p, pty_rows(p) - 1), "confirm") != NULL;
    pty_type(p, bytes);
    screen_settle(p);
    pty_pump(p, 30);
    const bool decided = forget_decisions(p);
    if (decided && !seen)
        print_message("decided, and no box was seen:\n%s\n", pty_screen(p));
    decisions += decided ? 1 : 0;
    assert_true(seen || !decided);
}

/* As an operator would: goes to what waits, reads the box, and only then confirms. */
static void deliberate_confirmation(struct pty *p)
{
    pty_type(p, "\x03\x03\x03");
    screen_settle(p);
    pty_type(p, "1na");
    screen_settle(p);
    pty_pump(p, 600); /* a terminal that answers no requests makes it wait */
    confirm_with(p, below(3) ? "\r" : random_confirming());
}

/* ---- events ---- */

static const char *random_text(void)
{
    static const char *const plain[] = {"helloservice", "carts", "payments-gateway", "ledger"};
    size_t count = 0;
    while (hostile_texts[count])
        count++;
    return below(3) ? PICK(plain) : hostile_texts[below((unsigned)count)];
}

static void random_junk(struct buffer *script)
{
    static const char *const junk[] = {
        "{\"specversion\":\"1.0\"}\n",
        "{\"specversion\":\"1.0\",\"type\":\"sh.keptn.event.x.y.triggered\",\"data\":{\"project\":5}}\n",
        "{not json\n",
        "project {\"projectName\":\"\",\"stages\":7}\n",
        "project {\"projectName\":\"odd\",\"shipyard\":\"a: [\",\"stages\":[{}]}\n",
        "state {\"states\":[{\"name\":1}]}\n",
        "approvals []\n",
        "refuse the server said no\n",
        "answer line\\n\\e[31mred\\e[0m\\rover\\n\n",
        "output some output\\n\\e]0;x\\a\\n\n",
        "ended failed exit status 3: not found\n",
        "flood 300\n"};
    (void)buffer_add_text(script, PICK(junk));
}

static void random_event(struct pty *p, int number)
{
    static const char *const projects[] = {"fulltour", "sockshop", "payments"};
    char context[32], version[32];
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)snprintf(context, sizeof context, "%08x", (unsigned)number);
    (void)snprintf(version, sizeof version, "v%u", below(1000));
    struct scene_run run = {.project = PICK(projects),
                            .stage = below(2) ? "production" : "qa",
                            .service = random_text(),
                            .context = context,
                            .version = version,
                            .label = random_text()};
    switch (below(8)) {
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
        scene_task_started(&script, &run, "je-deployment", random_text(), 3);
        scene_task_finished(&script, &run, "je-deployment", random_text(), "fail", random_text(), 2);
        break;
    case 4:
        (void)buffer_printf(&script, "message %s a message of some length %u\n", below(2) ? "error" : "note",
                            below(1000));
        break;
    case 5:
        random_junk(&script);
        break;
    case 6:
        scene_waiting(&script, &run, (int)below(1000));
        scene_decided(&script, &run, random_text(), below(2) ? "pass" : "fail", random_text(), 1);
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

/* ---- after a burst ---- */

static void frame_holds(struct pty *p)
{
    const char *fault = frame_fault(p);
    if (fault)
        print_message("%s\n%s\n", fault, pty_screen(p));
    assert_null(fault);
}

/* What has been drawn bit by bit is what a fresh drawing shows. */
static void compare_with_a_fresh_screen(struct pty *p)
{
    struct buffer before = BUFFER_LIMIT(1 << 22);
    pty_pump(p, 1300);   /* an unfinished escape sequence is over */
    pty_type(p, "\x07"); /* means nothing, but ends a message as every key does */
    screen_settle(p);
    pty_wait_quiet(p, 200); /* and the detail has followed the cursor */
    frame_holds(p);
    (void)buffer_add_text(&before, pty_screen(p));
    pty_type(p, "\x0c");
    screen_settle(p);
    pty_wait_quiet(p, 200);
    if (strcmp(buffer_text(&before), pty_screen(p)) != 0)
        fprintf(stderr, "drawn bit by bit:\n%s\nafresh:\n%s\n", buffer_text(&before), pty_screen(p));
    assert_string_equal(buffer_text(&before), pty_screen(p));
    buffer_free(&before);
}

static void a_known_key_answers(struct pty *p)
{
    pty_resize(p, 120, 30);
    pty_pump(p, 1200); /* what is unfinished is over */
    for (int i = 0; i < BACKS; i++) {
        pty_type(p, i % 4 == 0 ? "\033" : "\x03"); /* a box that was overtaken wants Esc */
        pty_pump(p, i % 4 == 0 ? 300 : 20);
    }
    pty_type(p, "1");
    screen_settle(p);
    pty_type(p, "?");
    screen_expect(p, "keys of the tree screen");
    frame_holds(p);
    pty_type(p, "\x03");
    screen_expect_not(p, "keys of the tree screen");
}

static void random_step(struct pty *p, int *number)
{
    const unsigned what = below(40);
    if (what < 3)
        pty_resize(p, 1 + (int)below(below(3) ? 130 : 500), 1 + (int)below(below(3) ? 40 : 200));
    else if (what < 18)
        pty_type(p, PICK(keys));
    else if (what < 21)
        random_mouse(p);
    else if (what < 23)
        confirm_with(p, random_confirming());
    else if (what < 24)
        deliberate_confirmation(p);
    else
        random_event(p, ++*number);
    pty_pump(p, (int)below(8));
}

static void nothing_breaks_and_nothing_is_decided_unseen(void **state)
{
    const char *seconds = getenv("STORM_SECONDS"), *given = getenv("STORM_SEED");
    const time_t until = time(NULL) + (seconds ? strtol(seconds, NULL, 10) : SECONDS);
    int number = 0, bursts = 0;
    (void)state;
    seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    print_message("STORM_SEED=%u\n", seed);
    struct pty *p = screen_open("tour", 120, 30);
    while (time(NULL) < until) {
        for (int i = 0; i < BURST_ROUNDS && time(NULL) < until; i++)
            random_step(p, &number);
        if (++bursts % 2)
            compare_with_a_fresh_screen(p);
        else
            a_known_key_answers(p);
    }
    a_known_key_answers(p);
    assert_false(forget_decisions(p));
    print_message("%u decisions, each with its box to be seen\n", decisions);
    assert_int_equal(pty_end(p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_breaks_and_nothing_is_decided_unseen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
