/* What is remembered between two starts comes back; what is broken, foreign or hostile is ignored with one
 * line. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "settings/state.h"

static char folder[32], *path;

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/state-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    path = mem_printf("%s/sub/view.json", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char *lock = mem_printf("%s.lock", path);
    (void)unlink(path); /* either may be missing */
    (void)unlink(lock);
    *strrchr(path, '/') = '\0';
    (void)rmdir(path);
    free(path);
    free(lock);
    return rmdir(folder); /* fails where something temporary is left */
}

static struct state load(void)
{
    struct state s;
    struct error err = ERROR_NONE;
    if (state_load(path, &s, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    return s;
}

static void write_file(const char *text, size_t len)
{
    char *slash = strrchr(path, '/');
    *slash = '\0';
    (void)mkdir(path, 0700); /* may be there */
    *slash = '/';
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void folds_and_theme_come_back(void **state)
{
    static const char *const folds[] = {"eu/fulltour", "+eu/fulltour/qa", "\xC3\xA4 \"quoted\""};
    struct error err = ERROR_NONE;
    struct stat info;
    (void)state;
    struct state s = load();
    assert_null(s.theme);
    assert_int_equal(s.folded_count, 0);
    state_free(&s);
    assert_int_equal(state_save_view(path, "light", folds, 3, &err), STATUS_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    s = load();
    assert_string_equal(s.theme, "light");
    assert_int_equal(s.folded_count, 3);
    assert_string_equal(s.folded[2], folds[2]);
    state_free(&s);
    assert_int_equal(state_save_view(path, NULL, NULL, 0, &err), STATUS_OK);
    s = load();
    assert_null(s.theme);
    assert_int_equal(s.folded_count, 0);
    state_free(&s);
}

static void what_is_too_much_is_not_kept(void **state)
{
    char **folds = mem_alloc((STATE_FOLDS_MAX + 10) * sizeof *folds);
    char *longest = mem_alloc(STATE_TEXT_MAX + 2);
    struct error err = ERROR_NONE;
    (void)state;
    memset(longest, 'x', STATE_TEXT_MAX + 1);
    for (size_t i = 0; i < STATE_FOLDS_MAX + 10; i++)
        folds[i] = i == 0 ? longest : mem_printf("%zu", i);
    union {
        char **in;
        const char *const *out;
    } same = {.in = folds};
    assert_int_equal(state_save_view(path, longest, same.out, STATE_FOLDS_MAX + 10, &err), STATUS_OK);
    struct state s = load();
    assert_null(s.theme);
    assert_int_equal(s.folded_count, STATE_FOLDS_MAX - 1);
    assert_string_equal(s.folded[0], "1");
    state_free(&s);
    assert_int_equal(state_note_pending(path, longest, &err), STATUS_TOO_LARGE);
    for (int i = 0; i < STATE_NOTES_MAX; i++)
        assert_int_equal(state_note_pending(path, "x", &err), STATUS_OK);
    assert_int_equal(state_note_pending(path, "x", &err), STATUS_TOO_LARGE);
    for (size_t i = 0; i < STATE_FOLDS_MAX + 10; i++)
        free(folds[i]);
    free(folds);
}

/* In a child, which ends without a word. */
static void note_and_die(const char *what)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(state_note_pending(path, what, NULL) != STATUS_OK);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void a_decision_that_a_dashboard_took_with_it_is_told_once(void **state)
{
    struct error err = ERROR_NONE;
    (void)state;
    assert_int_equal(state_save_view(path, "mono", NULL, 0, &err), STATUS_OK);
    note_and_die("approve helloservice v0.1.1 into production");
    assert_int_equal(state_note_pending(path, "ours", &err), STATUS_OK); /* of a process that lives */
    struct state s = load();
    assert_int_equal(s.unsent_count, 1);
    assert_string_equal(s.unsent[0], "approve helloservice v0.1.1 into production");
    assert_string_equal(s.theme, "mono");
    state_free(&s);
    assert_int_equal(state_forget_unsent(path, &err), STATUS_OK);
    s = load();
    assert_int_equal(s.unsent_count, 0);
    state_free(&s);
    char *text = mem_alloc(4096);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_true(fread(text, 1, 4095, file) > 0);
    fclose(file);
    assert_non_null(strstr(text, "ours"));
    free(text);
}

static void a_decision_that_was_sent_or_taken_back_is_not_told(void **state)
{
    struct error err = ERROR_NONE;
    int status = 0;
    (void)state;
    pid_t pid = fork();
    if (pid == 0)
        _exit(state_note_pending(path, "a", NULL) != STATUS_OK ||
              state_note_pending(path, "b", NULL) != STATUS_OK ||
              state_forget_pending(path, "a", NULL) != STATUS_OK);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(state_forget_pending(path, "b", &err), STATUS_OK); /* another's */
    struct state s = load();
    assert_int_equal(s.unsent_count, 1);
    assert_string_equal(s.unsent[0], "b");
    state_free(&s);
}

static const struct {
    const char *name, *text;
    size_t len;
} broken[] = {
#define ROW(name, text)                                                                                      \
    {                                                                                                        \
        name, text, sizeof(text) - 1                                                                         \
    }
    ROW("no JSON", "theme: x"),
    ROW("cut off", "{\"theme\":\"x"),
    ROW("a list", "[]"),
    ROW("a NUL", "{}\0"),
    ROW("a theme that is a number", "{\"theme\":1}"),
    ROW("folds that are an object", "{\"folded\":{}}"),
    ROW("a fold that is a list", "{\"folded\":[[]]}"),
    ROW("a note that is a text", "{\"pending\":[\"x\"]}"),
    ROW("a note without words", "{\"pending\":[{\"pid\":1}]}"),
    ROW("a key twice", "{\"theme\":\"x\",\"theme\":\"y\"}"),
    ROW("bytes that are not UTF-8", "{\"theme\":\"\xFF\"}"),
#undef ROW
};

static void a_broken_file_is_ignored_and_replaced(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct state s;
        struct error err = ERROR_NONE;
        write_file(broken[i].text, broken[i].len);
        if (state_load(path, &s, &err) != STATUS_INVALID)
            fail_msg("%s was taken", broken[i].name);
        assert_true(strncmp(err.text, "the state file /tmp/", 20) == 0 &&
                    strstr(err.text, " is ignored: ") != NULL);
        assert_null(strchr(err.text, '\n'));
        assert_null(s.theme);
        state_free(&s);
        assert_int_equal(state_note_pending(path, "x", &err), STATUS_OK);
        s = load();
        state_free(&s);
    }
}

static void a_note_of_a_process_that_never_was_is_told(void **state)
{
    static const char text[] =
        "{\"pending\":[{\"what\":\"a\",\"pid\":1e300,\"started\":\"1\"},{\"what\":\"b\",\"pid\":"
        "-1,\"started\":\"1\"},{\"what\":\"c\"},{\"what\":\"d\",\"pid\":1,\"started\":\"x\"}],"
        "\"later\":true}";
    (void)state;
    write_file(text, sizeof text - 1);
    struct state s = load();
    assert_int_equal(s.unsent_count, 4);
    state_free(&s);
}

static void what_is_no_plain_file_or_far_too_long_is_ignored(void **state)
{
    struct state s;
    struct error err = ERROR_NONE;
    (void)state;
    size_t len = 5 * 1024 * 1024;
    char *text = mem_alloc(len);
    memset(text, ' ', len);
    write_file(text, len);
    free(text);
    assert_int_equal(state_load(path, &s, &err), STATUS_TOO_LARGE);
    state_free(&s);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(state_load(path, &s, &err), STATUS_FAILED); /* and does not wait for a writer */
    state_free(&s);
}

static void the_place_is_of_the_environment_but_in_a_restricted_session(void **state)
{
    (void)state;
    setenv("XDG_STATE_HOME", "/a", 1);
    setenv("HOME", "/b", 1);
    char *place = state_path(false);
    assert_string_equal(place, "/a/drawbridge/view.json");
    free(place);
    setenv("XDG_STATE_HOME", "relative", 1);
    place = state_path(false);
    assert_string_equal(place, "/b/.local/state/drawbridge/view.json");
    free(place);
    place = state_path(true);
    assert_true(place == NULL || strncmp(place, "/b/", 3) != 0);
    free(place);
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    assert_null(state_path(false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(folds_and_theme_come_back),
        TEST(what_is_too_much_is_not_kept),
        TEST(a_decision_that_a_dashboard_took_with_it_is_told_once),
        TEST(a_decision_that_was_sent_or_taken_back_is_not_told),
        TEST(a_broken_file_is_ignored_and_replaced),
        TEST(a_note_of_a_process_that_never_was_is_told),
        TEST(what_is_no_plain_file_or_far_too_long_is_ignored),
        TEST(the_place_is_of_the_environment_but_in_a_restricted_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
