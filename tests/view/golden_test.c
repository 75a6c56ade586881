/* Screens as they are, text and attributes, through libvterm. UPDATE_GOLDEN=1 rewrites tests/view/golden; the
 * diff is reviewed. */
#include "config.h"

#include "screens.h"

struct shot {
    const char *name, *scene, *keys;
    int columns, rows;
    const char *env[3], *arguments[4];
};

static const struct shot shots[] = {
    {.name = "tree-120x30", .scene = "tour", .columns = 120, .rows = 30},
    {.name = "tree-100x28", .scene = "tour", .columns = 100, .rows = 28},
    {.name = "tree-80x24", .scene = "tour", .columns = 80, .rows = 24},
    {.name = "tree-40x10", .scene = "tour", .columns = 40, .rows = 10},
    {.name = "tree-39x9", .scene = "tour", .columns = 39, .rows = 9},
    {.name = "tree-20x5", .scene = "tour", .columns = 20, .rows = 5},
    {.name = "tree-1x1", .scene = "tour", .columns = 1, .rows = 1},
    {.name = "tree-ascii-120x30", .scene = "tour", .columns = 120, .rows = 30, .env = {"LC_ALL=C"}},
    {.name = "tree-console-80x24", .scene = "tour", .columns = 80, .rows = 24, .env = {"TERM=linux"}},
    {.name = "tree-mono-80x24", .scene = "tour", .columns = 80, .rows = 24, .env = {"NO_COLOR=1"}},
    {.name = "tree-8-colours-80x24", .scene = "tour", .columns = 80, .rows = 24, .env = {"TERM=xterm-color"}},
    {.name = "tree-cursor-80x24", .scene = "tour", .keys = "jj", .columns = 80, .rows = 24},
    {.name = "folded-80x24", .scene = "tour", .keys = "gh", .columns = 80, .rows = 24},
    {.name = "empty-80x24", .scene = "empty", .columns = 80, .rows = 24},
    {.name = "hint-80x24",
     .scene = "waiting",
     .columns = 80,
     .rows = 24,
     .arguments = {"--hint", "press a to approve"}},
    {.name = "odd-120x30", .scene = "odd", .columns = 120, .rows = 30},
    {.name = "detail-80x24", .scene = "tour", .keys = "\r", .columns = 80, .rows = 24},
    {.name = "detail-failed-120x30", .scene = "tour", .keys = "jjjjjjj", .columns = 120, .rows = 30},
    {.name = "detail-stage-120x30", .scene = "tour", .keys = "k", .columns = 120, .rows = 30},
    {.name = "help-80x24", .scene = "tour", .keys = "?", .columns = 80, .rows = 24},
    {.name = "help-box-120x30", .scene = "tour", .keys = "a\033OP", .columns = 120, .rows = 30},
    {.name = "box-120x30", .scene = "tour", .keys = "a", .columns = 120, .rows = 30},
    {.name = "box-80x24", .scene = "tour", .keys = "a", .columns = 80, .rows = 24},
    {.name = "box-40x10", .scene = "tour", .keys = "a", .columns = 40, .rows = 10},
    {.name = "box-decline-80x24", .scene = "tour", .keys = "D", .columns = 80, .rows = 24},
    {.name = "box-back-80x24", .scene = "back", .keys = "a", .columns = 80, .rows = 24},
    {.name = "box-back-120x30", .scene = "back", .keys = "a", .columns = 120, .rows = 30},
    {.name = "box-ascii-80x24", .scene = "back", .keys = "a", .columns = 80, .rows = 24, .env = {"LC_ALL=C"}},
    {.name = "box-too-small-20x5", .scene = "back", .keys = "a", .columns = 20, .rows = 5},
};

static void screens_are_as_recorded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shots / sizeof *shots; i++) {
        const struct shot *s = &shots[i];
        struct pty *p = screen_start(&(struct screen_options){.scene = s->scene,
                                                              .columns = s->columns,
                                                              .rows = s->rows,
                                                              .env = s->env,
                                                              .arguments = s->arguments});
        if (s->keys) {
            pty_type(p, s->keys);
            pty_wait_quiet(p, 300);
        }
        screen_golden(p, s->name);
        screen_end(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(screens_are_as_recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
