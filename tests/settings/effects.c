#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "settings/effects.h"
#include "support/pty.h"
#include "support/relay.h"
#include "support/world.h"

#define NOWHERE "http://127.0.0.1:1/api"
#define SHIPYARD                                                                                             \
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"               \
    "    - name: production\n      sequences:\n        - name: delivery\n          tasks:\n"                 \
    "            - {name: approval, properties: {pass: manual, warning: manual}}\n"

static struct world world;
int64_t effects_delivered_ns;

void effects_deliver(void)
{
    free(world_run(&world, 0, "trigger", "delivery", "--project=sockshop", "--service=carts",
                   "--image=ghcr.io/x/carts", "--labels=version=label-1", NULL));
    free(world_run(&world, 0, "watch", world.context, "--until", "waiting", "--watch-time", "30", NULL));
}

void effects_decline(void)
{
    free(world_run(&world, 0, "decline", world.context, "--yes", "--comment", "too risky", NULL));
}

char *effects_read(const char *name)
{
    return world_read(&world, name);
}

int effects_set_up(void **state)
{
    (void)state;
    world_open(&world, NULL, true);
    world_project(&world, SHIPYARD, NULL);
    free(world_run(&world, 0, "create", "project", "other", "--shipyard=shipyard.yaml", NULL));
    free(world_run(&world, 0, "create", "project", "sockshop", "--shipyard=shipyard.yaml", NULL));
    free(world_run(&world, 0, "create", "service", "carts", "--project=sockshop", NULL));
    effects_deliver();
    effects_decline();
    free(world_run(&world, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice",
                   "--image=ghcr.io/x/hello:v0.1.1", NULL));
    effects_delivered_ns = clock_now_ns();
    free(world_wait(&world, "waiting"));
    return 0;
}

int effects_tear_down(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

void effects_write_settings(const char *text)
{
    struct buffer out = BUFFER_LIMIT(100000);
    for (const char *p = text; *p != '\0'; p++) {
        if (p[0] != '$' || p[1] == '\0' || strchr("UTPND", p[1]) == NULL) {
            buffer_add_char(&out, *p);
            continue;
        }
        p++;
        if (*p == 'P')
            buffer_printf(&out, "%d", world.port);
        else
            buffer_add_text(&out, *p == 'U'   ? world.url
                                  : *p == 'T' ? world.token_file
                                  : *p == 'D' ? world.directory
                                              : NOWHERE);
    }
    world_write(&world, "config.yaml", buffer_text(&out));
    buffer_free(&out);
}

struct pty *effects_open(const char *settings, const char *option, int columns, int rows)
{
    effects_write_settings(settings);
    char *program = mem_printf("%s/drawbridge", world.programs), *config = world_path(&world, "config.yaml"),
         *home = mem_printf("HOME=%s", world.directory),
         *state = mem_printf("XDG_STATE_HOME=%s/state", world.directory);
    const char *const argv[] = {program, "--config", config, option, NULL};
    const char *const env[] = {home, state, "TZ=EAST-9", "DRAWBRIDGE_TOKEN", "DRAWBRIDGE_SERVER", NULL};
    struct pty *p =
        pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = columns, .rows = rows});
    free(program);
    free(config);
    free(home);
    free(state);
    return p;
}

char *effects_run(int expected, const char *arguments)
{
    char *line = mem_printf("unset DRAWBRIDGE_TOKEN DRAWBRIDGE_SERVER; export LC_ALL=C.UTF-8 HOME=$PWD\n"
                            "'%s/drawbridge' %s </dev/null >out 2>err; echo $? >code",
                            world.programs, arguments);
    assert_int_equal(world_shell(&world, line), 0);
    char *code = world_read(&world, "code"), *said = world_read(&world, expected == 0 ? "out" : "err");
    if (strtol(code, NULL, 10) != expected) {
        char *err = world_read(&world, "err");
        fail_msg("drawbridge %s ended with %s, not %d: %s", arguments, code, expected, err);
    }
    free(code);
    free(line);
    return said;
}

static void run(int expected, const char *arguments)
{
    char *line = mem_printf("--config config.yaml %s", arguments);
    free(effects_run(expected, line));
    free(line);
}

static void assert_said(int expected, const char *arguments, const char *words, bool there)
{
    char *line = mem_printf("--config config.yaml %s", arguments), *said = effects_run(expected, line);
    if ((strstr(said, words) != NULL) != there)
        fail_msg("%s said %s\"%s\": %s", arguments, there ? "nothing like " : "", words, said);
    free(said);
    free(line);
}

/* --- connections --- */

void effect_contexts(void)
{
    effects_write_settings(
        "contexts:\n- {name: a, server: '$U', token-file: '$T'}\n- {name: b, server: '$N'}\n");
    run(0, "--context a auth");
    run(6, "--context b auth");
    run(3, "--context c auth");
    effects_write_settings("contexts:\n- {name: a, server: '$U', token-file: config.yaml}\n");
    run(2, "auth");
}

void effect_current_context(void)
{
    effects_write_settings(
        "contexts:\n- {name: a, server: '$N'}\n- {name: b, server: '$U', token-file: '$T'}\n"
        "current-context: b\n");
    run(0, "auth");
}

void effect_stream(void)
{
    effects_write_settings("contexts: [{name: a, server: '$U', token-file: '$T'}]\n");
    run(7, "watch --watch-time 1"); /* live until the time was over */
    effects_write_settings(
        "contexts: [{name: a, server: '$U', token-file: '$T', stream: 'ws://127.0.0.1:1/x'}]\n");
    run(6, "watch --watch-time 1");
}

void effect_token_command(void)
{
    effects_write_settings("contexts: [{name: a, server: '$U', token-command: [cat, '$T']}]\n");
    run(0, "auth");
    effects_write_settings("contexts: [{name: a, server: '$U', token-command: [echo, wrong]}]\n");
    run(4, "auth");
}

void effect_certificates(void)
{
    static const char *const wrong[] = {"client-cert: client.pem, client-key: client.key",
                                        "ca-file: other.pem, client-cert: client.pem, client-key: client.key",
                                        "ca-file: ca.pem",
                                        "ca-file: ca.pem, client-cert: client.pem, client-key: ca.key"};
    struct relay relay;
    relay_make_certificates(&world);
    relay_start(&relay, &world, RELAY_TLS_WITH_CERTIFICATE, world.port);
    char *begin =
        mem_printf("contexts: [{name: a, server: 'https://127.0.0.1:%d', token-file: '$T'", relay.port);
    char *right =
        mem_printf("%s, ca-file: ca.pem, client-cert: client.pem, client-key: client.key}]\n", begin);
    effects_write_settings(right);
    run(0, "auth");
    assert_true(relay_saw(&relay, &world, "certificate maria"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *settings = mem_printf("%s, %s}]\n", begin, wrong[i]);
        effects_write_settings(settings);
        run(6, "auth");
        free(settings);
    }
    free(begin);
    free(right);
    relay_stop(&relay);
}

void effect_proxy(void)
{
    struct relay relay;
    relay_start(&relay, &world, RELAY_PROXY, world.port);
    char *settings =
        mem_printf("contexts: [{name: a, server: 'http://keptn.invalid', token-file: '$T', proxy: "
                   "'http://127.0.0.1:%d'}]\n",
                   relay.port);
    effects_write_settings(settings);
    run(0, "auth");
    assert_true(relay_saw(&relay, &world, "POST http://keptn.invalid/api/v1/auth"));
    free(settings);
    relay_stop(&relay);
}

void effect_read_only(void)
{
    effects_write_settings("contexts: [{name: a, server: '$U', token-file: '$T', read-only: true}]\n");
    run(4, "create service x --project=fulltour");
    effects_write_settings("contexts: [{name: a, server: '$U', token-file: '$T', read-only: false}]\n");
    run(0, "create service x --project=fulltour");
    run(0, "delete service x --project=fulltour");
}

void effect_projects(void)
{
    effects_write_settings("contexts: [{name: a, server: '$U', token-file: '$T', projects: [other]}]\n");
    assert_said(0, "list", "fulltour", false);
    effects_write_settings("contexts: [{name: a, server: '$U', token-file: '$T'}]\n");
    assert_said(0, "list", "fulltour", true);
}

/* A circle in a circle, of ambiguous width, in the first column: the second one begins a cell earlier or not.
 */
void effect_ambiguous_width(void)
{
    effects_write_settings(
        "contexts: [{name: \"\\u25CE\", label: x, server: '$U'}, {name: nn, label: y, server: '$U'}]\n"
        "ambiguous-width: 2\n");
    assert_said(0, "context list", "*  \xE2\x97\x8E    x ", true);
    effects_write_settings(
        "contexts: [{name: \"\\u25CE\", label: x, server: '$U'}, {name: nn, label: y, server: '$U'}]\n");
    assert_said(0, "context list", "*  \xE2\x97\x8E     x ", true);
    effect_ambiguous_width_on_screen();
}
