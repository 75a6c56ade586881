#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/process.h"
#include "support/world.h"

#define WAIT_NS (30 * CLOCK_S)

char *world_path(const struct world *w, const char *name)
{
    return mem_printf("%s/%s", w->directory, name);
}

void world_write(const struct world *w, const char *name, const char *text)
{
    char *path = world_path(w, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(path);
}

char *world_read(const struct world *w, const char *name)
{
    char *path = world_path(w, name), bytes[4096];
    struct buffer text = BUFFER_LIMIT(8 * 1024 * 1024);
    FILE *file = fopen(path, "re");
    free(path);
    if (file == NULL)
        return NULL;
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, file)) > 0;)
        assert_true(buffer_add(&text, bytes, got));
    fclose(file);
    return buffer_take(&text, NULL);
}

int world_shell(const struct world *w, const char *line)
{
    const char *const argv[] = {"sh", "-c", line, NULL};
    struct buffer output = BUFFER_LIMIT(64 * 1024);
    struct error err = ERROR_NONE;
    int exit_status = -1;
    const struct process_request request = {.argv = argv, .directory = w->directory, .deadline_ms = 60000};
    if (process_run(&request, &output, &output, &exit_status, &err) != STATUS_OK)
        fail_msg("%s: %s", line, err.text);
    if (exit_status != 0)
        print_message("# %s: %d: %s\n", line, exit_status, buffer_text(&output));
    buffer_free(&output);
    return exit_status;
}

/* --- the server --- */

static void run_server(const struct world *w, int output)
{
    char *program = mem_printf("%s/drawbridged", w->programs), *data = world_path(w, "data"),
         *log = world_path(w, "server.log");
    char *listen = mem_printf("127.0.0.1:%d", w->port);
    char *path = mem_printf("%s:%s", w->programs, getenv("PATH"));
    int errors = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("PATH", path, 1);
    dup2(output, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    execl(program, program, "--data", data, "--listen", listen, "--upstream-root", w->directory,
          "--task-timeout", w->timeout != NULL ? w->timeout : "10m", (char *)NULL);
    _exit(127);
}

static void read_ready(struct world *w)
{
    struct buffer line = BUFFER_LIMIT(1024);
    int64_t deadline = clock_monotonic_ns() + WAIT_NS;
    char c = 0;
    while (c != '\n') {
        struct pollfd output = {.fd = w->server_output, .events = POLLIN};
        int left_ms = (int)((deadline - clock_monotonic_ns()) / CLOCK_MS);
        if (left_ms <= 0 || poll(&output, 1, left_ms) <= 0 || read(w->server_output, &c, 1) != 1) {
            char *log = world_read(w, "server.log");
            fail_msg("drawbridged did not get ready; it said: %s", log ? log : "nothing");
        }
        if (c != '\n')
            buffer_add_char(&line, c);
    }
    assert_true(strncmp(buffer_text(&line), "ready http", 10) == 0);
    free(w->url);
    w->url = mem_string(buffer_text(&line) + strlen("ready "));
    w->port = (int)strtol(strrchr(w->url, ':') + 1, NULL, 10);
    buffer_free(&line);
}

void world_start(struct world *w)
{
    int ends[2];
    assert_int_equal(w->server, 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    w->server = fork();
    assert_true(w->server >= 0);
    if (w->server == 0)
        run_server(w, ends[1]);
    close(ends[1]);
    w->server_output = ends[0];
    read_ready(w);
}

void world_kill(struct world *w, int signal)
{
    int status = 0;
    if (w->server == 0)
        return;
    kill(w->server, signal);
    int64_t deadline = clock_monotonic_ns() + WAIT_NS;
    while (waitpid(w->server, &status, WNOHANG) == 0) {
        if (clock_monotonic_ns() > deadline) {
            kill(w->server, SIGKILL);
            fail_msg("drawbridged did not end within 30 s of signal %d", signal);
        }
        poll(NULL, 0, 5);
    }
    close(w->server_output);
    w->server = 0;
    if (signal == SIGTERM && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
        char *log = world_read(w, "server.log");
        fail_msg("drawbridged ended with wait status %d; it said: %s", status, log ? log : "nothing");
    }
}

void world_open(struct world *w, const char *programs, bool start)
{
    const char *temporary = getenv("TMPDIR");
    *w = (struct world){0};
    (void)snprintf(w->directory, sizeof w->directory, "%s/db-test.XXXXXX",
                   temporary && strlen(temporary) < 40 ? temporary : "/tmp");
    assert_non_null(mkdtemp(w->directory));
    w->programs = mem_string(programs != NULL ? programs : getenv("top_builddir"));
    assert_non_null(w->programs);
    w->token_file = world_path(w, "data/admin-token");
    if (start)
        world_start(w);
}

/* Whether a live process other than ourselves has the directory in its command line. */
static bool somebody_uses(const struct world *w)
{
    DIR *proc = opendir("/proc");
    bool found = false;
    assert_non_null(proc);
    for (struct dirent *entry; !found && (entry = readdir(proc)) != NULL;) {
        char path[300], line[4096];
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid <= 1 || pid == getpid())
            continue;
        (void)snprintf(path, sizeof path, "/proc/%ld/cmdline", pid);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd >= 0 ? read(fd, line, sizeof line) : -1;
        if (fd >= 0)
            close(fd);
        found = got > 0 && memmem(line, (size_t)got, w->directory, strlen(w->directory)) != NULL;
        if (found)
            print_message("# process %ld is left\n", pid);
    }
    closedir(proc);
    return found;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void world_close(struct world *w)
{
    world_kill(w, SIGTERM);
    int64_t deadline = clock_monotonic_ns() + 5 * CLOCK_S;
    bool used;
    while ((used = somebody_uses(w)) && clock_monotonic_ns() < deadline)
        poll(NULL, 0, 20);
    if (used)
        fail_msg("a process that works in %s is still there", w->directory);
    assert_int_equal(nftw(w->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(w->programs);
    free(w->url);
    free(w->token_file);
    *w = (struct world){0};
}

/* --- asking it --- */

char *world_run(struct world *w, int expected, ...)
{
    char *program = mem_printf("%s/drawbridge", w->programs);
    const char *argv[40] = {program, "--server", w->url ? w->url : "http://127.0.0.1:1/api", "--token-file",
                            w->token_file};
    size_t count = 5;
    va_list words;
    va_start(words, expected);
    for (const char *word; (word = va_arg(words, const char *)) != NULL;)
        argv[count++] = word;
    va_end(words);
    struct buffer output = BUFFER_LIMIT(4 * 1024 * 1024);
    struct error err = ERROR_NONE;
    int exit_status = -1;
    const struct process_request request = {.argv = argv, .directory = w->directory, .deadline_ms = 60000};
    if (process_run(&request, &output, &output, &exit_status, &err) != STATUS_OK)
        fail_msg("drawbridge %s %s: %s", argv[5], argv[6] ? argv[6] : "", err.text);
    if (exit_status != expected)
        fail_msg("drawbridge %s %s ended with %d, not %d: %s", argv[5], argv[6] ? argv[6] : "", exit_status,
                 expected, buffer_text(&output));
    free(program);
    const char *said = strstr(buffer_text(&output), "ID of Keptn context: ");
    if (said != NULL)
        (void)snprintf(w->context, sizeof w->context, "%.36s", said + strlen("ID of Keptn context: "));
    return buffer_take(&output, NULL);
}

static size_t take(char *bytes, size_t size, size_t count, void *arg)
{
    return buffer_add(arg, bytes, size * count) ? size * count : 0;
}

static long ask(struct world *w, const char *method, const char *path, const char *body,
                struct buffer *answer)
{
    char *token = world_read(w, w->as != NULL ? w->as : "data/admin-token"), *header;
    assert_non_null(token);
    token[strcspn(token, "\n")] = '\0';
    header = mem_printf("x-token: %s", token);
    char *url = mem_printf("%s%s", w->url, path);
    struct curl_slist *headers =
        curl_slist_append(curl_slist_append(NULL, header), "content-type: application/json");
    CURL *curl = curl_easy_init();
    long code = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 20000L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (body != NULL)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (method != NULL)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    CURLcode result = curl_easy_perform(curl);
    if (result != CURLE_OK)
        fail_msg("%s: %s", url, curl_easy_strerror(result));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    free(token);
    free(header);
    free(url);
    return code;
}

cJSON *world_get(struct world *w, const char *path)
{
    struct buffer answer = BUFFER_LIMIT(64 * 1024 * 1024);
    struct error err = ERROR_NONE;
    cJSON *json = NULL;
    long code = ask(w, NULL, path, NULL, &answer);
    if (code != 200)
        fail_msg("GET %s: %ld %s", path, code, buffer_text(&answer));
    if (json_parse(buffer_text(&answer), answer.len, &json, &err) != STATUS_OK)
        fail_msg("GET %s: %s", path, err.text);
    buffer_free(&answer);
    return json;
}

long world_ask(struct world *w, const char *method, const char *path, const char *body, char **answer)
{
    struct buffer text = BUFFER_LIMIT(64 * 1024 * 1024);
    long code = ask(w, method, path, body, &text);
    if (answer != NULL)
        *answer = buffer_take(&text, NULL);
    buffer_free(&text);
    return code;
}

long world_post(struct world *w, const char *path, const char *json, char **answer)
{
    return world_ask(w, "POST", path, json, answer);
}

long world_post_event(struct world *w, const char *json, char **answer)
{
    return world_post(w, "/v1/event", json, answer);
}

void world_project(struct world *w, const char *shipyard, const char *job)
{
    static const char *const stages[] = {"--stage=qa", "--stage=production"};
    world_write(w, "shipyard.yaml", shipyard);
    free(world_run(w, 0, "create", "project", "fulltour", "--shipyard=shipyard.yaml", NULL));
    free(world_run(w, 0, "create", "service", "helloservice", "--project=fulltour", NULL));
    if (job == NULL)
        return;
    world_write(w, "job.yaml", job);
    for (size_t i = 0; i < 2; i++)
        free(world_run(w, 0, "add-resource", "--project=fulltour", stages[i], "--service=helloservice",
                       "--resource=job.yaml", "--resourceUri=job/config.yaml", NULL));
}

static cJSON *newest(struct world *w)
{
    char *path = mem_printf("/controlPlane/v1/sequence/fulltour?pageSize=1&keptnContext=%s", w->context);
    cJSON *states = world_get(w, path);
    free(path);
    cJSON *first = cJSON_DetachItemFromArray(cJSON_GetObjectItemCaseSensitive(states, "states"), 0);
    cJSON_Delete(states);
    return first;
}

static bool approval_is_open(struct world *w, const char *context)
{
    cJSON *open =
        world_get(w, "/controlPlane/v1/event/triggered/sh.keptn.event.approval.triggered?project=fulltour");
    bool found = false;
    const cJSON *event;
    cJSON_ArrayForEach(event, json_get(open, "events")) found =
        found || strcmp(json_text(event, "shkeptncontext"), context) == 0;
    cJSON_Delete(open);
    return found;
}

char *world_wait(struct world *w, const char *state)
{
    int64_t deadline = clock_monotonic_ns() + WAIT_NS;
    bool waiting = strcmp(state, "waiting") == 0;
    for (;;) {
        cJSON *sequence = newest(w);
        const char *is = json_text(sequence, "state"), *context = json_text(sequence, "shkeptncontext");
        char *found = NULL;
        if (is != NULL && (waiting ? approval_is_open(w, context) : strcmp(is, state) == 0))
            found = mem_string(context);
        if (found == NULL && clock_monotonic_ns() > deadline) {
            char *text = cJSON_PrintUnformatted(sequence), *log = world_read(w, "server.log");
            fail_msg("the newest sequence did not become %s: %s\n%s", state, text, log ? log : "");
        }
        cJSON_Delete(sequence);
        if (found != NULL)
            return found;
        poll(NULL, 0, 20);
    }
}

char *world_stage_state(struct world *w, const char *stage)
{
    cJSON *sequence = newest(w);
    const cJSON *item;
    char *state = NULL;
    cJSON_ArrayForEach(item, json_get(sequence, "stages"))
    {
        if (strcmp(json_text(item, "name"), stage) == 0)
            state = mem_string(json_text(item, "state"));
    }
    cJSON_Delete(sequence);
    return state != NULL ? state : mem_string("");
}

char *world_stage_result(struct world *w, const char *stage)
{
    char *path = mem_printf(
        "/mongodb-datastore/event?project=fulltour&pageSize=1&type=sh.keptn.event.%s.delivery.finished",
        stage);
    cJSON *events = world_get(w, path);
    const char *result =
        json_text(json_get(cJSON_GetArrayItem(json_get(events, "events"), 0), "data"), "result");
    char *copy = mem_string(result);
    cJSON_Delete(events);
    free(path);
    return copy;
}
