#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

const struct scene_run screen_run = {.project = "fulltour",
                                     .stage = "production",
                                     .service = "helloservice",
                                     .context = "5d1a2b3c",
                                     .version = "v0.1.1"};

struct pty *screen_start(const struct screen_options *options)
{
    const char *argv[24] = {0};
    const char *build = getenv("top_builddir");
    char *program = mem_printf("%s/tests/view/view_driver", build ? build : ".");
    size_t n = 0;
    argv[n++] = program;
    argv[n++] = "--scene";
    argv[n++] = options->scene;
    argv[n++] = "--context";
    argv[n++] = "prod-eu";
    for (size_t i = 0; options->arguments && options->arguments[i] && n < 22; i++)
        argv[n++] = options->arguments[i];
    struct pty *p = pty_start(&(struct pty_options){.argv = argv,
                                                    .env = options->env,
                                                    .columns = options->columns,
                                                    .rows = options->rows,
                                                    .mute = options->mute});
    assert_true(pty_wait_heard(p, "ready", WAIT_MS));
    screen_settle(p);
    free(program);
    return p;
}

struct pty *screen_open(const char *scene, int columns, int rows)
{
    return screen_start(&(struct screen_options){.scene = scene, .columns = columns, .rows = rows});
}

void screen_end(struct pty *p)
{
    assert_false(pty_heard(p, "error"));
    assert_int_equal(pty_end(p), 0);
}

void screen_tell(struct pty *p, struct buffer *script)
{
    char *line = script->data, *newline;
    while (line && (newline = strchr(line, '\n')) != NULL) {
        *newline = '\0';
        pty_tell(p, "%s", line);
        line = newline + 1;
    }
    buffer_free(script);
}

void screen_settle(struct pty *p)
{
    static int number;
    char text[32];
    pty_tell(p, "sync %d", ++number);
    (void)snprintf(text, sizeof text, "synced %d", number);
    assert_true(pty_wait_heard(p, text, WAIT_MS));
    pty_pump(p, 10);
}

void screen_expect(struct pty *p, const char *text)
{
    if (!pty_wait_text(p, text, WAIT_MS))
        fprintf(stderr, "'%s' is not on the screen:\n%s\n", text, pty_screen(p)); /* print_message cuts */
    assert_non_null(strstr(pty_screen(p), text));
}

void screen_expect_not(struct pty *p, const char *text)
{
    if (!pty_wait_no_text(p, text, WAIT_MS))
        fprintf(stderr, "'%s' is still on the screen:\n%s", text, pty_screen(p));
    assert_null(strstr(pty_screen(p), text));
}

void screen_expect_heard(struct pty *p, const char *start)
{
    const bool heard = pty_wait_heard(p, start, WAIT_MS);
    if (!heard)
        fprintf(stderr, "'%s' was not heard; the screen is:\n%s", start, pty_screen(p));
    assert_true(heard);
}

void screen_open_box(struct pty *p, const char *key)
{
    const bool is_mark = (unsigned char)key[0] >= 0x80;
    pty_type(p, key);
    screen_expect(p, "Esc back");
    pty_wait_quiet(p, 120);
    if (is_mark)
        pty_pump(p, 750);
}

void screen_type_words(struct pty *p, const char *words)
{
    const size_t len = strlen(words);
    for (size_t i = 0; i < len; i += 4) {
        pty_type_n(p, words + i, len - i < 4 ? len - i : 4);
        screen_settle(p);
    }
    pty_pump(p, 50);
}

void screen_expect_no_decision(struct pty *p, const char *what, int ms)
{
    pty_pump(p, ms);
    screen_settle(p);
    if (pty_heard(p, "decide") || pty_heard(p, "control"))
        fprintf(stderr, "decided by %s:\n%s", what, pty_screen(p));
    assert_false(pty_heard(p, "decide"));
    assert_false(pty_heard(p, "control"));
}

bool screen_is_golden(struct pty *p, const char *name)
{
    const char *source = getenv("top_srcdir");
    char *path = mem_printf("%s/tests/view/golden/%s.txt", source ? source : ".", name);
    screen_settle(p);
    pty_wait_quiet(p, 200);
    const bool is_golden = pty_golden(p, path);
    free(path);
    return is_golden;
}

void screen_golden(struct pty *p, const char *name)
{
    assert_true(screen_is_golden(p, name));
}
