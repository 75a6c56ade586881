/* Links of a run, listed to be copied; the clipboard only where the settings allow it. */
#include "config.h"

#include "screens.h"

#include <stdlib.h>

#include "base/mem.h"

#define CLIPBOARD_OF_ID "\033]52;c;NWQxYTJiM2MtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAw"

static struct pty *open_with(const char *settings)
{
    const char *const arguments[] = {settings ? "--settings" : NULL, settings, NULL};
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct scene_run run = screen_run;
    struct pty *p = screen_start(
        &(struct screen_options){.scene = "empty", .columns = 120, .rows = 30, .arguments = arguments});
    run.label = "see https://ci.example/run/7?a=b&c=d, or (http://wiki.example/x).";
    scene_project(&script, "fulltour");
    scene_triggered(&script, &run, 100);
    scene_task(&script, &run, "je-deployment", 99);
    scene_task_started(&script, &run, "je-deployment", "https://github.com/keptn/je#x", 98);
    scene_task_finished(&script, &run, "je-deployment", "https://github.com/keptn/je#x", "pass",
                        "log: https://ci.example/run/7?a=b&c=d \xd0\xb0https://ev\xd1\x96l.example/", 97);
    scene_task(&script, &run, "approval", 96);
    screen_tell(p, &script);
    screen_expect(p, "1 waiting");
    pty_type(p, "n");
    screen_settle(p);
    return p;
}

static bool wrote(const struct pty *p, const char *text)
{
    size_t len = 0;
    const char *raw = pty_raw(p, &len);
    return memmem(raw, len, text, strlen(text)) != NULL;
}

static void they_are_found_listed_once_and_copied_by_hand_by_default(void **state)
{
    (void)state;
    struct pty *p = open_with(NULL);
    pty_type(p, "o");
    screen_expect(p, "links of helloservice");
    screen_expect(p, "https://ci.example/run/7?a=b&c=d\n"); /* not the comma behind it */
    screen_expect(p, "http://wiki.example/x\n");
    screen_expect(p, "https://github.com/keptn/je#x\n");
    const int first = pty_find_row(p, "ci.example");
    for (int y = first + 1; y < pty_rows(p); y++)
        assert_null(strstr(pty_row(p, y), "ci.example"));
    screen_expect(p, "https://ev\n"); /* an address ends where it is no ASCII any more */
    pty_type(p, "y");
    screen_expect(p, "https://ci.example/run/7?a=b&c=d: to copy it, set clipboard: true in the settings");
    assert_false(wrote(p, "\033]52;"));
    pty_type(p, "\033");
    screen_expect_not(p, "links of");
    screen_end(p);
}

static void what_is_allowed_goes_to_the_clipboard(void **state)
{
    (void)state;
    struct pty *p = open_with("clipboard: true\n");
    pty_type(p, "y");
    screen_expect(p, "copied 5d1a2b3c-0000-4000-8000-000000000000");
    assert_true(wrote(p, CLIPBOARD_OF_ID));
    pty_type(p, "o");
    screen_expect(p, "links of helloservice");
    pty_type(p, "\r");
    screen_expect(p, "copied https://ci.example/run/7?a=b&c=d");
    screen_end(p);
}

static void a_run_without_links_says_so(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, "go");
    screen_expect(p, "pick a sequence: links are those of a run");
    pty_type(p, "y");
    screen_expect(p, "pick a sequence: it is its id that is copied");
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_found_listed_once_and_copied_by_hand_by_default),
        cmocka_unit_test(what_is_allowed_goes_to_the_clipboard),
        cmocka_unit_test(a_run_without_links_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
