/* Many sequences triggered at once: make scale. A real drawbridged; clients trigger SEQUENCES over SERVICES
 * as fast as they can, then serve their tasks through the API; at the end the event store is read, and
 * nothing else believed: each sequence has ended once, in the order of triggering per service. What an event
 * costs the server is told as the ratio of the last tenth to the first: 1 is flat. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "support/world.h"

#define CLIENTS    8
#define TENTHS     10
#define TASK       "sh.keptn.event.work.triggered"
#define ANSWER_MAX ((size_t)8 * 1024 * 1024)

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"
    "  - name: qa\n    sequences:\n    - {name: delivery, tasks: [{name: work}]}\n";

static struct world world;
static size_t sequences, services;

/* --- a client --- */

struct client {
    CURL *easy;
    struct curl_slist *headers;
    struct buffer answer;
};

static size_t collect(char *bytes, size_t size, size_t count, void *buffer)
{
    return buffer_add(buffer, bytes, size * count) ? size * count : 0;
}

static void client_open(struct client *c)
{
    char token[128] = "", header[160];
    FILE *file = fopen(world.token_file, "re");
    assert_non_null(file);
    assert_non_null(fgets(token, sizeof token, file));
    fclose(file);
    token[strcspn(token, "\n")] = '\0';
    (void)snprintf(header, sizeof header, "x-token: %s", token);
    c->easy = curl_easy_init();
    c->headers = curl_slist_append(curl_slist_append(NULL, header), "content-type: application/json");
    c->answer = BUFFER_LIMIT(ANSWER_MAX);
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
    curl_easy_setopt(c->easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, &c->answer);
}

static void client_close(struct client *c)
{
    curl_easy_cleanup(c->easy);
    curl_slist_free_all(c->headers);
    buffer_free(&c->answer);
}

/* body NULL: GET. The parsed answer, the caller's. */
static cJSON *ask(struct client *c, const char *path, const char *body)
{
    long code = 0;
    char *url = mem_printf("%s%s", world.url, path);
    c->answer.len = 0;
    curl_easy_setopt(c->easy, CURLOPT_URL, url);
    curl_easy_setopt(c->easy, CURLOPT_HTTPGET, body == NULL ? 1L : 0L);
    if (body != NULL)
        curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, body);
    CURLcode result = curl_easy_perform(c->easy);
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &code);
    if (result != CURLE_OK || code != 200)
        fail_msg("%s: %s %ld %s", path, curl_easy_strerror(result), code, buffer_text(&c->answer));
    free(url);
    return cJSON_ParseWithLength(buffer_text(&c->answer), c->answer.len);
}

/* Runs fn in CLIENTS processes at once. */
static void in_parallel(void (*fn)(struct client *c, size_t which))
{
    pid_t pids[CLIENTS];
    (void)fflush(NULL);
    for (size_t i = 0; i < CLIENTS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            struct client c;
            client_open(&c);
            fn(&c, i);
            client_close(&c);
            (void)fflush(NULL);
            _exit(0);
        }
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
}

/* --- the load --- */

/* Services of one client, so that those of a service are triggered in order. */
static void trigger_all(struct client *c, size_t which)
{
    for (size_t i = 0; i < sequences; i++) {
        if (i % services % CLIENTS != which)
            continue;
        char *event =
            mem_printf("{\"type\":\"sh.keptn.event.qa.delivery.triggered\",\"source\":\"load\",\"data\":{"
                       "\"project\":\"fulltour\",\"stage\":\"qa\",\"service\":\"s%zu\",\"number\":%zu}}",
                       i % services, i);
        cJSON_Delete(ask(c, "/v1/event", event));
        free(event);
    }
}

static void answer(struct client *c, const cJSON *task, const char *kind, const char *more)
{
    const cJSON *data = json_get(task, "data");
    char *event = mem_printf(
        "{\"type\":\"sh.keptn.event.work.%s\",\"source\":\"load\",\"shkeptncontext\":\"%s\","
        "\"triggeredid\":\"%s\",\"data\":{\"project\":\"fulltour\",\"stage\":\"qa\","
        "\"service\":\"%s\",\"status\":\"succeeded\"%s}}",
        kind, json_text(task, "shkeptncontext"), json_text(task, "id"), json_text(data, "service"), more);
    cJSON_Delete(ask(c, "/v1/event", event));
    free(event);
}

static void serve_all(struct client *c, size_t which)
{
    size_t mine = 0, done = 0;
    for (size_t i = 0; i < sequences; i++)
        mine += i % services % CLIENTS == which;
    while (done < mine) {
        size_t before = done;
        cJSON *page =
            ask(c, "/controlPlane/v1/event/triggered/" TASK "?project=fulltour&pageSize=1000", NULL);
        const cJSON *task = NULL;
        cJSON_ArrayForEach(task, json_get(page, "events"))
        {
            const char *service = json_text(json_get(task, "data"), "service");
            if (strtoul(service + 1, NULL, 10) % CLIENTS != which)
                continue;
            answer(c, task, "started", "");
            answer(c, task, "finished", ",\"result\":\"pass\"");
            done++;
        }
        cJSON_Delete(page);
        if (done == before)
            (void)usleep(1000);
    }
}

/* --- what it costs --- */

/* CPU time of the server, ns. */
static int64_t server_cpu(void)
{
    char path[64], text[1024] = "";
    unsigned long user = 0, kernel = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)world.server);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_int_equal(
        sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel),
        2);
    return (int64_t)(user + kernel) * (CLOCK_S / sysconf(_SC_CLK_TCK));
}

static long server_rss_kib(void)
{
    char path[64], line[256];
    long kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)world.server);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        (void)sscanf(line, "VmRSS: %ld", &kib);
    fclose(file);
    return kib;
}

static size_t ended(struct client *c)
{
    cJSON *answer = ask(c,
                        "/mongodb-datastore/event?project=fulltour&type=sh.keptn.event.qa.delivery.finished&"
                        "pageSize=1",
                        NULL);
    const cJSON *total = json_get(answer, "totalCount");
    size_t count = cJSON_IsNumber(total) ? (size_t)total->valuedouble : 0;
    cJSON_Delete(answer);
    return count;
}

/* Serves while this process watches: CPU time at each tenth of the sequences. */
static void serve(int64_t cpu[TENTHS + 1])
{
    struct client c;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        in_parallel(serve_all);
        _exit(0);
    }
    client_open(&c);
    cpu[0] = server_cpu();
    for (size_t tenth = 1; tenth <= TENTHS; tenth++) {
        while (ended(&c) < sequences * tenth / TENTHS)
            (void)usleep(50000); /* the look itself costs what there is */
        cpu[tenth] = server_cpu();
    }
    client_close(&c);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* --- the check --- */

/* All events of a type, oldest first. */
static cJSON *all_events(struct client *c, const char *type)
{
    cJSON *all = cJSON_CreateArray();
    for (size_t key = 0; key < sequences + 100; key += 100) {
        char *path = mem_printf(
            "/mongodb-datastore/event?project=fulltour&type=%s&pageSize=100&nextPageKey=%zu", type, key);
        cJSON *page = ask(c, path, NULL);
        cJSON *events = cJSON_GetObjectItemCaseSensitive(page, "events");
        while (cJSON_GetArraySize(events) > 0)
            cJSON_InsertItemInArray(all, 0, cJSON_DetachItemFromArray(events, 0));
        cJSON_Delete(page);
        free(path);
    }
    return all;
}

static void check(struct client *c)
{
    struct map number = {0}; /* id of a triggered → its number + 1 */
    cJSON *triggered = all_events(c, "sh.keptn.event.qa.delivery.triggered"),
          *finished = all_events(c, "sh.keptn.event.qa.delivery.finished");
    const cJSON *event = NULL;
    size_t *last = mem_alloc(services * sizeof *last);
    bool *seen = mem_alloc(sequences * sizeof *seen);
    memset(last, 0, services * sizeof *last);
    memset(seen, 0, sequences * sizeof *seen);
    cJSON_ArrayForEach(event, triggered)
    {
        const cJSON *n = json_get(json_get(event, "data"), "number");
        map_put(&number, json_text(event, "id"), (void *)((uintptr_t)n->valuedouble + 1));
    }
    assert_int_equal(cJSON_GetArraySize(triggered), sequences);
    assert_int_equal(cJSON_GetArraySize(finished), sequences);
    cJSON_ArrayForEach(event, finished)
    {
        size_t n = (size_t)(uintptr_t)map_get(&number, json_text(event, "triggeredid"));
        assert_true(n > 0 && n <= sequences && !seen[n - 1]);
        seen[n - 1] = true;
        assert_true(last[(n - 1) % services] < n); /* in order per service */
        last[(n - 1) % services] = n;
        assert_string_equal(json_text(json_get(event, "data"), "result"), "pass");
    }
    map_free(&number, NULL);
    free(seen);
    free(last);
    cJSON_Delete(triggered);
    cJSON_Delete(finished);
}

static void run(size_t count)
{
    int64_t cpu[TENTHS + 1];
    struct client c;
    sequences = count;
    world_open(&world, getenv("DRAWBRIDGE_PROGRAMS"), true);
    world_project(&world, shipyard, NULL);
    int64_t cpu_begin = server_cpu(), began = clock_monotonic_ns();
    in_parallel(trigger_all);
    int64_t triggered = clock_monotonic_ns(), cpu_triggered = server_cpu();
    serve(cpu);
    int64_t served = clock_monotonic_ns();
    double first = (double)(cpu[1] - cpu[0]), final = (double)(cpu[TENTHS] - cpu[TENTHS - 1]);
    client_open(&c);
    check(&c);
    client_close(&c);
    printf("# %zu sequences, %zu services: each ended once, in order per service\n", sequences, services);
    printf("# triggered in %.1f s (CPU %.0f us a sequence), served in %.1f s (CPU %.0f us a sequence), "
           "memory %ld "
           "MiB\n",
           (double)(triggered - began) / CLOCK_S, (double)(cpu_triggered - cpu_begin) / 1e3 / (double)count,
           (double)(served - triggered) / CLOCK_S, (double)(cpu[TENTHS] - cpu[0]) / 1e3 / (double)count,
           server_rss_kib() / 1024);
    if (first > 0)
        printf("# CPU time of the last tenth to the first: %.2f\n", final / first);
    world_close(&world);
}

static void all_that_is_triggered_at_once_ends_once_and_in_order(void **state)
{
    const char *text = getenv("SCALE_SEQUENCES");
    (void)state;
    services = text != NULL ? 50 : 10;
    run(text != NULL ? strtoul(text, NULL, 10) : 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_triggered_at_once_ends_once_and_in_order),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
