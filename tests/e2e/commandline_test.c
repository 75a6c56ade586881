/* The dashboard's command line on a real drawbridged: commands run as children with the connection's token,
 * and end with the pane. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/pty.h"
#include "support/world.h"

#define WAIT_MS 15000

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"
    "    - name: qa\n      sequences:\n        - name: delivery\n          tasks: [{name: approval, "
    "properties: "
    "{pass: manual, warning: manual}}]\n";

static void need(struct pty *p, const char *text)
{
    if (!pty_wait_text(p, text, WAIT_MS))
        fail_msg("'%s' was not seen; the screen is:\n%s", text, pty_screen(p));
}

static struct pty *open_dashboard(const struct world *w, const char *option)
{
    char *program = mem_printf("%s/drawbridge", w->programs);
    const char *const argv[] = {program, "--server", w->url, "--token-file", w->token_file, option, NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .columns = 100, .rows = 24});
    free(program);
    need(p, "live");
    return p;
}

static void run(struct pty *p, const char *line)
{
    pty_type(p, ":");
    pty_wait_quiet(p, 60);
    pty_type(p, line);
    pty_wait_quiet(p, 60);
    pty_type(p, "\r");
}

static void leave(struct pty *p)
{
    run(p, "q");
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 0);
    assert_int_equal(pty_end(p), 0);
}

/* The only child of a process; 0: none. */
static pid_t child_of(pid_t parent)
{
    pid_t found = 0;
    DIR *directory = opendir("/proc");
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)) != NULL) {
        char path[300], state = 0;
        int pid = 0, its_parent = 0;
        (void)snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = fopen(path, "re");
        if (file && fscanf(file, "%d (%*[^)]) %c %d", &pid, &state, &its_parent) == 3 &&
            its_parent == parent && state != 'Z')
            found = pid;
        if (file)
            (void)fclose(file); /* it was only read */
    }
    (void)closedir(directory); /* likewise */
    return found;
}

static bool file_of_process_has(pid_t pid, const char *name, const char *text)
{
    char path[64], bytes[65536];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    const size_t len = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file); /* likewise */
    return memmem(bytes, len, text, strlen(text)) != NULL;
}

static void commands_show_their_output_and_how_they_ended(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    world_project(&w, shipyard, NULL);
    struct pty *p = open_dashboard(&w, NULL);
    run(p, "get projects");
    need(p, "fulltour");
    need(p, "done");
    pty_type(p, "q");
    run(p, "show 00000000-nothing");
    need(p, "exit status 3: not found");
    pty_type(p, "q");
    run(p, "list nonsense");
    need(p, "exit status 2: wrong usage");
    pty_type(p, "q");
    run(p, "keys");
    need(p, "page-down");
    pty_type(p, "q");
    leave(p);
    world_close(&w);
}

static void what_cannot_run_here_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"demo", "demo has a terminal of its own"},
        {"record x", "record writes until it is ended"},
        {"list --server http://127.0.0.1:1/api", "--server: a command uses the connection of the row"},
        {"list --token-file /etc/passwd", "--token-file: a command uses the connection"},
        {"--read-only", "a command comes first"},
        {"nonsense", "there is no command nonsense"},
        {"list --nonsense", "--nonsense is no option"},
        {"show", "something is missing: :show ID; :help show tells more"},
        {"show a b", "that is one word too many: :show ID"},
    };
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    struct pty *p = open_dashboard(&w, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        run(p, rows[i].line);
        need(p, rows[i].says);
        assert_int_equal(child_of(pty_pid(p)), 0);
    }
    leave(p);
    world_close(&w);
}

static void the_token_is_in_no_argument_and_the_child_ends_with_the_pane(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    char text[256] = "";
    FILE *file = fopen(w.token_file, "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    (void)fclose(file); /* it was only read */
    char *token = mem_string(text);
    token[strcspn(token, "\n")] = '\0';
    char *named = mem_printf("DRAWBRIDGE_TOKEN=%s", token);
    struct pty *p = open_dashboard(&w, NULL);
    run(p, "watch");
    need(p, "running; q ends it");
    const pid_t child = child_of(pty_pid(p));
    assert_true(child > 0);
    for (int waited = 0; waited < WAIT_MS && !file_of_process_has(child, "cmdline", "watch"); waited += 20)
        pty_pump(p, 20);
    assert_false(file_of_process_has(child, "cmdline", token));
    assert_true(file_of_process_has(child, "environ", named));
    pty_type(p, "q");
    for (int waited = 0; waited < WAIT_MS && child_of(pty_pid(p)) != 0; waited += 20)
        pty_pump(p, 20);
    assert_int_equal(child_of(pty_pid(p)), 0);
    run(p, "watch");
    need(p, "running; q ends it");
    const pid_t second = child_of(pty_pid(p));
    assert_true(second > 0);
    leave(p);
    for (int waited = 0; waited < WAIT_MS && kill(second, 0) == 0; waited += 20)
        pty_pump(p, 20);
    assert_int_not_equal(kill(second, 0), 0);
    free(token);
    free(named);
    world_close(&w);
}

static void a_change_is_asked_about_and_then_made(void **state)
{
    struct world w;
    char *services = NULL;
    (void)state;
    world_open(&w, NULL, true);
    world_project(&w, shipyard, NULL);
    struct pty *p = open_dashboard(&w, NULL);
    run(p, "create service carts --project fulltour");
    need(p, "Enter again runs it");
    services = world_run(&w, 0, "get", "services", "--project", "fulltour", NULL);
    assert_null(strstr(services, "carts"));
    free(services);
    pty_pump(p, 600);
    pty_type(p, "\r");
    need(p, "done");
    services = world_run(&w, 0, "get", "services", "--project", "fulltour", NULL);
    assert_non_null(strstr(services, "carts"));
    free(services);
    pty_type(p, "q");
    leave(p);
    world_close(&w);
}

static void read_only_changes_nothing_by_command(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    world_project(&w, shipyard, NULL);
    struct pty *p = open_dashboard(&w, "--read-only");
    run(p, "create service carts --project fulltour");
    need(p, "create service changes something, which --read-only does not allow");
    run(p, "get projects"); /* what only asks still does */
    need(p, "fulltour");
    need(p, "done");
    pty_type(p, "q");
    leave(p);
    char *services = world_run(&w, 0, "get", "services", "--project", "fulltour", NULL);
    assert_null(strstr(services, "carts"));
    free(services);
    world_close(&w);
}

static void keys_and_themes_are_listed(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, false);
    world_write(&w, "config.yaml", "keys:\n  approve: [A, Ctrl-O]\n");
    world_write(&w, "wrong.yaml", "keys:\n  aprove: A\n");
    char *good = world_path(&w, "config.yaml"), *wrong = world_path(&w, "wrong.yaml");
    char *keys = world_run(&w, 0, "--config", good, "keys", NULL);
    assert_non_null(strstr(keys, "A Ctrl-O"));
    assert_non_null(strstr(keys, "the keys of this screen"));
    free(keys);
    keys = world_run(&w, 0, "--config", good, "keys", "-o", "json", NULL);
    cJSON *json = cJSON_Parse(keys);
    assert_true(cJSON_GetArraySize(json) > 30);
    cJSON_Delete(json);
    free(keys);
    keys = world_run(&w, 2, "--config", wrong, "keys", NULL);
    assert_non_null(strstr(keys, "wrong.yaml:2:3: there is no action 'aprove', perhaps 'approve'"));
    free(keys);
    char *themes = world_run(&w, 0, "themes", NULL);
    assert_non_null(strstr(themes, "solarized"));
    assert_non_null(strstr(themes, "themes/dark.yaml"));
    free(themes);
    free(good);
    free(wrong);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_show_their_output_and_how_they_ended),
        cmocka_unit_test(what_cannot_run_here_is_refused_with_a_reason),
        cmocka_unit_test(the_token_is_in_no_argument_and_the_child_ends_with_the_pane),
        cmocka_unit_test(a_change_is_asked_about_and_then_made),
        cmocka_unit_test(read_only_changes_nothing_by_command),
        cmocka_unit_test(keys_and_themes_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
