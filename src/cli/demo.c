/* The tutorial. Each step is a command that a person could type, run as a child and printed; what it starts
 * and makes lies below one temporary directory, and goes with it. */
#include "config.h"

#include "cli/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/process.h"
#include "cli/dashboard.h"
#include "cli/demo_parts.h"
#include "cli/internal.h"
#include "cli/token.h"

#define PROJECT "fulltour"
#define SERVICE "helloservice"
#define IMAGE   "ghcr.io/podtato-head/podtatoserver"
#define WAIT_NS (60 * CLOCK_S)
#define STAGES  2

static const char *const stages[STAGES] = {"qa", "production"};

static volatile sig_atomic_t stop_signal;

static void note_signal(int number)
{
    stop_signal = number;
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT};
    struct sigaction action = {.sa_handler = note_signal};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
}

struct demo {
    struct cli_context *ctx;
    struct demo_server server;
    char *directory, *upstream, *clone, *server_url, *token_file, *token;
    char *self, *parts; /* this program; the folder of helloservice */
    char previous[64];  /* context of the delivery that has ended */
    int ports[STAGES];
    bool on_terminal;
};

static enum status interrupted(struct error *err)
{
    return error_set(err, STATUS_FAILED, "ended by signal %d", (int)stop_signal);
}

/* Runs one command; prints it as a person would type it, and its output. */
static enum status run_step(struct demo *d, const char *const *argv, const char *shown, struct error *err)
{
    struct buffer output = BUFFER_LIMIT(1024 * 1024), errors = BUFFER_LIMIT(64 * 1024);
    int exit_status = 0;
    if (shown != NULL)
        cli_print("$ %s", shown);
    const struct process_request request = {
        .argv = argv, .directory = d->directory, .deadline_ms = 60000, .stop = &stop_signal};
    enum status status = process_run(&request, &output, &errors, &exit_status, err);
    if (status == STATUS_OK && shown != NULL && output.len > 0)
        cli_write(output.data, output.len);
    if (status == STATUS_OK && exit_status != 0)
        status = error_set(err, STATUS_FAILED, "%s ended with %d: %.600s", shown != NULL ? shown : argv[0],
                           exit_status, buffer_text(&errors));
    buffer_free(&output);
    buffer_free(&errors);
    (void)fflush(stdout); /* a lost reader shows at the end */
    return status;
}

/* drawbridge with the demo's server: words end with NULL. */
static enum status drawbridge(struct demo *d, const char *const *words, struct error *err)
{
    const char *argv[32] = {d->self, "--server", d->server_url, "--token-file", d->token_file};
    struct buffer shown = BUFFER_LIMIT(4096);
    buffer_add_text(&shown, "drawbridge");
    for (size_t i = 0; words[i] != NULL && i < 26; i++) {
        argv[5 + i] = words[i];
        buffer_printf(&shown, " %s", words[i]);
    }
    enum status status = run_step(d, argv, buffer_text(&shown), err);
    buffer_free(&shown);
    return status;
}

/* --- the upstream --- */

static enum status git(struct demo *d, const char *const *words, struct error *err)
{
    const char *argv[24] = {"git",
                            "-c",
                            "user.name=demo",
                            "-c",
                            "user.email=demo@localhost",
                            "-c",
                            "init.defaultBranch=main",
                            "-c",
                            "commit.gpgsign=false"};
    for (size_t i = 0; words[i] != NULL && i < 14; i++)
        argv[9 + i] = words[i];
    return run_step(d, argv, NULL, err);
}

static enum status commit_shipyard(struct demo *d, bool with_approval, const char *message, struct error *err)
{
    char *path = mem_printf("%s/shipyard.yaml", d->clone);
    const char *const add[] = {"-C", d->clone, "add", "shipyard.yaml", NULL};
    const char *const commit[] = {"-C", d->clone, "commit", "-q", "-m", message, NULL};
    const char *const pull[] = {"-C", d->clone, "pull", "-q", "--rebase", "origin", "main", NULL};
    const char *const push[] = {"-C", d->clone, "push", "-q", "origin", "HEAD:main", NULL};
    enum status status = with_approval ? git(d, pull, err) : STATUS_OK;
    if (status == STATUS_OK)
        status = demo_write_file(path, demo_shipyard(with_approval), err);
    if (status == STATUS_OK)
        status = git(d, add, err);
    if (status == STATUS_OK)
        status = git(d, commit, err);
    if (status == STATUS_OK)
        status = git(d, push, err);
    free(path);
    return status;
}

static enum status make_upstream(struct demo *d, struct error *err)
{
    const char *const init[] = {"init", "-q", "--bare", "-b", "main", d->upstream, NULL};
    const char *const clone[] = {"clone", "-q", d->upstream, d->clone, NULL};
    enum status status = git(d, init, err);
    if (status == STATUS_OK)
        status = git(d, clone, err);
    if (status == STATUS_OK)
        status = commit_shipyard(d, false, "Deliver through qa and production", err);
    return status;
}

/* --- the project --- */

static enum status add_jobs(struct demo *d, size_t stage, struct error *err)
{
    char *path = mem_printf("%s/job-%s.yaml", d->directory, stages[stage]);
    char *text = demo_job_config(d->parts, d->directory, stages[stage], d->ports[stage]);
    char *resource = mem_printf("--resource=%s", path), *in_stage = mem_printf("--stage=%s", stages[stage]);
    const char *const words[] = {"add-resource",
                                 "--project=" PROJECT,
                                 "--service=" SERVICE,
                                 in_stage,
                                 resource,
                                 "--resourceUri=job/config.yaml",
                                 NULL};
    enum status status = demo_write_file(path, text, err);
    if (status == STATUS_OK)
        status = drawbridge(d, words, err);
    free(path);
    free(text);
    free(resource);
    free(in_stage);
    return status;
}

static enum status make_project(struct demo *d, struct error *err)
{
    char *shipyard = mem_printf("--shipyard=%s/shipyard.yaml", d->clone);
    char *remote = mem_printf("--git-remote-url=file://%s", d->upstream);
    const char *const project[] = {"create", "project", PROJECT, shipyard, remote, NULL};
    const char *const service[] = {"create", "service", SERVICE, "--project=" PROJECT, NULL};
    enum status status = drawbridge(d, project, err);
    if (status == STATUS_OK)
        status = drawbridge(d, service, err);
    for (size_t i = 0; i < STAGES && status == STATUS_OK; i++)
        status = add_jobs(d, i, err);
    free(shipyard);
    free(remote);
    return status;
}

/* --- deliveries --- */

static enum status trigger(struct demo *d, const char *version, struct error *err)
{
    char *image = mem_printf("--image=" IMAGE ":%s", version);
    char *labels = mem_printf("--labels=image=\"" IMAGE "\",version=\"%s\"", version);
    const char *const words[] = {"trigger", "delivery", "--project=" PROJECT, "--service=" SERVICE, image,
                                 labels,    NULL};
    enum status status = drawbridge(d, words, err);
    free(image);
    free(labels);
    return status;
}

static enum status ask(struct demo *d, const char *path, cJSON **out, struct error *err)
{
    struct cli_context ctx = *d->ctx;
    ctx.server = d->server_url;
    ctx.token = d->token;
    return cli_ask(&ctx, "GET", NULL, out, err, path);
}

/* The newest delivery: its context, the word for the overall state, and whether an approval is open. */
struct picture {
    char context[64], state[32];
    bool waiting;
};

static enum status look(struct demo *d, struct picture *p, struct error *err)
{
    cJSON *states = NULL, *open = NULL;
    *p = (struct picture){0};
    enum status status = ask(d, "/controlPlane/v1/sequence/" PROJECT "?pageSize=1", &states, err);
    if (status == STATUS_OK)
        status = ask(d, "/controlPlane/v1/event/triggered/sh.keptn.event.approval.triggered?project=" PROJECT,
                     &open, err);
    const cJSON *newest = cJSON_GetArrayItem(json_get(states, "states"), 0);
    const char *context = json_text(newest, "shkeptncontext"), *state = json_text(newest, "state");
    (void)snprintf(p->context, sizeof p->context, "%s", context ? context : "");
    (void)snprintf(p->state, sizeof p->state, "%s", state ? state : "");
    p->waiting = cJSON_GetArraySize(json_get(open, "events")) > 0;
    cJSON_Delete(states);
    cJSON_Delete(open);
    return status;
}

/* Looks until the newest delivery waits, or has ended. */
static enum status wait_for(struct demo *d, bool waiting, struct picture *p, struct error *err)
{
    int64_t deadline = clock_monotonic_ns() + WAIT_NS;
    for (;;) {
        enum status status = look(d, p, err);
        if (status != STATUS_OK)
            return status;
        if (stop_signal != 0)
            return interrupted(err);
        if (strcmp(p->context, d->previous) ==
            0) /* the new one is not there yet: its shipyard is being read */
            p->state[0] = '\0';
        bool ended = strcmp(p->state, "finished") == 0 || strcmp(p->state, "aborted") == 0 ||
                     strcmp(p->state, "timedOut") == 0;
        if (waiting ? p->waiting : ended) {
            if (ended)
                memcpy(d->previous, p->context, sizeof d->previous);
            return STATUS_OK;
        }
        if (ended || clock_monotonic_ns() > deadline)
            return error_set(err, STATUS_FAILED, "the delivery %s: expected it to %s",
                             ended ? "has ended" : "still goes on after 60 s",
                             waiting ? "wait for an approval" : "end");
        usleep(100000);
    }
}

static enum status check_version(struct demo *d, size_t stage, const char *version, struct error *err)
{
    char *url = mem_printf("http://127.0.0.1:%d/version", d->ports[stage]);
    struct http_answer answer = {0};
    enum status status =
        http_ask(d->ctx->http, &(struct http_request){.method = "GET", .url = url}, &answer, err);
    if (status == STATUS_OK) {
        cli_print("%s: GET %s answers %.*s", stages[stage], url, (int)strcspn(answer.body, "\n"),
                  answer.body);
        char *expected = mem_printf("\"%s\"", version);
        if (answer.code != 200 || strstr(answer.body, expected) == NULL)
            status =
                error_set(err, STATUS_FAILED, "%s of %s should answer %s", SERVICE, stages[stage], version);
        free(expected);
    }
    free(answer.body);
    free(url);
    return status;
}

static enum status deliver_first(struct demo *d, struct error *err)
{
    struct picture p;
    enum status status = trigger(d, "v0.1.0", err);
    if (status == STATUS_OK)
        status = wait_for(d, false, &p, err);
    for (size_t i = 0; i < STAGES && status == STATUS_OK; i++)
        status = check_version(d, i, "v0.1.0", err);
    return status;
}

static enum status print_tree(struct demo *d, struct error *err)
{
    const char *const words[] = {"list", NULL};
    return drawbridge(d, words, err);
}

/* Without a terminal: the same, approved through the command line. */
static enum status approve_by_command(struct demo *d, struct error *err)
{
    struct picture p;
    enum status status = wait_for(d, true, &p, err);
    if (status == STATUS_OK)
        status = print_tree(d, err);
    if (status == STATUS_OK)
        status = check_version(d, 1, "v0.1.0", err);
    if (status == STATUS_OK) {
        const char *const words[] = {"approve", p.context, "--yes", NULL};
        status = drawbridge(d, words, err);
    }
    if (status == STATUS_OK)
        status = wait_for(d, false, &p, err);
    if (status == STATUS_OK)
        status = print_tree(d, err);
    for (size_t i = 0; i < STAGES && status == STATUS_OK; i++)
        status = check_version(d, i, "v0.1.1", err);
    return status;
}

static enum status open_dashboard(struct demo *d, struct error *err)
{
    struct cli_context ctx = *d->ctx;
    struct cli_connection own = {
        .label = "demo", .server = d->server_url, .stream = "auto", .token = d->token, .http = d->ctx->http};
    ctx.connections = &own;
    ctx.connection_count = 1;
    ctx.server = own.server;
    ctx.token = own.token;
    ctx.name = own.label;
    enum status status =
        dashboard_run(&ctx, "Production turns blue: ✅ or a, then Enter, delivers v0.1.1. q q leaves.", err);
    catch_signals();
    return status;
}

static enum status play(struct demo *d, struct error *err)
{
    cli_print("1. an upstream repository with a shipyard: qa, then production, without approval");
    enum status status = make_upstream(d, err);
    if (status == STATUS_OK) {
        cli_print("2. drawbridged, with everything in %s", d->directory);
        status = demo_server_start(&d->server, d->directory, d->parts, &d->server_url, &stop_signal, err);
    }
    d->token_file = mem_printf("%s/data/admin-token", d->directory);
    if (status == STATUS_OK)
        status = token_read_file(d->token_file, &d->token, err);
    if (status == STATUS_OK) {
        cli_print("3. a project, a service, and the jobs that deploy and test it");
        status = make_project(d, err);
    }
    if (status == STATUS_OK) {
        cli_print("4. deliver v0.1.0");
        status = deliver_first(d, err);
    }
    if (status == STATUS_OK) {
        cli_print("5. commit the approval task to the upstream: pass: manual, warning: manual");
        status = commit_shipyard(d, true, "Approve before production", err);
    }
    if (status == STATUS_OK) {
        cli_print("6. deliver v0.1.1: production waits for a decision");
        status = trigger(d, "v0.1.1", err);
    }
    if (status != STATUS_OK)
        return status;
    return d->on_terminal ? open_dashboard(d, err) : approve_by_command(d, err);
}

static void clean_up(struct demo *d)
{
    demo_server_stop(&d->server);
    for (size_t i = 0; i < STAGES; i++)
        demo_stop_service(d->parts, d->directory, stages[i]);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ; /* the services that were deployed: their jobs have ended, so they are ours */
    demo_remove(d->directory);
    char *texts[] = {d->directory,  d->upstream, d->clone, d->server_url,
                     d->token_file, d->token,    d->self,  d->parts};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
}

enum status cli_demo(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    struct demo d = {.ctx = ctx, .on_terminal = isatty(STDOUT_FILENO) && isatty(STDIN_FILENO)};
    const char *temporary = getenv("TMPDIR");
    (void)args;
    catch_signals();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    d.directory = mem_printf("%s/drawbridge-demo.XXXXXX",
                             temporary != NULL && temporary[0] == '/' ? temporary : "/tmp");
    if (mkdtemp(d.directory) == NULL) {
        enum status status =
            error_set(err, STATUS_FAILED, "cannot make a directory %s: %s", d.directory, strerror(errno));
        free(d.directory);
        return status;
    }
    d.upstream = mem_printf("%s/upstream.git", d.directory);
    d.clone = mem_printf("%s/clone", d.directory);
    d.self = mem_string("/proc/self/exe");
    enum status status = demo_find_parts(&d.self, &d.parts, err);
    if (status == STATUS_OK)
        status = demo_free_ports(d.ports, STAGES, err);
    if (status == STATUS_OK)
        status = play(&d, err);
    if (stop_signal != 0)
        status = STATUS_OK == status ? interrupted(err) : status;
    clean_up(&d);
    if (status == STATUS_OK)
        cli_print("everything that the demo started has ended, and %s is gone", "its directory");
    return status;
}
