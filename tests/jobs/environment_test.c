/* What a task's variables and command line become, and the names and texts around them. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "world.h"

#define WORK "/var/w"

struct made {
    struct event event;
    struct jobconfig *config;
    struct environment environment;
    enum status status;
    struct error err;
};

/* The first task of a configuration, in flow style. */
static void make(struct made *m, const char *task, const char *extra)
{
    static char *no_names[] = {NULL};
    const struct jobs jobs = {.environment = no_names};
    cJSON *secrets[8] = {NULL};
    *m = (struct made){.err = ERROR_NONE};
    char *text = mem_printf("apiVersion: v2\nactions: [{tasks: [%s]}]\n", task);
    if (jobconfig_parse(text, strlen(text), "job/config.yaml", &m->config, &m->err) != STATUS_OK)
        fail_msg("%s", m->err.text);
    free(text);
    world_event(&m->event, "id", "sh.keptn.event.je.triggered", extra);
    const struct environment_source source = {.jobs = &jobs,
                                              .event = &m->event,
                                              .task = &m->config->actions[0].tasks[0],
                                              .workdir = WORK,
                                              .secrets = secrets};
    m->status = environment_make(&source, &m->environment, &m->err);
}

static void made_free(struct made *m)
{
    environment_free(&m->environment);
    jobconfig_free(m->config);
    event_free(&m->event);
}

#define ENV                                                                                                  \
    "env: [{name: A, value: a, valueFrom: string}, {name: B, value: '$(A)$(C)', valueFrom: string}, {name: " \
    "C, value: "                                                                                             \
    "c1, valueFrom: string}, {name: C, value: c2, valueFrom: string}, {name: EMPTY, valueFrom: string}, "    \
    "{name: V, "                                                                                             \
    "value: $.data.v, valueFrom: event}]"

static const struct {
    const char *name, *argument, *expected;
} expansions[] = {
    {"nothing to replace", "plain text", "plain text"},
    {"a variable", "x$(A)y", "xay"},
    {"of equal names the last", "$(C)", "c2"},
    {"one before it is declared stays", "$(B)", "a$(C)"},
    {"an unknown one stays", "$(NO) $()", "$(NO) $()"},
    {"an empty one", "<$(EMPTY)>", "<>"},
    {"escaped", "$$(A)", "$(A)"},
    {"escaped twice", "$$$(A)", "$a"},
    {"two dollar signs are one", "$$", "$"},
    {"a shell's variable stays", "$A ${A}", "$A ${A}"},
    {"no end", "$(A", "$(A"},
    {"a dollar sign last", "5$", "5$"},
    {"inner ones are not seen", "$($(A))", "$($(A))"},
    {"variables of the executor", "$(KEPTN_PROJECT)/$(KEPTN_STAGE)/$(KEPTN_SERVICE)",
     "fulltour/qa/helloservice"},
    {"a label", "$(LABELS_V_1)", "one"},
    {"from the event, not replaced again", "$(V)", "$(A)"},
    {"what is let through is not known", "$(PATH)", "$(PATH)"},
    {"the directory", "/keptn", WORK},
    {"a file in it", "cat /keptn/a/b;ls \"/keptn\"", "cat " WORK "/a/b;ls \"" WORK "\""},
    {"behind an equals sign", "--file=/keptn/x", "--file=" WORK "/x"},
    {"in a search path", "/bin:/keptn:/keptn/bin", "/bin:" WORK ":" WORK "/bin"},
    {"in a URL it stays", "https://github.com/keptn/keptn", "https://github.com/keptn/keptn"},
    {"as a host it stays", "http://keptn/api", "http://keptn/api"},
    {"below another folder it stays", "/opt/keptn/x ~/keptn", "/opt/keptn/x ~/keptn"},
    {"as the beginning of a name it stays", "/keptn2 /keptn-x /keptn.d", "/keptn2 /keptn-x /keptn.d"},
};

static void arguments_are_completed_as_in_kubernetes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expansions / sizeof *expansions; i++) {
        struct made m;
        struct buffer task = BUFFER_LIMIT(4096);
        buffer_add_text(&task, "{cmd: [");
        json_print_text(expansions[i].argument, &task);
        buffer_add_text(&task, "], args: [last], " ENV "}");
        make(&m, buffer_text(&task), ",\"v\":\"$(A)\",\"labels\":{\"v-1\":\"one\"}");
        if (m.status != STATUS_OK)
            fail_msg("%s: %s", expansions[i].name, m.err.text);
        if (strcmp(m.environment.argv[0], expansions[i].expected) != 0)
            fail_msg("%s: \"%s\", expected \"%s\"", expansions[i].name, m.environment.argv[0],
                     expansions[i].expected);
        assert_string_equal(m.environment.argv[1], "last");
        assert_null(m.environment.argv[2]);
        buffer_free(&task);
        made_free(&m);
    }
}

static void the_directory_is_below_the_working_directory(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"", WORK "/"},
                                          {"workingDir: sub, ", WORK "/sub"},
                                          {"workingDir: /keptn/sub, ", WORK "/sub"},
                                          {"workingDir: /tmp, ", "/tmp"},
                                          {"workingDir: '$(KEPTN_STAGE)', ", WORK "/qa"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made m;
        char *task = mem_printf("{%scmd: [x]}", rows[i][0]);
        make(&m, task, "");
        assert_int_equal(m.status, STATUS_OK);
        assert_string_equal(m.environment.directory, rows[i][1]);
        free(task);
        made_free(&m);
    }
}

static char *repeated(char c, size_t count)
{
    char *text = mem_alloc(count + 1);
    memset(text, c, count);
    return text;
}

static void what_a_process_cannot_be_given_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *name, *format;
        size_t count;
        enum status status;
    } rows[] = {
        {"a variable of the event that just fits",
         "{cmd: [x], env: [{name: A, value: $.data.v, valueFrom: event}]}", 131000, STATUS_OK},
        {"a variable of the event that is too long",
         "{cmd: [x], env: [{name: A, value: $.data.v, valueFrom: event}]}", 131071, STATUS_TOO_LARGE},
        {"an argument that gets too long",
         "{cmd: ['$(A)$(A)$(A)'], env: [{name: A, value: $.data.v, valueFrom: event}]}", 60000,
         STATUS_TOO_LARGE},
        {"arguments that are too long together",
         "{cmd: [&a '$(A)', *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a], env: [{name: A, value: $.data.v, "
         "valueFrom: "
         "event}]}",
         100000, STATUS_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made m;
        char *value = repeated('v', rows[i].count), *extra = mem_printf(",\"v\":\"%s\"", value);
        make(&m, rows[i].format, extra);
        if (m.status != rows[i].status)
            fail_msg("%s: %s %s", rows[i].name, status_words(m.status), m.err.text);
        free(value);
        free(extra);
        made_free(&m);
    }
}

static void too_many_labels_are_an_error(void **state)
{
    (void)state;
    struct made m;
    struct buffer extra = BUFFER_LIMIT(JSON_EVENT_MAX);
    for (int i = 0; i < 5000; i++)
        buffer_printf(&extra, "%s\"l%d\":\"x\"", i == 0 ? ",\"labels\":{" : ",", i);
    buffer_add_text(&extra, "}");
    make(&m, "{cmd: [x]}", buffer_text(&extra));
    assert_int_equal(m.status, STATUS_TOO_LARGE);
    buffer_free(&extra);
    made_free(&m);
}

static void an_id_becomes_a_harmless_file_name(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{WORLD_ID, WORLD_ID},
                                          {"../../etc/passwd", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd"},
                                          {"a b\n", "a%20b%0A"},
                                          {"", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *name = workdir_file_name(rows[i][0]);
        assert_string_equal(name, rows[i][1]);
        free(name);
    }
    char *one = repeated('x', 5000), *two = repeated('x', 5000);
    two[4999] = 'y';
    char *first = workdir_file_name(one), *second = workdir_file_name(two);
    assert_in_range(strlen(first), 1, 200);
    assert_string_not_equal(first, second);
    free(one);
    free(two);
    free(first);
    free(second);
}

static void seconds_are_written_as_go_does(void **state)
{
    (void)state;
    static const struct {
        int seconds;
        const char *expected;
    } rows[] = {{1, "1s"}, {59, "59s"}, {60, "1m0s"}, {300, "5m0s"}, {3600, "1h0m0s"}, {3725, "1h2m5s"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[32];
        message_duration(rows[i].seconds, text);
        assert_string_equal(text, rows[i].expected);
    }
}

static void a_tail_begins_with_a_whole_line_or_character(void **state)
{
    (void)state;
    char path[] = "/tmp/drawbridge-tail-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("skipped\nx", file); /* an odd number: the tail then begins inside an ä */
    for (int i = 0; i < JOBS_TAIL_MAX; i++)
        fputs("\xc3\xa4", file);
    fflush(file);
    struct buffer out = BUFFER_LIMIT(JOBS_MESSAGE_MAX);
    message_add_tail(&out, path, 8);
    assert_true(utf8_is_valid(buffer_text(&out), out.len));
    assert_null(strstr(buffer_text(&out), "\xef\xbf\xbd"));
    world_assert_text(buffer_text(&out), " bytes before this]\n\xc3\xa4");
    buffer_clear(&out);
    fputs("\nlast line\n", file);
    fflush(file);
    message_add_tail(&out, path, 8);
    world_assert_text(buffer_text(&out), " bytes before this]\nlast line\n");
    buffer_clear(&out);
    message_add_tail(&out, path, message_log_size(path)); /* the next task has written nothing yet */
    assert_int_equal(out.len, 0);
    message_add_tail(&out, "/no/such/log", 0);
    assert_int_equal(out.len, 0);
    buffer_free(&out);
    fclose(file);
    unlink(path);
}

static void any_tree_can_be_made_anew(void **state)
{
    (void)state;
    char base[] = "/tmp/drawbridge-tree-XXXXXX", outside[] = "/tmp/drawbridge-outside-XXXXXX";
    struct error err = ERROR_NONE;
    assert_non_null(mkdtemp(base));
    assert_non_null(mkdtemp(outside));
    char *path = mem_printf("%s/w", base), *link = mem_printf("%s/w/link", base),
         *kept = mem_printf("%s/kept", outside);
    assert_int_equal(workdir_make(path, &err), STATUS_OK);
    int folder = open(path, O_RDONLY | O_DIRECTORY), deep = dup(folder);
    for (int i = 0; i < 500; i++) { /* deeper than descriptors reach */
        assert_int_equal(mkdirat(deep, "d", 0700), 0);
        int next = openat(deep, "d", O_RDONLY | O_DIRECTORY);
        assert_true(next >= 0);
        close(deep);
        deep = next;
    }
    close(deep);
    assert_int_equal(mkdirat(folder, "locked", 0700), 0);
    assert_int_equal(mkdirat(folder, "locked/inner", 0700), 0);
    assert_int_equal(fchmodat(folder, "locked", 0, 0), 0);
    close(folder);
    assert_int_equal(mkdir(kept, 0700), 0);
    assert_int_equal(symlink(outside, link), 0);
    assert_int_equal(workdir_make(path, &err), STATUS_OK); /* removes it first */
    assert_true(world_exists(kept));                       /* no link is followed */
    assert_int_equal(rmdir(path), 0);                      /* it was empty */
    assert_int_equal(rmdir(kept), 0);
    assert_int_equal(rmdir(outside), 0);
    assert_int_equal(rmdir(base), 0);
    assert_int_equal(workdir_make(path, &err), STATUS_FAILED);
    world_assert_text(err.text, "cannot make the working directory");
    free(path);
    free(link);
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_completed_as_in_kubernetes),
        cmocka_unit_test(the_directory_is_below_the_working_directory),
        cmocka_unit_test(what_a_process_cannot_be_given_is_an_error),
        cmocka_unit_test(too_many_labels_are_an_error),
        cmocka_unit_test(an_id_becomes_a_harmless_file_name),
        cmocka_unit_test(seconds_are_written_as_go_does),
        cmocka_unit_test(a_tail_begins_with_a_whole_line_or_character),
        cmocka_unit_test(any_tree_can_be_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
