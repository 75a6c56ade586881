/* Which server, as whom: options, environment and settings file; restricted sessions; the context commands. A
 * real drawbridged answers. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/setup.h"
#include "support/pty.h"
#include "support/world.h"

#define NOWHERE "http://127.0.0.1:1/api"

static struct world world;

/* Runs `drawbridge` with a line of arguments as a shell reads them, which may begin with variables. Only what
 * the line says is set of the environment that matters here. Asserts the exit status; standard output and
 * errors are in out and err. */
static void run(int expected, const char *environment, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void run(int expected, const char *environment, const char *format, ...)
{
    va_list args;
    char arguments[4096];
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    char *line = mem_printf("unset DRAWBRIDGE_TOKEN DRAWBRIDGE_SERVER; export LC_ALL=C.UTF-8 HOME=$PWD "
                            "XDG_CONFIG_HOME=$PWD/config XDG_STATE_HOME=$PWD/state\n"
                            "%s '%s/drawbridge' %s </dev/null >out 2>err; echo $? >code",
                            environment, world.programs, arguments);
    assert_int_equal(world_shell(&world, line), 0);
    char *code = world_read(&world, "code"), *out = world_read(&world, "out"),
         *err = world_read(&world, "err");
    if (strtol(code, NULL, 10) != expected)
        fail_msg("%s drawbridge %s ended with %s, not %d: %s%s", environment, arguments, code, expected, out,
                 err);
    free(code);
    free(out);
    free(err);
    free(line);
}

static void assert_in(const char *file, const char *words)
{
    char *text = world_read(&world, file);
    if (text == NULL || strstr(text, words) == NULL)
        fail_msg("\"%s\" is not in %s: \"%s\"", words, file, text != NULL ? text : "(no file)");
    free(text);
}

static void assert_empty(const char *file)
{
    char *text = world_read(&world, file);
    assert_string_equal(text, "");
    free(text);
}

/* The settings file; U, T and N stand for the server's URL, the token file, and a server that is not there.
 */
static void settings(const char *text)
{
    struct buffer out = BUFFER_LIMIT(100000);
    for (const char *p = text; *p != '\0'; p++) {
        if (p[0] == '$' && p[1] == 'U')
            buffer_add_text(&out, world.url);
        else if (p[0] == '$' && p[1] == 'T')
            buffer_add_text(&out, world.token_file);
        else if (p[0] == '$' && p[1] == 'N')
            buffer_add_text(&out, NOWHERE);
        else
            buffer_add_char(&out, *p);
        p += p[0] == '$' && strchr("UTN", p[1]) != NULL;
    }
    assert_int_equal(world_shell(&world, "mkdir -p config/drawbridge"), 0);
    world_write(&world, "config/drawbridge/config.yaml", buffer_text(&out));
    buffer_free(&out);
}

static int set_up_group(void **state)
{
    (void)state;
    world_open(&world, NULL, true);
    return 0;
}

static int tear_down_group(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return world_shell(&world, "rm -rf config state");
}

/* --- who beats whom --- */

static void the_current_context_is_asked_with_its_token(void **state)
{
    (void)state;
    settings("contexts:\n- {name: a, server: '$N'}\n- {name: b, server: '$U', token-file: "
             "'$T'}\ncurrent-context: b\n");
    run(0, "", "auth");
    assert_in("out", "the token is valid on http://127.0.0.1");
    assert_empty("err");
    settings("contexts:\n- {name: b, server: '$U', token-file: '$T'}\n- {name: a, server: '$N'}\n");
    run(0, "", "auth"); /* the first */
}

static void the_command_line_beats_the_environment_which_beats_the_file(void **state)
{
    (void)state;
    char *real =
        mem_printf("DRAWBRIDGE_SERVER='%s' DRAWBRIDGE_TOKEN=$(cat '%s')", world.url, world.token_file);
    settings("contexts:\n- {name: a, server: '$N', token-file: nothing}\n- {name: b, server: '$U', "
             "token-file: '$T'}\n");
    run(0, real, "auth");
    run(0, "DRAWBRIDGE_SERVER=" NOWHERE, "--server '%s' --token-file '%s' auth", world.url, world.token_file);
    run(0, "DRAWBRIDGE_SERVER=" NOWHERE, "--context b auth");
    run(4, "DRAWBRIDGE_TOKEN=wrong", "--context b auth");
    run(0, "DRAWBRIDGE_TOKEN=wrong", "--context b --token-file '%s' auth", world.token_file);
    run(6, real, "--context a auth"); /* the server is the context's, the token the environment's */
    run(2, "", "--context a auth");
    assert_in("err", "context a: token file ");
    assert_in("err", "/config/drawbridge/nothing: cannot open it: No such file or directory");
    free(real);
}

static void a_context_must_be_one_that_is_there(void **state)
{
    (void)state;
    settings("contexts: [{name: prod-eu, server: '$U'}]\n");
    run(3, "", "--context prod-ue auth");
    assert_in("err", "there is no context prod-ue in ");
    assert_in("err", "; did you mean prod-eu; drawbridge context list");
    run(2, "", "--context prod-eu --server '%s' auth", world.url);
    assert_in("err", "--server and --context: give one");
    run(2, "", "--context prod-eu --context prod-eu auth");
    assert_in("err", "a command has one");
    run(2, "", "--context prod-eu --context prod-eu");
    assert_in("err", "stands there twice");
}

static void a_settings_file_is_named_or_has_its_place(void **state)
{
    (void)state;
    run(0, "", "--server '%s' --token-file '%s' auth", world.url, world.token_file); /* there is none */
    run(3, "", "--config other.yaml auth");
    assert_in("err", "cannot open the settings file other.yaml: No such file or directory");
    char *text =
        mem_printf("contexts: [{name: a, server: '%s', token-file: '%s'}]\n", world.url, world.token_file);
    world_write(&world, "other.yaml", text);
    free(text);
    run(0, "", "--config other.yaml auth");
    settings("contexts: [\n");
    run(0, "", "--config other.yaml auth");
    run(2, "", "auth");
    assert_in("err", "/config/drawbridge/config.yaml:2:1: ");
    run(2, "", "--server '%s' auth",
        world.url); /* a broken file is told also where no context is asked for */
    run(0, "", "help");
    run(2, "", "context list");
    run(0, "XDG_CONFIG_HOME=relative", "--server '%s' --token-file '%s' auth", world.url, world.token_file);
}

static void what_is_for_one_server_is_not_sent_to_several(void **state)
{
    (void)state;
    settings("contexts:\n- {name: a, server: '$U', token-file: '$T'}\n- {name: b, server: '$U', token-file: "
             "'$T'}\n"
             "show: [a, b]\n");
    run(2, "", "--token-file '%s'", world.token_file);
    assert_in("err",
              "--token-file is for one connection, and the settings show several; name one with --context");
    run(0, "", "--token-file '%s' auth", world.token_file); /* a command has the current one alone */
}

/* --- tokens --- */

static void a_command_prints_the_token(void **state)
{
    (void)state;
    settings("contexts: [{name: a, server: '$U', token-command: [cat, '$T']}]\n");
    run(0, "", "auth");
    settings("contexts: [{name: a, server: '$U', token-command: [sh, -c, 'echo oops >&2; echo no key >&2; "
             "exit 3']}]\n");
    run(1, "", "auth");
    assert_in("err", "context a: token-command: sh ended with 3: no key\n");
    settings("contexts: [{name: a, server: '$U', token-command: [echo, a b]}]\n");
    run(1, "", "auth");
    assert_in(
        "err",
        "context a: token-command: what echo printed is no token: its token has a character that no token "
        "has (at byte 2)");
    settings("contexts: [{name: a, server: '$U', token-command: [head, -c, '5000', /dev/zero]}]\n");
    run(1, "", "auth");
    assert_in("err", "head printed more than 4096 bytes");
    settings("contexts: [{name: a, server: '$U', token-command: [/no/such/program]}]\n");
    run(1, "", "auth");
    assert_in("err", "cannot start /no/such/program: No such file or directory");
    settings("contexts: [{name: a, server: '$U', token-command: ['echo x; touch never']}]\n"); /* no shell
                                                                                                  reads it */
    run(1, "", "auth");
    assert_null(world_read(&world, "never"));
}

static void a_command_that_hangs_is_ended_after_ten_seconds(void **state)
{
    (void)state;
    settings("contexts: [{name: a, server: '$U', token-command: [sleep, '60']}]\n");
    int64_t begin = clock_monotonic_ns();
    run(7, "", "auth");
    assert_in("err", "sleep took longer than 10000 ms and was ended");
    assert_true(clock_monotonic_ns() - begin < 20 * CLOCK_S);
}

static void a_token_file_that_others_can_read_is_told(void **state)
{
    (void)state;
    settings("contexts: [{name: a, server: '$U', token-file: token}]\n");
    assert_int_equal(world_shell(&world, "cp data/admin-token config/drawbridge/token"), 0);
    assert_int_equal(world_shell(&world, "chmod 640 config/drawbridge/token"), 0);
    run(0, "", "auth");
    assert_in("err", "others can read the token file ");
    assert_in("err", "/config/drawbridge/token (mode 0640); chmod 600 it");
    assert_int_equal(world_shell(&world, "chmod 600 config/drawbridge/token"), 0);
    run(0, "", "auth");
    assert_empty("err");
}

static void a_settings_file_that_others_can_write_is_told_where_it_names_programs(void **state)
{
    (void)state;
    settings("contexts: [{name: a, server: '$U', token-command: [cat, '$T']}]\n");
    assert_int_equal(world_shell(&world, "chmod 620 config/drawbridge/config.yaml"), 0);
    run(0, "", "auth");
    assert_in("err",
              "/config/drawbridge/config.yaml (mode 0620), which names programs to run; chmod go-w it");
    settings("contexts: [{name: a, server: '$U', token-file: '$T'}]\n");
    run(0, "", "auth");
    assert_empty("err");
    assert_int_equal(world_shell(&world, "chmod 600 config/drawbridge/config.yaml"), 0);
}

static void a_context_that_is_read_only_changes_nothing(void **state)
{
    (void)state;
    settings("contexts: [{name: a, server: '$N', read-only: true}]\n");
    run(4, "", "trigger delivery --project p --service s --image i:1");
    assert_in("err", "--read-only does not allow");
}

/* --- restricted --- */

static void write_system_file(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void write_system_file(const char *format, ...)
{
    char text[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    world_write(&world, "system.yaml", text);
}

/* Runs drawbridge in a child of this program, with the system's settings file in our directory. */
static void run_restricted(int expected, const char *const *words)
{
    const char *argv[20] = {"drawbridge", "--restricted"};
    int argc = 2, status = 0;
    for (; words[argc - 2] != NULL; argc++)
        argv[argc] = words[argc - 2];
    char *system_file = world_path(&world, "system.yaml"), *out = world_path(&world, "out"),
         *err = world_path(&world, "err");
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        union {
            const char **in;
            char **out;
        } same = {.in = argv};
        setup_system_file = system_file;
        if (freopen(out, "we", stdout) == NULL || freopen(err, "we", stderr) == NULL)
            _exit(99);
        int code = cli_main(argc, same.out);
        fflush(NULL);
        _exit(code);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    char *said = world_read(&world, "err");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != expected)
        fail_msg("drawbridge --restricted %s ended with wait status %d, not %d: %s", words[0], status,
                 expected, said);
    free(said);
    free(system_file);
    free(out);
    free(err);
}

static void a_restricted_session_has_the_systems_settings_alone(void **state)
{
    (void)state;
    settings("contexts: [{name: mine, server: '$U', token-file: '$T'}]\n");
    char *config = world_path(&world, "config");
    setenv("XDG_CONFIG_HOME", config, 1);
    setenv("DRAWBRIDGE_SERVER", world.url, 1);
    setenv("DRAWBRIDGE_TOKEN", "wrong", 1);
    setenv("SSH_ORIGINAL_COMMAND", "drawbridge approve x --yes", 1);
    assert_int_equal(
        world_shell(&world, "mkdir -p tokens; cp data/admin-token tokens/$(id -un); chmod 600 tokens/*"), 0);
    write_system_file("contexts: [{name: shared, server: '%s', token-file: 'tokens/%%u'}]\n", world.url);
    run_restricted(0, (const char *const[]){"auth", NULL});
    run_restricted(3, (const char *const[]){"--context", "mine", "auth", NULL});
    run_restricted(0, (const char *const[]){"context", "list", NULL});
    assert_in("out", "shared");
    assert_int_equal(world_shell(&world, "rm system.yaml"), 0);
    run_restricted(3, (const char *const[]){"auth", NULL});
    assert_in("err", "cannot open the settings file ");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("DRAWBRIDGE_SERVER");
    unsetenv("DRAWBRIDGE_TOKEN");
    unsetenv("SSH_ORIGINAL_COMMAND");
    free(config);
}

static void a_restricted_session_takes_only_its_users_own_token_file(void **state)
{
    (void)state;
    write_system_file("contexts: [{name: shared, server: '%s', token-file: 'tokens/%%u'}]\n", world.url);
    assert_int_equal(
        world_shell(&world, "mkdir -p tokens; cp data/admin-token tokens/$(id -un); chmod 604 tokens/*"), 0);
    run_restricted(4, (const char *const[]){"auth", NULL});
    assert_in("err", "others can read it (mode 0604); chmod 600 it");
    assert_int_equal(
        world_shell(&world, "chmod 600 tokens/*; mv tokens/$(id -un) t; ln -s ../t tokens/$(id -un)"), 0);
    run_restricted(0, (const char *const[]){"auth", NULL});
    assert_int_equal(world_shell(&world, "rm tokens/*; mkfifo -m 600 tokens/$(id -un)"), 0);
    run_restricted(4, (const char *const[]){"auth", NULL});
    assert_in("err", "it is no plain file");
    assert_int_equal(world_shell(&world, geteuid() == 0
                                             ? "rm tokens/*; cp data/admin-token tokens/root; chmod 600 "
                                               "tokens/root; chown 1 tokens/root"
                                             : "rm tokens/*; ln -s /etc/passwd tokens/$(id -un)"),
                     0);
    run_restricted(4, (const char *const[]){"auth", NULL});
    assert_in("err", "it belongs to another user");
    assert_int_equal(world_shell(&world, "rm -rf tokens"), 0);
}

static void a_restricted_session_reads_and_runs_nothing_of_the_users_choosing(void **state)
{
    (void)state;
    static const struct {
        const char *words[8];
        const char *error;
    } rows[] = {
        {{"--config", "/etc/passwd", "list"}, "--config is not for a restricted session"},
        {{"--token-file", "/etc/passwd", "list"}, "--token-file is not for a restricted session"},
        {{"--replay", "/etc/passwd"}, "--replay is not for a restricted session"},
        {{"record", "/tmp/x"}, "record is not for a restricted session: it writes a file"},
        {{"demo"}, "demo is not for a restricted session: it starts programs"},
        {{"context", "add", "x", "--server", NOWHERE}, "context add is not for a restricted session"},
        {{"context", "use", "x"}, "context use is not for a restricted session"},
        {{"context", "remove", "x"}, "context remove is not for a restricted session"},
        {{"create", "project", "x", "--shipyard", "/etc/passwd"},
         "a restricted session reads no files, /etc/passwd"},
        {{"send", "event", "--file", "/etc/passwd"}, "a restricted session reads no files, /etc/passwd"},
        {{"add-resource", "--project=p", "--resource", "/etc/passwd"},
         "a restricted session reads no files, /etc/passwd"},
    };
    (void)state;
    write_system_file("contexts: [{name: a, server: '%s'}]\n", NOWHERE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        run_restricted(4, rows[i].words);
        assert_in("err", rows[i].error);
    }
    write_system_file("contexts: [{name: a, server: '%s', token-command: [touch, never]}]\n"
                      "notify: {command: [touch, never]}\n",
                      world.url);
    run_restricted(4, (const char *const[]){"auth", NULL});
    assert_in("err", "context a: a restricted session runs no token-command; use token-file");
    assert_in("err", "notify: a restricted session runs no commands");
    assert_null(world_read(&world, "never"));
}

static void a_restricted_dashboard_stays_in_its_terminal(void **state)
{
    (void)state;
    write_system_file("contexts: [{name: shared, server: '%s', token-file: 'tokens/%%u'}]\n", world.url);
    assert_int_equal(
        world_shell(&world, "mkdir -p tokens; cp data/admin-token tokens/$(id -un); chmod 600 tokens/*"), 0);
    char *driver = mem_printf("%s/tests/cli/restricted_driver", world.programs),
         *system_file = world_path(&world, "system.yaml");
    const char *const argv[] = {driver, system_file, "--restricted", NULL};
    const char *const env[] = {"DRAWBRIDGE_SERVER=" NOWHERE, "SSH_ORIGINAL_COMMAND=list", "TERMINFO=/nowhere",
                               NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = 100, .rows = 30});
    if (!pty_wait_text(p, "live", 10000) || strstr(pty_row(p, 0), "shared") == NULL)
        fail_msg("the dashboard was not seen; the screen is:\n%s", pty_screen(p));
    pty_type(p, "\x1a"); /* ^Z */
    pty_wait_quiet(p, 200);
    assert_true(pty_alternate_screen(p));
    pty_type(p, "?");
    if (!pty_wait_text(p, "keys of the tree screen", 5000))
        fail_msg("it does not answer; the screen is:\n%s", pty_screen(p));
    assert_int_equal(pty_end(p), 0);
    assert_int_equal(world_shell(&world, "rm -rf tokens"), 0);
    free(driver);
    free(system_file);
}

static void of_the_environment_a_restricted_session_keeps_terminal_and_language(void **state)
{
    (void)state;
    static const char *const names[] = {
        "TERM", "LC_TIME",      "TZ",         "TERMINFO",      "HOME",
        "PATH", "DRAWBRIDGE_X", "http_proxy", "SSL_CERT_FILE", "SSH_ORIGINAL_COMMAND"};
    pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            setenv(names[i], "x", 1);
        restricted_clean_environment();
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if ((getenv(names[i]) != NULL) != (i < 3))
                _exit(1);
        setenv("TZ", ":/etc/shadow", 1);
        restricted_clean_environment();
        _exit(getenv("TZ") != NULL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* --- the commands --- */

static void contexts_are_added_listed_chosen_and_removed(void **state)
{
    (void)state;
    struct stat info;
    char *path = world_path(&world, "config/drawbridge/config.yaml");
    run(0, "", "context list");
    assert_in("out", "no contexts in ");
    run(0, "",
        "context add real --server '%s' --token-file data/admin-token --label 'Real one' --colour '#ff0000'",
        world.url);
    run(0, "", "context add cmd --server '%s' --read-only --only-project x -- cat '%s'", world.url,
        world.token_file);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    free(path);
    run(0, "", "auth");
    run(0, "", "--context cmd auth");
    run(5, "", "context add cmd --server '%s'", world.url);
    run(2, "", "context add x");
    assert_in("err", "--server is missing");
    run(2, "", "context add x --server y");
    assert_in("err", "the server's address y must look like https://keptn.example/api");
    run(0, "", "context use cmd");
    run(0, "", "context list");
    assert_in("out", "*  cmd ");
    run(0, "", "context list -o json");
    assert_in("out", "\"label\"");
    run(5, "", "context remove cmd");
    run(0, "", "context use real");
    run(0, "", "context remove cmd");
    run(3, "", "context remove cmd");
    run(3, "", "context use cmd");
    run(0, "", "auth");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_current_context_is_asked_with_its_token, set_up),
        cmocka_unit_test_setup(the_command_line_beats_the_environment_which_beats_the_file, set_up),
        cmocka_unit_test_setup(a_context_must_be_one_that_is_there, set_up),
        cmocka_unit_test_setup(a_settings_file_is_named_or_has_its_place, set_up),
        cmocka_unit_test_setup(what_is_for_one_server_is_not_sent_to_several, set_up),
        cmocka_unit_test_setup(a_command_prints_the_token, set_up),
        cmocka_unit_test_setup(a_command_that_hangs_is_ended_after_ten_seconds, set_up),
        cmocka_unit_test_setup(a_token_file_that_others_can_read_is_told, set_up),
        cmocka_unit_test_setup(a_settings_file_that_others_can_write_is_told_where_it_names_programs, set_up),
        cmocka_unit_test_setup(a_context_that_is_read_only_changes_nothing, set_up),
        cmocka_unit_test_setup(a_restricted_session_has_the_systems_settings_alone, set_up),
        cmocka_unit_test_setup(a_restricted_session_takes_only_its_users_own_token_file, set_up),
        cmocka_unit_test_setup(a_restricted_session_reads_and_runs_nothing_of_the_users_choosing, set_up),
        cmocka_unit_test_setup(a_restricted_dashboard_stays_in_its_terminal, set_up),
        cmocka_unit_test_setup(of_the_environment_a_restricted_session_keeps_terminal_and_language, set_up),
        cmocka_unit_test_setup(contexts_are_added_listed_chosen_and_removed, set_up),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
