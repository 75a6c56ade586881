/* The dashboard in a pseudo-terminal on a real drawbridged with 1,000 sequences: latencies, memory, bytes to
 * the terminal. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "bench/bench.h"
#include "support/pty.h"
#include "support/world.h"

#define SEQUENCES      1000
#define SERVICES       50
#define SAMPLES        200
#define STEPS          40
#define STEP_REST_MS   60   /* half of what the detail waits for */
#define DETAIL_REST_MS 300  /* it has followed by then */
#define SCREEN_BYTES   6144 /* a whole one */

struct stage {
    struct world world;
    struct pty *pty;
    char *fifo, *control_path;
    int fifo_fd;
    int stream_fd, request_fd; /* a reader of the stream, and a connection for requests, both our own */
};

/* The task is served by nobody: the delivery runs for ever. */
static const char shipyard_alone[] =
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: many}\nspec:\n  stages:\n    - name: "
    "qa\n"
    "      sequences:\n        - name: delivery\n          tasks: [{name: deployment}]\n";
/* Approval first, then a job: 1,000 of them wait for a decision. */
static const char shipyard_one[] = "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: "
                                   "one}\nspec:\n  stages:\n    - name: live\n"
                                   "      sequences:\n        - name: delivery\n          tasks: [{name: "
                                   "approval, properties: {pass: manual}}, "
                                   "{name: je-deployment}]\n";

static void trigger(struct world *w, const char *project, const char *stage, const char *service,
                    size_t version)
{
    char *json = mem_printf("{\"type\":\"sh.keptn.event.%s.delivery.triggered\",\"source\":\"bench\","
                            "\"data\":{\"project\":\"%s\",\"stage\":\"%s\","
                            "\"service\":\"%s\",\"configurationChange\":{\"values\":{\"image\":\"ghcr.io/"
                            "podtato-head/podtatoserver:v0.0.%zu\"}},"
                            "\"labels\":{\"version\":\"v0.0.%zu\"}}}",
                            stage, project, stage, service, version, version);
    if (world_post_event(w, json, NULL) != 200)
        abort();
    free(json);
}

static void make_projects(struct stage *s)
{
    struct world *w = &s->world;
    char *job =
        mem_printf("apiVersion: v2\nactions:\n  - name: deploy\n    events: [{name: "
                   "je-deployment.triggered}]\n    tasks:\n"
                   "      - name: deploy\n        cmd: [sh, -c]\n        args: ['echo started > %s']\n",
                   s->fifo);
    world_write(w, "one.yaml", shipyard_one);
    world_write(w, "alone.yaml", shipyard_alone);
    world_write(w, "job.yaml", job);
    free(job);
    free(world_run(w, 0, "create", "project", "aone", "--shipyard=one.yaml", NULL));
    free(world_run(w, 0, "create", "service", "helloservice", "--project=aone", NULL));
    free(world_run(w, 0, "add-resource", "--project=aone", "--stage=live", "--service=helloservice",
                   "--resource=job.yaml", "--resourceUri=job/config.yaml", NULL));
    free(world_run(w, 0, "create", "project", "alone", "--shipyard=alone.yaml", NULL));
    trigger(w, "alone", "qa", "helloservice", 1);
    free(world_run(w, 0, "create", "project", "many", "--shipyard=one.yaml", NULL));
    for (size_t i = 0; i < SEQUENCES; i++) {
        char service[32];
        (void)snprintf(service, sizeof service, "service-%zu", i % SERVICES);
        trigger(w, "many", "live", service, i);
    }
}

/* Until the sequencer has taken up all of them. */
static void wait_for_all(struct world *w)
{
    for (int i = 0; i < 3000; i++) {
        cJSON *states = world_get(w, "/controlPlane/v1/sequence/many?pageSize=1");
        const cJSON *total = json_get(states, "totalCount");
        bool all = total != NULL && total->valuedouble >= SEQUENCES;
        cJSON_Delete(states);
        if (all)
            return;
        poll(NULL, 0, 20);
    }
    (void)fprintf(stderr, "bench: %d sequences were not there within a minute\n", SEQUENCES);
    exit(1);
}

static pid_t dashboard_pid(const struct stage *s)
{
    return pty_pid(s->pty);
}

static void find_alone(struct stage *s)
{
    cJSON *states = world_get(&s->world, "/controlPlane/v1/sequence/alone?pageSize=1");
    s->control_path =
        mem_printf("/controlPlane/v1/sequence/alone/%s/control",
                   json_text(cJSON_GetArrayItem(json_get(states, "states"), 0), "shkeptncontext"));
    cJSON_Delete(states);
}

static void need(struct stage *s, bool seen, const char *what)
{
    if (seen)
        return;
    (void)fprintf(stderr, "bench: %s was not seen; the screen is:\n%s", what, pty_screen(s->pty));
    exit(1);
}

static void open_dashboard(struct stage *s)
{
    char *program = mem_printf("%s/drawbridge", s->world.programs);
    const char *const argv[] = {program, "--server", s->world.url, "--token-file", s->world.token_file, NULL};
    s->pty = pty_start(&(struct pty_options){.argv = argv, .columns = 120, .rows = 30});
    if (!pty_wait_text(s->pty, "live", 20000) || !pty_wait_text(s->pty, "helloservice", 20000)) {
        (void)fprintf(stderr, "bench: the dashboard did not open:\n%s", pty_screen(s->pty));
        exit(1);
    }
    free(program);
    pty_wait_quiet(s->pty, 500);
    pty_type(s->pty, "g");
    need(s, pty_wait_text(s->pty, "alone", 5000), "the top of the tree");
}

static void latency_rows(const char *figure, double *ms, size_t count, double p50_max, double p99_max)
{
    char name[96], ours[40], limit[56], target[40];
    double p50 = bench_percentile(ms, count, 0.5), p99 = bench_percentile(ms, count, 0.99);
    (void)snprintf(name, sizeof name, "%s, p50, ms", figure);
    (void)snprintf(ours, sizeof ours, "%.2f", p50);
    (void)snprintf(limit, sizeof limit, "%.0f", p50_max);
    (void)snprintf(target, sizeof target, "<= %.0f", p50_max);
    bench_row(name, ours, limit, p50 / p50_max, target, p50 <= p50_max);
    (void)snprintf(name, sizeof name, "%s, p99, ms", figure);
    (void)snprintf(ours, sizeof ours, "%.2f", p99);
    (void)snprintf(limit, sizeof limit, "%.0f", p99_max);
    (void)snprintf(target, sizeof target, "<= %.0f", p99_max);
    bench_row(name, ours, limit, p99 / p99_max, target, p99 <= p99_max);
}

/* Pauses, or resumes, the one sequence of the project alone. */
static void control(struct stage *s, bool pause)
{
    if (world_post(&s->world, s->control_path, pause ? "{\"state\":\"pause\"}" : "{\"state\":\"resume\"}",
                   NULL) != 200)
        abort();
}

static int connect_server(const struct stage *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->world.port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        abort();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void send_text(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        abort();
}

static char *read_token(const struct stage *s)
{
    char *token = world_read(&s->world, "data/admin-token");
    token[strcspn(token, "\n")] = '\0';
    return token;
}

static void wait_readable(int fd, const char *what)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (poll(&wait, 1, 5000) != 1) {
        (void)fprintf(stderr, "bench: %s did not come\n", what);
        exit(1);
    }
}

static void drain(int fd)
{
    char bytes[65536];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

/* A second reader of the stream: what it gets, it gets when the dashboard does. */
static void open_stream(struct stage *s)
{
    char *token = read_token(s);
    char *request = mem_printf(
        "GET /api/v1/event/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nx-token: %s\r\n\r\n",
        token);
    s->stream_fd = connect_server(s);
    s->request_fd = connect_server(s);
    send_text(s->stream_fd, request);
    wait_readable(s->stream_fd, "the handshake");
    free(request);
    free(token);
}

/* A ping of ours now and then: a reader that is silent for 9 s is closed. */
static void ping_stream(const struct stage *s)
{
    static const unsigned char ping[] = {0x89, 0x80, 0, 0, 0, 0};
    if (send(s->stream_fd, ping, sizeof ping, MSG_NOSIGNAL) != sizeof ping)
        abort();
}

/* From the moment when a reader has the event that drawbridged sends (a sequence is paused, or resumed) until
 * the cell of the dashboard has changed. */
static void event_to_cell(struct stage *s, const struct bench_run *run)
{
    double ms[SAMPLES];
    size_t samples = run->smoke ? 10 : SAMPLES;
    char *token = read_token(s);
    open_stream(s);
    for (size_t i = 0; i < samples; i++) {
        const char *body = i % 2 == 0 ? "{\"state\":\"pause\"}" : "{\"state\":\"resume\"}";
        char *request = mem_printf(
            "POST /api%s HTTP/1.1\r\nHost: 127.0.0.1\r\nx-token: %s\r\nContent-Type: application/json\r\n"
            "Content-Length: %zu\r\n\r\n%s",
            s->control_path, token, strlen(body), body);
        pty_wait_quiet(s->pty, 60);
        ping_stream(s);
        poll(NULL, 0, 5); /* its pong */
        drain(s->stream_fd);
        drain(s->request_fd);
        send_text(s->request_fd, request);
        wait_readable(s->stream_fd, "the event");
        int64_t sent = bench_now_ns();
        need(s, i % 2 == 0 ? pty_wait_text(s->pty, "‖", 5000) : pty_wait_no_text(s->pty, "‖", 5000),
             "the change of state");
        ms[i] = (double)(bench_now_ns() - sent) / CLOCK_MS;
        free(request);
    }
    close(s->stream_fd);
    close(s->request_fd);
    free(token);
    latency_rows("event sent to cell changed, 1,000 sequences", ms, samples, 2, 20);
}

static void drain_fifo(const struct stage *s)
{
    char bytes[256];
    while (read(s->fifo_fd, bytes, sizeof bytes) > 0)
        ;
}

/* From the keystroke that confirms until the job's process writes; two commits lie in between. */
static void confirm_to_job(struct stage *s, const struct bench_run *run)
{
    double ms[SAMPLES];
    size_t samples = run->smoke ? 3 : 50;
    for (size_t i = 0; i < samples; i++) {
        char version[32];
        (void)snprintf(version, sizeof version, "v0.0.%zu", 5000 + i);
        drain_fifo(s);
        if (i > 0)
            trigger(&s->world, "aone", "live", "helloservice", 5000 + i);
        if (i > 0)
            need(s, pty_wait_text(s->pty, version, 10000), version);
        pty_wait_quiet(s->pty, 300); /* the one before has ended, and this one stands above it */
        pty_type(s->pty, "gjjjjj");  /* past the project alone: project, stage, the one that waits */
        pty_wait_quiet(s->pty, 60);
        pty_type(s->pty, "a");
        need(s, pty_wait_text(s->pty, "Approve", 5000), "the box");
        pty_wait_quiet(s->pty, 100);
        int64_t begun = bench_now_ns();
        pty_type(s->pty, "\xe2\x9c\x85");
        struct pollfd job = {.fd = s->fifo_fd, .events = POLLIN};
        while (poll(&job, 1, 0) == 0 && bench_now_ns() - begun < 10 * CLOCK_S)
            pty_pump(s->pty, 1); /* the terminal goes on reading */
        need(s, job.revents & POLLIN, "the job's start");
        ms[i] = (double)(bench_now_ns() - begun) / CLOCK_MS;
        pty_wait_no_text(s->pty, "waits for a decision", 5000);
    }
    latency_rows("confirming keystroke to job process", ms, samples, 10, 50);
}

static double status_mb(pid_t pid, const char *name)
{
    char path[64], line[256];
    double kb = -1;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtod(line + strlen(name), NULL);
    if (file != NULL)
        fclose(file);
    return kb / 1024;
}

static void limit_row(const char *figure, double ours, double limit, const char *format)
{
    char text[40], other[56], target[40];
    (void)snprintf(text, sizeof text, strcmp(format, "%.1f") == 0 ? "%.1f" : "%.0f", ours);
    (void)snprintf(other, sizeof other, "%.0f", limit);
    (void)snprintf(target, sizeof target, "<= %.0f", limit);
    bench_row(figure, text, other, limit > 0 ? ours / limit : ours, target, ours >= 0 && ours <= limit);
}

static void memory(const struct stage *s)
{
    limit_row("dashboard's resident memory, 1,000 sequences, MB", status_mb(dashboard_pid(s), "VmRSS:"), 16,
              "%.1f");
    limit_row("- anonymous part, MB", status_mb(dashboard_pid(s), "RssAnon:"), 4, "%.1f");
}

/* Another dashboard, from nothing to its first rest. */
static void first_screen(struct stage *s)
{
    struct stage other = *s;
    open_dashboard(&other);
    pty_type(other.pty, "\x0c"); /* all of it once more, and nothing else */
    (void)pty_bytes(other.pty);
    pty_wait_quiet(other.pty, 300);
    limit_row("terminal bytes for a whole screen of 120x30", (double)pty_bytes(other.pty), SCREEN_BYTES,
              "%.0f");
    pty_end(other.pty);
}

/* Ages tick once a minute, each row at its own second: what counts is what is written while the screen stays
 * the same. */
static void quiet_bytes(struct stage *s, int seconds)
{
    double written = 0;
    char figure[96];
    if (world_post(&s->world, s->control_path, "{\"state\":\"abort\"}", NULL) != 200)
        abort();
    pty_type(s->pty, "g");
    pty_wait_quiet(s->pty, 1500);
    for (int i = 0; i < seconds; i++) {
        char *before = mem_string(pty_screen(s->pty));
        (void)pty_bytes(s->pty);
        pty_pump(s->pty, 1000);
        size_t now = pty_bytes(s->pty);
        if (strcmp(before, pty_screen(s->pty)) == 0)
            written += (double)now;
        free(before);
    }
    (void)snprintf(figure, sizeof figure, "terminal bytes in %d s, while nothing changes", seconds);
    limit_row(figure, written, 0, "%.0f");
}

/* The step itself: what comes until the screen has rested for less than the detail waits. The detail beside
 * it follows in a frame of its own, once the cursor rests. A frame that only tells a new age may come into
 * both. */
static void cursor_bytes(struct stage *s, size_t samples)
{
    double steps[STEPS], details[STEPS];
    for (size_t i = 0; i < samples; i++) {
        pty_wait_quiet(s->pty, DETAIL_REST_MS);
        (void)pty_bytes(s->pty);
        pty_type(s->pty, i % 4 < 2 ? "j" : "k");
        pty_wait_quiet(s->pty, STEP_REST_MS);
        steps[i] = (double)pty_bytes(s->pty);
        pty_wait_quiet(s->pty, DETAIL_REST_MS);
        details[i] = (double)pty_bytes(s->pty);
    }
    limit_row("terminal bytes for a cursor step, median", bench_percentile(steps, samples, 0.5), 120, "%.0f");
    limit_row("- largest", bench_percentile(steps, samples, 1), 120, "%.0f");
    limit_row("- the detail that follows 120 ms later, largest", bench_percentile(details, samples, 1),
              SCREEN_BYTES, "%.0f");
}

static void bytes(struct stage *s, const struct bench_run *run)
{
    double rows[STEPS];
    size_t samples = run->smoke ? 6 : STEPS;
    pty_type(s->pty, "g");
    cursor_bytes(s, samples);
    for (size_t i = 0; i < samples; i++) {
        (void)pty_bytes(s->pty);
        control(s, i % 2 == 0);
        pty_wait_quiet(s->pty, 150);
        rows[i] = (double)pty_bytes(s->pty);
    }
    limit_row("terminal bytes for one changed row and its counts, median",
              bench_percentile(rows, samples, 0.5), 250, "%.0f");
    first_screen(s);
    quiet_bytes(s, run->smoke ? 3 : 60);
}

void bench_screen(const struct bench_run *run)
{
    struct stage s = {0};
    world_open(&s.world, getenv("DRAWBRIDGE_PROGRAMS"), true);
    s.fifo = world_path(&s.world, "started");
    if (mkfifo(s.fifo, 0600) != 0 || (s.fifo_fd = open(s.fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
        abort();
    make_projects(&s);
    wait_for_all(&s.world);
    find_alone(&s);
    trigger(&s.world, "aone", "live", "helloservice", 5000);
    open_dashboard(&s);
    event_to_cell(&s, run);
    confirm_to_job(&s, run);
    memory(&s);
    trigger(&s.world, "aone", "live", "helloservice", 7000);
    need(&s, pty_wait_text(s.pty, "v0.0.7000", 10000), "the last delivery");
    bytes(&s, run);
    pty_end(s.pty);
    close(s.fifo_fd);
    free(s.fifo);
    free(s.control_path);
    world_close(&s.world);
}
