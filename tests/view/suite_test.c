/* Each screen of the recorded scenario at each size, cells and colours; the tree and the decision box also in
 * each glyph set and depth of colour. One program a screen goes through all sizes. UPDATE_GOLDEN=1 rewrites
 * tests/view/golden/suite; the diff is reviewed. */
#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

#define STEPS_MAX 12

/* A step: "!start" waits until the driver says a line that begins so, ">order" tells it one, "?text" waits
 * for text; all else is typed. */
struct screen {
    const char *name;
    const char *steps[STEPS_MAX];
};

static const struct screen screens[] = {
    {.name = "tree", .steps = {NULL}},
    {.name = "detail", .steps = {"\r", NULL}},
    {.name = "waiting", .steps = {"2", "?so far", NULL}},
    {.name = "job-log",
     .steps = {"gjj", "L", "!job_log", ">answer deploying v0.1.2\\nasked /version: \\e[32mv0.1.2\\e[0m\\n",
               "?asked", NULL}},
    {.name = "filtered", .steps = {"/", "service:podtato", "\r", "?hidden by filter", NULL}},
    {.name = "marked", .steps = {"2", "?so far", " ", " ", "?2 marked", NULL}},
    {.name = "filter", .steps = {"/!carts stage:prod*", "?/!carts", NULL}},
    {.name = "filter-wrong", .steps = {"/stge:production", "?no field", NULL}},
    {.name = "events", .steps = {"3", "?older not kept", NULL}},
    {.name = "event", .steps = {"3", "?older not kept", "\r", "?specversion", NULL}},
    {.name = "raw-event",
     .steps = {"3", "?older not kept", "k", "k", "e", "?asking the server", ">refuse 404: not found", "?404",
               NULL}},
    {.name = "decided", .steps = {"5", "?decided  ", NULL}},
    {.name = "difference", .steps = {"d", "?difference  ", NULL}},
    {.name = "wall", .steps = {"4", "?in the last 12 h", NULL}},
    {.name = "help", .steps = {"?", "?succeeded", NULL}},
    {.name = "command", .steps = {":", "tr\t", "?:trigger", NULL}},
    {.name = "output",
     .steps = {":list waiting\r", "!run", ">output STATE  SERVICE  VERSION\\nwaiting  ledger  v9\\n",
               ">ended ok done", "?ledger", NULL}},
    {.name = "messages", .steps = {":log\r", "?messages", NULL}},
    {.name = "links", .steps = {"o", "?links", NULL}},
    {.name = "batch", .steps = {"2", "?so far", "jj jj ", "a", "?at once", NULL}},
    {.name = "box", .steps = {"a", "?Approve", NULL}},
};

static const struct {
    int columns, rows;
} sizes[] = {{160, 48}, {120, 30}, {100, 28}, {80, 24}, {40, 10}, {20, 5}};

struct look {
    const char *name, *arguments[5], *env[3];
};
static const struct look looks[] = {
    {"unicode-truecolor", {"--glyphs", "unicode"}, {"COLORTERM=truecolor"}},
    {"unicode-8", {"--glyphs", "unicode"}, {"TERM=xterm-color"}},
    {"unicode-mono", {"--glyphs", "unicode"}, {"NO_COLOR=1"}},
    {"console-truecolor", {"--glyphs", "console"}, {"COLORTERM=truecolor"}},
    {"console-8", {"--glyphs", "console"}, {"TERM=linux"}},
    {"console-mono", {"--glyphs", "console"}, {"NO_COLOR=1"}},
    {"ascii-truecolor", {"--glyphs", "ascii"}, {"COLORTERM=truecolor"}},
    {"ascii-8", {"--glyphs", "ascii"}, {"TERM=xterm-color"}},
    {"ascii-mono", {"--glyphs", "ascii"}, {"NO_COLOR=1", "LC_ALL=C"}},
};

static void take_step(struct pty *p, const char *step)
{
    const bool is_key = step[1] == '\0';
    if (*step == '!' && !is_key) {
        screen_expect_heard(p, step + 1);
    } else if (*step == '?' && !is_key) {
        screen_expect(p, step + 1);
    } else if (*step == '>' && !is_key) {
        pty_tell(p, "%s", step + 1);
        screen_settle(p);
    } else {
        pty_type(p, step);
        pty_wait_quiet(p, 150);
    }
}

static struct pty *open_screen(const struct screen *s, const struct look *look)
{
    const struct screen_options options = {.scene = "recorded",
                                           .columns = sizes[0].columns,
                                           .rows = sizes[0].rows,
                                           .arguments = look ? look->arguments : NULL,
                                           .env = look ? look->env : NULL};
    struct pty *p = screen_start(&options);
    for (size_t i = 0; s->steps[i]; i++)
        take_step(p, s->steps[i]);
    return p;
}

/* False: it is not as recorded; all others are looked at all the same. */
static bool is_golden_at(struct pty *p, int columns, int rows, const char *screen, const char *look)
{
    char name[128];
    (void)snprintf(name, sizeof name, "suite/%s-%s%s%dx%d", screen, look ? look : "", look ? "-" : "",
                   columns, rows);
    pty_resize(p, columns, rows);
    return screen_is_golden(p, name);
}

static void run_screen(void **state)
{
    const struct screen *s = *state;
    struct pty *p = open_screen(s, NULL);
    int bad = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        bad += is_golden_at(p, sizes[i].columns, sizes[i].rows, s->name, NULL) ? 0 : 1;
    assert_int_equal(bad, 0);
    screen_end(p);
}

static const struct screen *named(const char *name)
{
    for (size_t i = 0; i < sizeof screens / sizeof *screens; i++)
        if (strcmp(screens[i].name, name) == 0)
            return &screens[i];
    abort();
}

static void run_look(void **state)
{
    static const char *const looked_at[] = {"tree", "box"};
    const struct look *look = *state;
    for (size_t i = 0; i < 2; i++) {
        struct pty *p = open_screen(named(looked_at[i]), look);
        const bool large = is_golden_at(p, 120, 30, looked_at[i], look->name);
        const bool small = is_golden_at(p, 80, 24, looked_at[i], look->name);
        assert_true(large && small);
        screen_end(p);
    }
}

int main(void)
{
    enum { SCREENS = sizeof screens / sizeof *screens, LOOKS = sizeof looks / sizeof *looks };
    struct CMUnitTest tests[SCREENS + LOOKS] = {0};
    for (size_t i = 0; i < SCREENS; i++)
        tests[i] = (struct CMUnitTest){.name = screens[i].name,
                                       .test_func = run_screen,
                                       .initial_state = (void *)(uintptr_t)&screens[i]};
    for (size_t i = 0; i < LOOKS; i++)
        tests[SCREENS + i] = (struct CMUnitTest){
            .name = looks[i].name, .test_func = run_look, .initial_state = (void *)(uintptr_t)&looks[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
