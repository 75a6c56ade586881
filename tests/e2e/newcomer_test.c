/* A new user's first minutes, from the first screen with only what the screen says: each key is looked for on
 * the screen (or in its help) before it is typed, and each thing takes at most 6 keystrokes besides text.
 * doc/first-minutes.md tells the same with pictures. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/pty.h"
#include "support/world.h"

#define KEYSTROKES_MAX 6
#define WAIT_MS        15000

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: shipyard-delivery}\nspec:\n  stages:\n"
    "    - name: production\n      sequences:\n        - name: delivery\n          tasks:\n"
    "            - {name: approval, properties: {pass: manual, warning: manual}}\n"
    "            - name: je-deployment\n";
static const char job[] = "apiVersion: v2\nactions:\n  - name: deploy\n    events: [{name: "
                          "sh.keptn.event.je-deployment.triggered}]\n"
                          "    tasks: [{name: deploy, cmd: [echo, deployed]}]\n";

struct newcomer {
    struct world world;
    struct pty *p;
    int keystrokes; /* for the thing at hand */
};

static void need(struct newcomer *n, const char *text)
{
    if (!pty_wait_text(n->p, text, WAIT_MS))
        fail_msg("'%s' is not on the screen:\n%s", text, pty_screen(n->p));
}

/* One key that the screen offers with this word. */
static void press(struct newcomer *n, const char *key, const char *word)
{
    char *offer = mem_printf("%s %s", key[0] == '\r' ? "Enter" : key[0] == '\033' ? "Esc" : key, word);
    need(n, offer);
    free(offer);
    pty_wait_quiet(n->p, 120); /* a person reads before the next key */
    pty_type(n->p, key);
    n->keystrokes++;
    pty_wait_quiet(n->p, 120);
}

static void type_text(struct newcomer *n, const char *text)
{
    pty_type(n->p, text);
    pty_wait_quiet(n->p, 120);
}

static void done(struct newcomer *n, const char *what)
{
    if (n->keystrokes > KEYSTROKES_MAX)
        fail_msg("%s took %d keystrokes", what, n->keystrokes);
    n->keystrokes = 0;
}

static void deliver(struct newcomer *n, const char *service, const char *version, bool approve)
{
    struct world *w = &n->world;
    char *to = mem_printf("--service=%s", service),
         *image = mem_printf("--image=ghcr.io/podtato-head/%s:%s", service, version);
    free(world_run(w, 0, "trigger", "delivery", "--project=fulltour", to, image, NULL));
    free(world_wait(w, "waiting"));
    if (approve) {
        free(world_run(w, 0, "approve", w->context, "--yes", NULL));
        free(world_wait(w, "finished"));
    }
    free(to);
    free(image);
}

static void set_up(struct newcomer *n)
{
    struct world *w = &n->world;
    world_open(w, NULL, true);
    world_write(w, "shipyard.yaml", shipyard);
    world_write(w, "job.yaml", job);
    free(world_run(w, 0, "create", "project", "fulltour", "--shipyard=shipyard.yaml", NULL));
    free(world_run(w, 0, "create", "service", "helloservice", "--project=fulltour", NULL));
    free(world_run(w, 0, "create", "service", "podtato", "--project=fulltour", NULL));
    free(world_run(w, 0, "add-resource", "--project=fulltour", "--stage=production", "--resource=job.yaml",
                   "--resourceUri=job/config.yaml", NULL));
    deliver(n, "helloservice", "v0.1.0", true);
    deliver(n, "helloservice", "v0.1.1", false);
    deliver(n, "podtato", "v0.3.0", false);
}

static void start(struct newcomer *n, int columns, int rows)
{
    char *program = mem_printf("%s/drawbridge", n->world.programs);
    const char *const argv[] = {program, "--server", n->world.url, "--token-file", n->world.token_file, NULL};
    n->p = pty_start(&(struct pty_options){.argv = argv, .columns = columns, .rows = rows});
    free(program);
    need(n, "2 waiting");
}

static void first_minutes(int columns, int rows)
{
    struct newcomer n = {0};
    set_up(&n);
    start(&n, columns, rows);

    press(&n, "?", "help");
    press(&n, "2", "waiting"); /* the help's own line; works from there */
    need(&n, "v0.1.0 → v0.1.1");
    assert_true(pty_find_row(n.p, "helloservice") < pty_find_row(n.p, "podtato"));
    done(&n, "finding what waits longest");

    press(&n, "\r", "open");
    need(&n, "last delivered");
    need(&n, "…/helloservice:v0.1.1");
    done(&n, "seeing what would be delivered");

    press(&n, "a", "approve");
    need(&n, "Approve helloservice v0.1.1 into production");
    press(&n, "\r", "");
    done(&n, "approving");

    need(&n, "production: v0.1.1 delivered");
    done(&n, "seeing that it went out");

    press(&n, "n", "next waiting");
    press(&n, "D", "decline");
    need(&n, "Decline podtato v0.3.0 into production");
    type_text(&n, "the hat is missing");
    press(&n, "\r", "");
    need(&n, "nothing waiting");
    done(&n, "declining with a comment");

    press(&n, "?", "help");
    press(&n, "5", "decided");
    need(&n, "declined");
    need(&n, "approved");
    need(&n, "admin");
    done(&n, "finding out who approved the last one");

    press(&n, "/", "filter");
    type_text(&n, "service:helloservice");
    pty_type(n.p, "\r");
    n.keystrokes++;
    assert_true(pty_wait_no_text(n.p, "podtato", WAIT_MS));
    need(&n, "helloservice");
    done(&n, "filtering to one service");

    press(&n, "q", "back");
    press(&n, "q", "quit");
    need(&n, "q again leaves");
    press(&n, "q", "again");
    assert_int_equal(pty_wait_exit(n.p, WAIT_MS), 0);
    done(&n, "leaving");
    assert_int_equal(pty_end(n.p), 0);
    world_close(&n.world);
}

static void the_first_minutes_at_80x24(void **state)
{
    (void)state;
    first_minutes(80, 24);
}

static void the_first_minutes_at_120x30(void **state)
{
    (void)state;
    first_minutes(120, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_minutes_at_80x24),
        cmocka_unit_test(the_first_minutes_at_120x30),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
