/* drawbridged as a program: its tokens and what they may decide, its command line, its standard files. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "support/world.h"

/* The job of `check` ends when there is a file `go`, at the latest after 20 s. */
#define SHIPYARD                                                                                             \
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"               \
    "    - {name: qa, sequences: [{name: delivery, tasks: [{name: check}, {name: approval, properties: "     \
    "{pass: manual}}]}]}\n    - {name: production}\n"
#define JOB                                                                                                  \
    "apiVersion: v2\nactions:\n  - name: check\n    events: [{name: sh.keptn.event.check.triggered}]\n"      \
    "    tasks:\n      - name: check\n        cmd: [sh, -ec]\n"                                              \
    "        args: ['for i in $(seq 400); do test ! -e %s/go || exit 0; sleep 0.05; done; exit 1']\n"

/* Exit statuses of drawbridge. */
enum { DONE = 0, REFUSED = 2, FORBIDDEN = 4 };

static int drawbridged(const struct world *w, const char *words)
{
    char *line = mem_printf("'%s/drawbridged' %s", w->programs, words);
    int exit_status = world_shell(w, line);
    free(line);
    return exit_status;
}

static void open_world(struct world *w)
{
    world_open(w, NULL, true);
    char *job = mem_printf(JOB, w->directory);
    world_project(w, SHIPYARD, job);
    free(job);
}

static void deliver(struct world *w)
{
    free(world_run(w, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice",
                   "--image=x/y:v1", NULL));
}

/* The id of the newest `triggered` of the task; waits for it. The caller's. */
static char *triggered_id(struct world *w, const char *task)
{
    char *path =
        mem_printf("/mongodb-datastore/event?project=fulltour&type=sh.keptn.event.%s.triggered", task);
    char *id = NULL;
    for (int tries = 0; id == NULL && tries < 600; tries++) {
        cJSON *answer = world_get(w, path);
        const char *text = json_text(cJSON_GetArrayItem(json_get(answer, "events"), 0), "id");
        id = text != NULL ? mem_string(text) : NULL;
        cJSON_Delete(answer);
        if (id == NULL)
            (void)world_shell(w, "sleep 0.05");
    }
    free(path);
    assert_non_null(id);
    return id;
}

/* As the holder of w->token_file. */
static void assert_answer(struct world *w, const char *type, const char *id, int expected)
{
    char *event = mem_printf("{\"type\":\"sh.keptn.event.%s\",\"source\":\"t\",\"shkeptncontext\":\"%s\","
                             "\"triggeredid\":\"%s\",\"data\":"
                             "{\"project\":\"fulltour\",\"stage\":\"qa\",\"service\":\"helloservice\","
                             "\"result\":\"pass\",\"status\":"
                             "\"succeeded\"}}",
                             type, w->context, id);
    char *path = world_path(w, "event.json"), *option = mem_printf("--file=%s", path);
    world_write(w, "event.json", event);
    free(world_run(w, expected, "send", "event", option, NULL));
    free(option);
    free(path);
    free(event);
}

/* Who may decide hangs on the event's type: see src/api/events.c. */
static void only_approval_finished_decides_and_it_decides_nothing_else(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    char *admin = mem_string(w.token_file);
    assert_int_equal(drawbridged(&w, "--data data token create --name robot --role integration > robot"), 0);
    assert_int_equal(drawbridged(&w, "--data data token create --name ann --role approver > ann"), 0);
    deliver(&w);
    char *check = triggered_id(&w, "check");
    free(w.token_file);
    w.token_file = world_path(&w, "ann");
    assert_answer(&w, "approval.finished", check, REFUSED);
    free(w.token_file);
    w.token_file = admin;
    world_write(&w, "go", "");
    free(world_wait(&w, "waiting"));
    char *approval = triggered_id(&w, "approval");
    w.token_file = world_path(&w, "robot");
    assert_answer(&w, "check.finished", approval, REFUSED);
    assert_answer(&w, "check.started", approval, REFUSED);
    assert_answer(&w, "Approval.finished", approval, REFUSED);
    assert_answer(&w, "approval.finished", approval, FORBIDDEN);
    free(w.token_file);
    w.token_file = admin;
    free(world_wait(&w, "waiting"));
    assert_answer(&w, "approval.finished", approval, DONE);
    free(world_wait(&w, "finished"));
    free(check);
    free(approval);
    world_close(&w);
}

static void a_name_has_one_token_until_it_is_revoked(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    assert_int_equal(drawbridged(&w, "--data data token create --name ann --role viewer"), 0);
    assert_int_equal(drawbridged(&w, "--data data token create --name ann --role admin 2> err"), 5);
    char *text = world_read(&w, "err");
    assert_non_null(strstr(text, "token revoke ann"));
    free(text);
    assert_int_equal(drawbridged(&w, "--data data token revoke ann"), 0);
    assert_int_equal(drawbridged(&w, "--data data token revoke ann"), 3);
    assert_int_equal(drawbridged(&w, "--data data token create --name ann --role viewer"), 0);
    world_close(&w);
}

static void data_may_stand_behind_the_command(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    assert_int_equal(drawbridged(&w, "token create --data data --name ann --role viewer"), 0);
    assert_int_equal(drawbridged(&w, "token --data=data list > list"), 0);
    char *text = world_read(&w, "list");
    assert_non_null(strstr(text, "ann "));
    free(text);
    assert_int_equal(drawbridged(&w, "token revoke ann --data data"), 0);
    assert_int_equal(drawbridged(&w, "token list --data"), 2);
    assert_int_equal(drawbridged(&w, "--data data token list everything"), 2);
    world_close(&w);
}

static void closed_standard_files_stop_neither_program(void **state)
{
    static const char *const closed[] = {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"};
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        char *line = mem_printf("'%s/drawbridge' --server '%s' --token-file '%s' list %s; test $? -le 1",
                                w.programs, w.url, w.token_file, closed[i]);
        assert_int_equal(world_shell(&w, line), 0);
        free(line);
        line = mem_printf("'%s/drawbridged' --data other --listen 127.0.0.1:0 %s & p=$!; "
                          "for i in $(seq 400); do test -e other/admin-token && break; sleep 0.05; done; "
                          "kill $p; wait $p; s=$?; rm -rf other; test $s = 0 || test $s = 143",
                          w.programs, closed[i]);
        assert_int_equal(world_shell(&w, line), 0);
        free(line);
    }
    world_close(&w);
}

static void an_address_that_is_none_is_called_so(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, false);
    assert_int_equal(drawbridged(&w, "--data other --listen 8080 2> err"), 2);
    char *text = world_read(&w, "err");
    assert_non_null(strstr(text, "ADDRESS:PORT"));
    free(text);
    world_close(&w);
}

/* Exit status, and what was printed; the caller's. */
static int verify(struct world *w, const char *noted, char **told)
{
    char *line = mem_printf("\"$top_builddir/drawbridged\" --data data audit verify %s > told 2>&1", noted);
    int code = world_shell(w, line);
    *told = world_read(w, "told");
    free(line);
    return code;
}

static void tampering_with_the_audit_trail_is_found_and_named(void **state)
{
    struct world w;
    char *told, *head;
    (void)state;
    open_world(&w);
    free(world_run(&w, 0, "create", "service", "second", "--project=fulltour", NULL));
    assert_int_equal(verify(&w, "", &told), 0); /* beside the server */
    assert_non_null(strstr(told, "none changed, none missing"));
    head = mem_string(strstr(told, "head ") + 5);
    head[strcspn(head, "\n")] = '\0';
    free(told);
    free(world_run(&w, 0, "create", "service", "third", "--project=fulltour", NULL));
    assert_int_equal(verify(&w, head, &told), 0);
    free(told);
    char *shown = world_run(&w, 0, "audit", NULL);
    assert_non_null(strstr(shown, "create service"));
    assert_non_null(strstr(shown, "third"));
    free(shown);
    world_kill(&w, SIGTERM);
    /* One byte of one row. */
    assert_int_equal(world_shell(&w, "LC_ALL=C sed -i 's/create servicefulltour127.0.0.1second/"
                                     "create servicefulltour127.0.0.1sacond/' data/drawbridged.db"),
                     0);
    assert_int_equal(verify(&w, "", &told), 5);
    assert_non_null(strstr(told, "audit row "));
    assert_non_null(strstr(told, "is not what was written"));
    free(told);
    free(head);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_approval_finished_decides_and_it_decides_nothing_else),
        cmocka_unit_test(a_name_has_one_token_until_it_is_revoked),
        cmocka_unit_test(data_may_stand_behind_the_command),
        cmocka_unit_test(closed_standard_files_stop_neither_program),
        cmocka_unit_test(an_address_that_is_none_is_called_so),
        cmocka_unit_test(tampering_with_the_audit_trail_is_found_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
