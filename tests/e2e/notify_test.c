/* Notifications of the real dashboard: what reaches its terminal and a command, and what does not. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "support/pty.h"
#include "support/world.h"

#define WAIT_MS 20000

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: shipyard-delivery}\nspec:\n  stages:\n"
    "    - name: production\n      sequences:\n        - name: delivery\n          tasks:\n"
    "            - {name: approval, properties: {pass: manual, warning: manual}}\n";

static void deliver(struct world *w, const char *version)
{
    char *image = mem_printf("--image=ghcr.io/podtato-head/podtatoserver:%s", version);
    free(world_run(w, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice", image, NULL));
    free(world_wait(w, "waiting"));
    free(image);
}

static bool wrote(struct pty *p, const char *bytes)
{
    for (int waited = 0; waited < WAIT_MS; waited += 50) {
        size_t len = 0;
        const char *raw = pty_raw(p, &len);
        if (memmem(raw, len, bytes, strlen(bytes)) != NULL)
            return true;
        pty_pump(p, 50);
    }
    return false;
}

static char *await_file(struct world *w, struct pty *p, const char *name)
{
    for (int waited = 0; waited < WAIT_MS; waited += 50) {
        char *text = world_read(w, name);
        if (text != NULL && *text != '\0')
            return text;
        free(text);
        pty_pump(p, 50);
    }
    fail_msg("%s was not written; the screen is:\n%s", name, pty_screen(p));
    return NULL;
}

static void a_new_approval_reaches_terminal_and_command_once(void **state)
{
    struct world w;
    cJSON *event = NULL;
    (void)state;
    world_open(&w, NULL, true);
    world_project(&w, shipyard, NULL);
    deliver(&w, "v0.1.0"); /* open at the start */
    char *config = mem_printf("contexts: [{name: here, server: \"%s\", token-file: \"%s\"}]\n"
                              "notify: {bell: true, osc9: true, shell: 'cat >%s/part; mv %s/part %s/event; "
                              "echo x >>%s/runs'}\n",
                              w.url, w.token_file, w.directory, w.directory, w.directory, w.directory);
    world_write(&w, "config.yaml", config);
    free(config);
    char *program = mem_printf("%s/drawbridge", w.programs), *path = world_path(&w, "config.yaml");
    const char *const argv[] = {program, "--config", path, NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .columns = 100, .rows = 30});
    assert_true(pty_wait_text(p, "1 waiting", WAIT_MS));
    assert_true(wrote(p, "\033]0;\xe2\x96\xa0 1 drawbridge") || wrote(p, "\033]2;\xe2\x96\xa0 1 drawbridge"));
    pty_pump(p, 600);
    assert_null(world_read(&w, "runs"));
    deliver(&w, "v0.1.1");
    char *text = await_file(&w, p, "event");
    assert_int_equal(json_parse(text, strlen(text), &event, NULL), STATUS_OK);
    assert_string_equal(json_text(event, "type"), "sh.keptn.event.approval.triggered");
    assert_string_equal(json_text(event, "shkeptncontext"), w.context);
    cJSON_Delete(event);
    free(text);
    assert_true(wrote(p, "\033]9;drawbridge: helloservice v0.1.1 in production waits for a decision"));
    world_kill(&w, SIGKILL); /* a reconnect tells nothing again */
    world_start(&w);
    assert_true(pty_wait_text(p, "live", WAIT_MS));
    pty_pump(p, 1500);
    char *runs = world_read(&w, "runs");
    assert_string_equal(runs, "x\n");
    free(runs);
    (void)pty_end(p);
    free(program);
    free(path);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_new_approval_reaches_terminal_and_command_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
