/* Who is started when, and who is ended when. */
#include "config.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/process.h"
#include "jobs/procs.h"
#include "world.h"

#define ACTION "apiVersion: v2\nactions:\n- name: act\n  events: [{name: sh.keptn.event.je.triggered}]\n"

/* A child that ignores SIGTERM, one in a session of its own, and one that a second fork has made an orphan
 * there; each writes its process number into the log. */
#define FAMILY                                                                                               \
    "trap \"\" TERM; echo pid $$$$; setsid sh -c \"echo pid \\$\\$; (setsid sh -c \\\"echo pid "             \
    "\\\\\\$\\\\\\$; exec sleep "                                                                            \
    "300\\\" &) ; exec sleep 300\" & sleep 300 & echo pid $!; "

/* The numbers behind "pid " in the log; returns how many there are, at most max. */
static size_t pids_in_log(const struct world *w, int64_t *pids, size_t max)
{
    char *log = world_log(w);
    size_t count = 0;
    for (const char *at = log; (at = strstr(at, "pid ")) != NULL && strchr(at, '\n') && count < max; at++)
        pids[count++] = strtoll(at + 4, NULL, 10);
    free(log);
    return count;
}

static bool has_four_pids(struct world *w)
{
    int64_t pids[8];
    return pids_in_log(w, pids, 8) == 4;
}

static bool has_pid(struct world *w)
{
    int64_t pids[8];
    return pids_in_log(w, pids, 8) == 1;
}

static bool has_two_commits(struct world *w)
{
    return w->commit_count == 2;
}

static void nothing_starts_before_its_record_is_stored(void **state)
{
    (void)state;
    struct world w;
    struct procs_entry *below, child;
    world_open(&w, NULL, 0, 0);
    char *config = mem_printf(ACTION "  tasks: [{name: t, cmd: [touch, %s]}]\n", w.marker);
    w.config = config;
    w.hold_commits = true;
    world_handle(&w, "");
    world_run_ms(&w, 50);
    assert_int_equal(w.commit_count, 1);
    assert_string_equal(world_commit(&w, 0)->state, "starting");
    assert_int_equal(procs_below(getpid(), &below), 0); /* not even jobshim */
    free(below);

    world_release(&w);
    world_wait(&w, has_two_commits, "the record of the process");
    const struct commit *running = world_commit(&w, 1);
    assert_string_equal(running->state, "running");
    world_run_ms(&w, 50);
    assert_true(procs_read((pid_t)running->pid, &child)); /* there, but it has not executed anything */
    assert_int_equal(child.start_time, running->start_time);
    assert_int_equal(child.group, running->pid);
    assert_false(world_exists(w.marker));

    w.hold_commits = false;
    world_release(&w);
    world_wait(&w, world_has_ended, "the end");
    assert_true(world_exists(w.marker));
    free(config);
    world_close(&w);
}

static bool has_no_job(struct world *w)
{
    return !w->j->jobs;
}

static bool has_no_job_nor_directory(struct world *w)
{
    return !w->j->jobs && w->j->removals == 0;
}

static void nothing_starts_where_its_record_could_not_be_stored(void **state)
{
    (void)state;
    for (int failing = 0; failing < 2; failing++) {
        struct world w;
        world_open(&w, NULL, 0, 0);
        char *config = mem_printf(ACTION "  tasks: [{name: t, cmd: [touch, %s]}]\n", w.marker);
        w.config = config;
        w.hold_commits = true;
        world_handle(&w, "");
        if (failing == 1) {
            world_release(&w);
            world_wait(&w, has_two_commits, "the record of the process");
        }
        w.hold_commits = false;
        w.commit_status = STATUS_FAILED;
        world_release(&w);
        world_wait(&w, has_no_job, "the end of the job");
        assert_false(world_exists(w.marker));
        free(config);
        world_close(&w);
    }
}

static void a_job_past_its_time_is_ended_with_all_below_it(void **state)
{
    (void)state;
    struct world w;
    int64_t pids[8];
    world_open(&w, NULL, 0, 0);
    w.config = ACTION "  tasks: [{name: slow, maxPollDuration: 1, cmd: [sh, -c, '" FAMILY
                      "wait; wait; sleep 300']}]\n";
    world_handle(&w, "");
    world_wait(&w, has_four_pids, "four processes");
    assert_int_equal(pids_in_log(&w, pids, 8), 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(process_is_there(pids[i]));
    int64_t start_ns = clock_monotonic_ns();
    world_wait(&w, world_has_ended, "the end");
    for (size_t i = 0; i < 4; i++)
        assert_false(process_is_there(pids[i]));
    assert_true(clock_monotonic_ns() - start_ns >= 2 * CLOCK_S); /* SIGTERM, 2 s for it, SIGKILL */
    const struct commit *finished = world_commit(&w, w.commit_count - 1);
    assert_string_equal(json_text(finished->data, "status"), "errored");
    assert_string_equal(json_text(finished->data, "result"), "fail");
    world_assert_text(world_message(finished),
                      "Error while creating job: polling for job slow timing out after 1s: max "
                      "poll count reached for job");
    world_assert_text(world_message(finished), "\n\nLogs:\npid ");
    world_close(&w);
}

static void a_job_past_its_time_may_end_by_itself_on_sigterm(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    w.config = ACTION "  tasks: [{name: slow, maxPollDuration: 1, cmd: [sh, -c, 'trap \"echo cleaned up; "
                      "exit 0\" TERM; sleep "
                      "300 & wait']}]\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    const struct commit *finished = world_commit(&w, w.commit_count - 1);
    assert_string_equal(json_text(finished->data, "result"),
                        "fail"); /* its exit status does not count any more */
    world_assert_text(world_message(finished), "timing out after 1s");
    world_assert_text(world_message(finished), "cleaned up\n");
    world_close(&w);
}

static void what_is_left_in_the_group_ends_with_the_job(void **state)
{
    (void)state;
    struct world w;
    int64_t pid;
    world_open(&w, NULL, 0, 0);
    w.config = ACTION "  tasks: [{name: t, cmd: [sh, -c, 'trap \"\" TERM; sleep 300 & echo pid $!']}]\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    assert_string_equal(json_text(world_commit(&w, 2)->data, "result"), "pass");
    assert_int_equal(pids_in_log(&w, &pid, 1), 1);
    assert_false(process_is_there(pid));
    world_close(&w);
}

static void a_service_that_left_the_group_lives_on(void **state)
{
    (void)state;
    struct world w;
    int64_t pid;
    world_open(&w, NULL, 0, 0);
    char *config = mem_printf(
        ACTION "  tasks: [{name: t, cmd: [sh, -c, 'setsid sh -c \"echo \\$\\$ > %s.new; mv %s.new %s; "
               "exec sleep 300\" < /dev/null > /dev/null 2>&1 & until test -e %s; do sleep 0.01; "
               "done; echo pid $(cat %s)']}]\n",
        w.marker, w.marker, w.marker, w.marker, w.marker);
    /* $$(cat would be one dollar sign as well; $(cat …) is no variable and stays */
    w.config = config;
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    assert_string_equal(json_text(world_commit(&w, 2)->data, "result"), "pass");
    assert_int_equal(pids_in_log(&w, &pid, 1), 1);
    assert_true(process_is_there(pid));
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    wait_until_gone(&w, pid);
    free(config);
    world_close(&w);
}

static void a_stop_ends_everything_and_tells_nothing(void **state)
{
    (void)state;
    struct world w;
    int64_t pids[8];
    world_open(&w, NULL, 1, 0);
    w.config = ACTION "  tasks: [{name: t, cmd: [sh, -c, '" FAMILY "wait; wait; sleep 300']}]\n";
    world_handle(&w, "");
    struct event ev = {0};
    world_event(&ev, "second", "sh.keptn.event.je.triggered", "");
    jobs_handle(w.j, &ev, 8); /* waits for its turn */
    world_wait(&w, has_four_pids, "four processes");
    size_t commits = w.commit_count;
    assert_int_equal(pids_in_log(&w, pids, 8), 4);
    char *work = mem_printf("%s/jobs/" WORLD_ID ".work", w.directory);
    assert_true(world_exists(work));
    jobs_stop(w.j, NULL, NULL);
    jobs_handle(w.j, &ev, 9); /* too late: it stays for the next start */
    event_free(&ev);
    world_wait(&w, has_no_job_nor_directory, "the end of the jobs");
    assert_false(world_exists(work));
    for (size_t i = 0; i < 4; i++)
        assert_false(process_is_there(pids[i]));
    assert_int_equal(w.commit_count, commits);
    world_close(&w);
    free(work);
}

static void a_stop_between_record_and_start_starts_nothing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    char *config = mem_printf(ACTION "  tasks: [{name: t, cmd: [touch, %s]}]\n", w.marker);
    w.config = config;
    w.hold_commits = true;
    world_handle(&w, "");
    world_release(&w);
    world_wait(&w, has_two_commits, "the record of the process");
    int64_t pid = world_commit(&w, 1)->pid;
    jobs_stop(w.j, NULL, NULL);
    wait_until_gone(&w, pid);
    world_release(&w);
    world_wait(&w, has_no_job, "the end of the job");
    assert_false(world_exists(w.marker));
    free(config);
    world_close(&w);
}

/* Runs a job in a process of its own, as drawbridged would, and ends that process the hard way. */
static void a_job_does_not_outlive_a_killed_drawbridged(void **state)
{
    (void)state;
    struct world w, inner;
    int ready[2], stay[2];
    int64_t pids[8];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(stay), 0);
    pid_t daemon = fork();
    assert_true(daemon >= 0);
    if (daemon == 0) {
        world_open(&inner, NULL, 0, 0);
        inner.config = ACTION "  tasks: [{name: t, cmd: [sh, -c, '" FAMILY "wait; wait; sleep 300']}]\n";
        world_handle(&inner, "");
        world_wait(&inner, has_four_pids, "four processes");
        (void)pids_in_log(&inner, pids, 8);
        if (write(ready[1], pids, sizeof pids) < 0 ||
            write(ready[1], inner.directory, sizeof inner.directory) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    world_open(&w, NULL, 0, 0);
    assert_int_equal(read(ready[0], pids, sizeof pids), sizeof pids);
    assert_int_equal(read(ready[0], inner.directory, sizeof inner.directory), sizeof inner.directory);
    for (size_t i = 0; i < 4; i++)
        assert_true(process_is_there(pids[i]));
    assert_int_equal(kill(daemon, SIGKILL), 0);
    assert_int_equal(waitpid(daemon, NULL, 0), daemon);
    for (size_t i = 0; i < 4; i++)
        wait_until_gone(&w, pids[i]);
    for (size_t i = 0; i < 2; i++) {
        close(ready[i]);
        close(stay[i]);
    }
    const char *const remove[] = {"rm", "-rf", inner.directory, NULL};
    const struct process_request request = {.argv = remove, .deadline_ms = 20000};
    struct error err = ERROR_NONE;
    int exit_status = 1;
    assert_int_equal(process_run(&request, NULL, NULL, &exit_status, &err), STATUS_OK);
    world_close(&w);
}

static void a_job_whose_jobshim_is_killed_fails(void **state)
{
    (void)state;
    struct world w;
    int64_t pid;
    struct procs_entry job;
    world_open(&w, NULL, 0, 0);
    w.config = ACTION "  tasks: [{name: t, cmd: [sh, -c, 'echo pid $$$$; exec sleep 300']}]\n";
    world_handle(&w, "");
    world_wait(&w, has_pid, "the process");
    assert_int_equal(pids_in_log(&w, &pid, 1), 1);
    assert_true(procs_read((pid_t)pid, &job));
    assert_int_equal(kill(job.parent, SIGKILL), 0);
    world_wait(&w, world_has_ended, "the end");
    world_assert_text(world_message(world_commit(&w, 2)), "its jobshim ended before it");
    wait_until_gone(&w, pid);
    world_close(&w);
}

/* --- /keptn --- */

static bool can_unshare_mounts(void)
{
    int status = 1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
                      mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0
                  ? 0
                  : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static size_t count_mounts(void)
{
    struct buffer mounts = BUFFER_LIMIT(1 << 20);
    const char *const cat[] = {"cat", "/proc/self/mounts", NULL};
    const struct process_request request = {.argv = cat, .deadline_ms = 20000};
    struct error err = ERROR_NONE;
    int exit_status = 1;
    size_t lines = 0;
    assert_int_equal(process_run(&request, &mounts, NULL, &exit_status, &err), STATUS_OK);
    for (size_t i = 0; i < mounts.len; i++)
        lines += mounts.data[i] == '\n';
    buffer_free(&mounts);
    return lines;
}

/* Without mounts, /keptn is replaced in command and variables. */
static void a_command_finds_its_file_without_mounts(void)
{
    struct world w;
    world_open(&w, NULL, 0, 0);
    w.config = ACTION "  tasks: [{name: t, files: [script], cmd: [sh, /keptn/script]}]\n";
    w.file_name = "script";
    w.file_text = "echo found\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    char *log = world_log(&w);
    world_assert_text(log, "found\n");
    assert_string_equal(json_text(world_commit(&w, 2)->data, "result"), "pass");
    free(log);
    world_close(&w);
}

static void a_file_finds_its_neighbours_at_keptn(void **state)
{
    (void)state;
    struct world w;
    if (!can_unshare_mounts()) {
        a_command_finds_its_file_without_mounts();
        return;
    }
    bool existed = world_exists("/keptn");
    size_t mounts = count_mounts();
    world_open(&w, NULL, 0, 0);
    w.config = ACTION "  tasks: [{name: t, files: [script], cmd: [sh, /keptn/script]}]\n";
    w.file_name = "script";
    w.file_text = "head -1 /keptn/script; pwd; cd /keptn; ls; touch new; ls /tmp > /dev/null && test -d "
                  "/proc/1 && echo all "
                  "is there; command -v sh; setsid true; tail -1 \"$0\"; ls ..; exit 0\n# end\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    char *log = world_log(&w);
    world_assert_text(log, ".work/1\nscript\nall is there\n");
    world_assert_text(log, "\n# end\n");
    world_assert_text(log, "\nkeptn\n");
    assert_string_equal(json_text(world_commit(&w, 2)->data, "result"), "pass");
    char *work = mem_printf("%s/jobs/" WORLD_ID ".work", w.directory);
    assert_false(world_exists(work));
    assert_int_equal(world_exists("/keptn"), existed);
    assert_int_equal(count_mounts(), mounts);
    free(work);
    free(log);
    world_close(&w);
}

/* --- after a restart --- */

static int64_t ticks_since_boot(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &now), 0);
    return (int64_t)now.tv_sec * sysconf(_SC_CLK_TCK) + now.tv_nsec * sysconf(_SC_CLK_TCK) / CLOCK_S;
}

/* The record is written before the command is executed, and compared after it. */
static void a_process_keeps_its_start_time_when_it_executes(void **state)
{
    (void)state;
    int go[2], out[2];
    char byte;
    struct procs_entry before, after;
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(out), 0);
    int64_t earliest = ticks_since_boot() - 2; /* the kernel rounds down */
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(out[1], 1);
        if (read(go[0], &byte, 1) == 1)
            execl("/bin/sh", "sh", "-c", "echo x; exec sleep 300", (char *)NULL);
        _exit(127);
    }
    assert_true(procs_read(pid, &before));
    assert_in_range(before.start_time, earliest, ticks_since_boot() + 2);
    assert_int_equal(before.parent, getpid());
    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(read(out[0], &byte, 1), 1); /* it has executed the shell */
    assert_true(procs_read(pid, &after));
    assert_int_equal(before.start_time, after.start_time);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (size_t i = 0; i < 2; i++) {
        close(go[i]);
        close(out[i]);
    }
}

/* A process group as a job would leave it: a leader, and a member that it has started. Returns the leader. */
static pid_t start_group(bool with_environment, bool leader_ends, pid_t *member)
{
    int out[2];
    assert_int_equal(pipe(out), 0);
    char *const with[] = {(char *)(uintptr_t) "PATH=/usr/bin:/bin",
                          (char *)(uintptr_t) "KEPTN_PROJECT=fulltour", (char *)(uintptr_t) "KEPTN_STAGE=qa",
                          (char *)(uintptr_t) "KEPTN_SERVICE=helloservice", NULL};
    char *const without[] = {with[0], NULL};
    pid_t leader = fork();
    assert_true(leader >= 0);
    if (leader == 0) {
        setpgid(0, 0);
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execle("/bin/sh", "sh", "-c",
               leader_ends ? "sleep 300 >&- & echo $!" : "sleep 300 >&- & echo $!; exec sleep 300 >&-",
               (char *)NULL, with_environment ? with : without);
        _exit(127);
    }
    char text[32] = "";
    close(out[1]);
    ssize_t len = read(out[0], text, sizeof text - 1);
    assert_true(len > 0);
    close(out[0]);
    *member = (pid_t)strtol(text, NULL, 10);
    return leader;
}

static void recover(struct world *w, pid_t pid, int64_t start_time, const char *state, const char *type)
{
    struct event ev = {0};
    world_event(&ev, WORLD_ID, type, ",\"labels\":{\"a\":\"b\"}");
    const struct jobs_record record = {.id = WORLD_ID,
                                       .project = "fulltour",
                                       .stage = "qa",
                                       .service = "helloservice",
                                       .context = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
                                       .task = "je",
                                       .state = state,
                                       .log_path = "elsewhere",
                                       .pid = pid,
                                       .start_time = start_time};
    jobs_recover(w->j, &record, &ev);
    event_free(&ev);
}

static bool has_recovered(struct world *w)
{
    return w->commit_count == 1 && !w->j->recoveries && w->j->removals == 0;
}

static void a_restart_kills_what_runs_and_fails_the_task(void **state)
{
    (void)state;
    struct world w;
    struct procs_entry leader;
    pid_t member, pid = start_group(false, false, &member);
    assert_true(procs_read(pid, &leader));
    world_open(&w, NULL, 0, 0);
    char *work = mem_printf("%s/jobs/" WORLD_ID ".work", w.directory), *log = jobs_log_path(w.j, WORLD_ID);
    struct error err = ERROR_NONE;
    assert_int_equal(workdir_make(work, &err), STATUS_OK);
    FILE *file = fopen(log, "w");
    assert_non_null(file);
    fputs("half done\n", file);
    fclose(file);
    recover(&w, pid, leader.start_time, "running", "sh.keptn.event.je.triggered");
    wait_until_gone(&w, pid);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    wait_until_gone(&w, member);
    world_wait(&w, has_recovered, "the end");
    const struct commit *finished = world_commit(&w, 0);
    assert_string_equal(finished->type, "sh.keptn.event.je.finished");
    assert_string_equal(finished->state, "ended");
    assert_string_equal(finished->triggeredid, WORLD_ID);
    assert_int_equal(finished->handled, 0);
    assert_string_equal(json_text(finished->data, "status"), "errored");
    assert_string_equal(json_text(finished->data, "result"), "fail");
    assert_string_equal(json_text(json_get(finished->data, "labels"), "a"), "b");
    world_assert_text(world_message(finished), "drawbridged was restarted while this job ran");
    world_assert_text(world_message(finished), "\n\nLogs:\nhalf done\n");
    assert_false(world_exists(work));
    free(work);
    free(log);
    world_close(&w);
}

static void end_group(pid_t leader, pid_t member)
{
    kill(member, SIGKILL);
    kill(leader, SIGKILL);
    waitpid(leader, NULL, 0);
}

static void a_restart_does_not_touch_another_process_of_that_number(void **state)
{
    (void)state;
    struct world w;
    struct procs_entry leader;
    pid_t member, pid = start_group(true, false, &member);
    assert_true(procs_read(pid, &leader));
    world_open(&w, NULL, 0, 0);
    recover(&w, pid, leader.start_time - 1, "running", "sh.keptn.event.je.triggered");
    world_wait(&w, has_recovered, "the end");
    assert_true(process_is_there(pid));
    assert_true(process_is_there(member));
    end_group(pid, member);
    wait_until_gone(&w, member);
    world_close(&w);
}

static void a_restart_kills_members_of_a_group_whose_leader_has_gone(void **state)
{
    (void)state;
    for (int with_environment = 0; with_environment < 2; with_environment++) {
        struct world w;
        pid_t member, pid = start_group(with_environment == 1, true, &member);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        world_open(&w, NULL, 0, 0);
        recover(&w, pid, 1, "running", "sh.keptn.event.je.triggered");
        world_wait(&w, has_recovered, "the end");
        if (with_environment == 0) { /* nothing tells that it is the job's */
            assert_true(process_is_there(member));
            kill(member, SIGKILL);
        }
        wait_until_gone(&w, member);
        world_close(&w);
    }
}

static void a_restart_answers_only_where_an_answer_is_awaited(void **state)
{
    (void)state;
    static const struct {
        const char *state, *type, *answer;
    } rows[] = {
        {"starting", "sh.keptn.event.je.triggered", "sh.keptn.event.je.finished"},
        {"silent", "sh.keptn.event.je.triggered", ""},
        {"running", "sh.keptn.event.je.finished", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        world_open(&w, NULL, 0, 0);
        recover(&w, 0, 0, rows[i].state, rows[i].type);
        world_wait(&w, has_recovered, "the end");
        assert_string_equal(world_commit(&w, 0)->type, rows[i].answer);
        assert_string_equal(world_commit(&w, 0)->state, "ended");
        world_close(&w);
    }
}

static void a_stop_during_recovery_tells_nothing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    recover(&w, 0, 0, "running", "sh.keptn.event.je.triggered");
    size_t commits = w.commit_count;
    world_close(&w);
    assert_int_equal(commits, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_starts_before_its_record_is_stored),
        cmocka_unit_test(nothing_starts_where_its_record_could_not_be_stored),
        cmocka_unit_test(a_job_past_its_time_is_ended_with_all_below_it),
        cmocka_unit_test(a_job_past_its_time_may_end_by_itself_on_sigterm),
        cmocka_unit_test(what_is_left_in_the_group_ends_with_the_job),
        cmocka_unit_test(a_service_that_left_the_group_lives_on),
        cmocka_unit_test(a_stop_ends_everything_and_tells_nothing),
        cmocka_unit_test(a_stop_between_record_and_start_starts_nothing),
        cmocka_unit_test(a_job_does_not_outlive_a_killed_drawbridged),
        cmocka_unit_test(a_job_whose_jobshim_is_killed_fails),
        cmocka_unit_test(a_file_finds_its_neighbours_at_keptn),
        cmocka_unit_test(a_process_keeps_its_start_time_when_it_executes),
        cmocka_unit_test(a_restart_kills_what_runs_and_fails_the_task),
        cmocka_unit_test(a_restart_does_not_touch_another_process_of_that_number),
        cmocka_unit_test(a_restart_kills_members_of_a_group_whose_leader_has_gone),
        cmocka_unit_test(a_restart_answers_only_where_an_answer_is_awaited),
        cmocka_unit_test(a_stop_during_recovery_tells_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
