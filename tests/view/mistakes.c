#include "config.h"

#include "mistakes.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define REPEATED_MS 2000

static void type_pieces(struct pty *p, const struct step *step)
{
    for (const char *c = step->text; *c; c++) {
        pty_type_n(p, c, 1);
        pty_pump(p, step->ms);
    }
}

static void type_repeated(struct pty *p, const struct step *step)
{
    for (int waited = 0; waited < REPEATED_MS; waited += step->ms) {
        pty_type(p, step->text);
        pty_pump(p, step->ms);
    }
}

static void happen(struct pty *p, const struct step *step)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    step->events(&script);
    screen_tell(p, &script);
    screen_settle(p);
}

static void stand_still(struct pty *p, const struct step *step)
{
    assert_int_equal(kill(pty_pid(p), SIGSTOP), 0);
    pty_type(p, step->text);
    pty_pump(p, step->ms);
    assert_int_equal(kill(pty_pid(p), SIGCONT), 0);
    pty_pump(p, 100);
}

static void play(struct pty *p, const struct step *step)
{
    switch (step->kind) {
    case STEP_END:
        break;
    case STEP_TYPE:
        pty_type(p, step->text);
        break;
    case STEP_PIECES:
        type_pieces(p, step);
        break;
    case STEP_REPEAT:
        type_repeated(p, step);
        break;
    case STEP_PAUSE:
        pty_pump(p, step->ms);
        break;
    case STEP_REST:
        screen_settle(p);
        pty_wait_quiet(p, 120);
        break;
    case STEP_BOX:
        screen_open_box(p, step->text);
        break;
    case STEP_WORDS:
        screen_type_words(p, step->text);
        break;
    case STEP_TELL:
        pty_tell(p, "%s", step->text);
        screen_settle(p);
        break;
    case STEP_EVENTS:
        happen(p, step);
        break;
    case STEP_SIZE:
        pty_resize(p, step->columns, step->rows);
        break;
    case STEP_STOP:
        stand_still(p, step);
        break;
    case STEP_SEE:
        screen_expect(p, step->text);
        break;
    case STEP_NOT_SEE:
        screen_expect_not(p, step->text);
        break;
    }
}

void mistakes_play(struct pty *p, const struct step *steps)
{
    for (const struct step *step = steps; step->kind != STEP_END; step++)
        play(p, step);
}

static void play_mistake(void **state)
{
    const struct mistake *m = *state;
    const char *arguments[4] = {0};
    size_t n = 0;
    if (m->settings) {
        arguments[n++] = "--settings";
        arguments[n++] = m->settings;
    }
    if (m->read_only)
        arguments[n++] = "--read-only";
    struct pty *p = screen_start(&(struct screen_options){.scene = m->scene ? m->scene : "waiting",
                                                          .columns = 120,
                                                          .rows = 30,
                                                          .arguments = arguments,
                                                          .mute = m->mute});
    mistakes_play(p, m->steps);
    if (m->decides) {
        screen_expect_heard(p, "decide approve production.approval.5d1a2b3c");
    } else {
        pty_wait_quiet(p, 120);
        screen_expect_no_decision(p, m->name, 50);
    }
    screen_end(p);
}

int mistakes_run(const struct mistake *rows, size_t count)
{
    struct CMUnitTest *tests = mem_alloc(count * sizeof *tests);
    for (size_t i = 0; i < count; i++) {
        union {
            const void *in;
            void *out;
        } row = {.in = &rows[i]};
        tests[i] =
            (struct CMUnitTest){.name = rows[i].name, .test_func = play_mistake, .initial_state = row.out};
    }
    const int failed = _cmocka_run_group_tests("mistakes", tests, count, NULL, NULL);
    free(tests);
    return failed;
}
