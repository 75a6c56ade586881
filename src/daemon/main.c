/* drawbridged: builds the parts, joins them, and takes them down again in order. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/adopt.h"
#include "daemon/audit.h"
#include "daemon/check.h"
#include "daemon/core.h"
#include "daemon/key.h"
#include "daemon/options.h"
#include "daemon/token.h"

/* Calls on repositories wait for upstreams in threads of the pool (repo/queue.c keeps some for the store). */
#define POOL_SIZE "12"

struct daemon {
    struct core core;
    uv_loop_t loop;
    uv_signal_t signals[3];
    uv_timer_t drain;
    uv_fs_event_t tokens; /* TOKEN_NOTICE */
    bool jobs_stopped, api_stopped;
};

static void new_id(void *arg, char out[UUID_SIZE])
{
    (void)arg;
    uuid_new(out);
}

static char *load_record(void *arg, const char *project, const char *context)
{
    const struct core *core = arg;
    return core_find_record(core, project, context);
}

static bool make_directory(const char *path, struct error *err)
{
    char *folder = mem_string(path);
    bool made = true;
    for (char *slash = strchr(folder + 1, '/'); made && slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        made = mkdir(folder, 0755) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES;
        *slash = '/';
    }
    made = made && (mkdir(folder, 0700) == 0 || errno == EEXIST);
    if (!made)
        error_set(err, STATUS_FAILED, "cannot make the data directory %s: %s; name another with --data", path,
                  strerror(errno));
    free(folder);
    return made;
}

/* The shim stands beside us when we run from the build tree, else where it was installed. */
static char *find_shim(void)
{
    const char *from_environment = getenv("DRAWBRIDGE_JOBSHIM");
    if (from_environment != NULL)
        return mem_string(from_environment);
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len > 0) {
        self[len] = '\0';
        char *slash = strrchr(self, '/');
        char *beside = mem_printf("%.*s/jobshim", (int)(slash - self), self);
        if (access(beside, X_OK) == 0)
            return beside;
        free(beside);
    }
    return mem_string(PKGLIBEXECDIR "/jobshim");
}

static enum status open_jobs(struct daemon *d, const char *data, struct error *err)
{
    char *directory = mem_printf("%s/jobs", data), *shim = find_shim();
    struct jobs_ports ports;
    core_jobs_ports(&d->core, &ports);
    const struct jobs_settings settings = {.directory = directory, .shim = shim};
    enum status status = jobs_new(&d->loop, &settings, &ports, &d->core.jobs, err);
    free(directory);
    free(shim);
    return status;
}

/* Token before loop: a store without one commits at once. */
static enum status prepare_tokens(const char *data, struct error *err)
{
    struct store *store = NULL;
    bool made = false;
    enum status status = store_open(data, NULL, &store, err);
    if (status == STATUS_OK)
        key_begin_audit(store);
    if (status == STATUS_OK)
        status = token_ensure_admin(store, data, &made, err);
    if (made && status == STATUS_OK)
        log_write(LOG_INFO, "made an admin token: %s/admin-token", data);
    store_close(store);
    return status;
}

static enum status open_parts(struct daemon *d, const struct options *options, struct error *err)
{
    struct core *core = &d->core;
    const char *data = options->data;
    if (!make_directory(data, err))
        return err->status;
    enum status status = prepare_tokens(data, err);
    if (status == STATUS_OK)
        status = store_open(data, &d->loop, &core->store, err);
    if (status != STATUS_OK)
        return status;
    char *git = mem_printf("%s/git", data);
    status = repo_open(git, options->upstream_root, &core->repo, err);
    free(git);
    if (status != STATUS_OK)
        return status;
    core->repo_queue = repo_queue_new(&d->loop);
    key_begin_audit(core->store);
    status = core_restore_upstreams(core, err);
    if (status != STATUS_OK)
        return status;
    const struct sequencer_ports ports = {.arg = core, .new_id = new_id, .load_record = load_record};
    core->sequencer = sequencer_new(&ports);
    sequencer_set_timeout(core->sequencer, options->task_timeout_ns);
    status = core_restore(core, err);
    if (status == STATUS_OK)
        status = open_jobs(d, data, err);
    if (status == STATUS_OK) {
        struct api_ports api_ports;
        core_api_ports(core, &api_ports);
        const struct api_settings settings = {.listen = options->listen, .version = PACKAGE_VERSION};
        status = api_new(&d->loop, core->store, &settings, &api_ports, &core->api, err);
    }
    return status;
}

static void on_tokens_changed(uv_fs_event_t *handle, const char *name, int events, int status)
{
    struct daemon *d = handle->data;
    (void)events;
    if (status == 0 && name != NULL && strcmp(name, TOKEN_NOTICE) == 0 && !d->core.stopping)
        api_tokens_changed(d->core.api);
}

/* The directory is watched, not the file: it need not be there yet. */
static void watch_tokens(struct daemon *d, const char *directory)
{
    uv_fs_event_init(&d->loop, &d->tokens);
    d->tokens.data = d;
    int code = uv_fs_event_start(&d->tokens, on_tokens_changed, directory, 0);
    if (code != 0)
        log_write(LOG_WARN, "cannot watch %s (%s): new and revoked tokens count after a restart", directory,
                  uv_strerror(code));
}

/* The loop ends when nothing is left on it; what jobs and api leave behind closes itself. */
static void close_when_drained(uv_timer_t *timer)
{
    struct daemon *d = timer->data;
    if (!d->jobs_stopped || !d->api_stopped || d->core.turns > 0 || repo_queue_length(d->core.repo_queue) > 0)
        return;
    uv_close((uv_handle_t *)&d->drain, NULL);
    uv_close((uv_handle_t *)&d->tokens, NULL);
    uv_close((uv_handle_t *)&d->core.timer, NULL);
    for (size_t i = 0; i < 3; i++)
        uv_close((uv_handle_t *)&d->signals[i], NULL);
    uv_stop(&d->loop);
}

static void jobs_stopped(void *arg)
{
    ((struct daemon *)arg)->jobs_stopped = true;
}

static void api_stopped(void *arg)
{
    ((struct daemon *)arg)->api_stopped = true;
}

static void stop(struct daemon *d)
{
    if (d->core.stopping)
        return;
    d->core.stopping = true;
    uv_timer_stop(&d->core.timer);
    repo_interrupt(d->core.repo); /* nobody waits for an upstream any more */
    jobs_stop(d->core.jobs, jobs_stopped, d);
    api_stop(d->core.api, api_stopped, d);
    uv_timer_start(&d->drain, close_when_drained, 0, 10);
}

static void on_signal(uv_signal_t *handle, int number)
{
    log_write(LOG_INFO, "%s: stopping", strsignal(number));
    stop(handle->data);
}

static void close_parts(struct daemon *d)
{
    api_free(d->core.api);
    jobs_free(d->core.jobs);
    sequencer_free(d->core.sequencer);
    store_close(d->core.store);
    if (d->core.repo_queue != NULL)
        repo_queue_free(d->core.repo_queue);
    repo_close(d->core.repo);
    map_free(&d->core.undurable, NULL);
    map_free(&d->core.undurable_records, NULL);
    map_free(&d->core.deleted, NULL);
}

static int serve(const struct options *options)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    struct daemon d = {0};
    struct error err = ERROR_NONE;
    d.core.loop = &d.loop;
    uv_loop_init(&d.loop);
    uv_timer_init(&d.loop, &d.core.timer);
    uv_timer_init(&d.loop, &d.drain);
    d.core.timer.data = &d.core;
    d.drain.data = &d;
    if (open_parts(&d, options, &err) != STATUS_OK) {
        (void)fprintf(stderr, "drawbridged: %s\n", err.text);
        return status_exit_code(
            err.status); /* the process ends: nothing is served, nothing to take down in order */
    }
    for (size_t i = 0; i < 3; i++) {
        uv_signal_init(&d.loop, &d.signals[i]);
        d.signals[i].data = &d;
        uv_signal_start(&d.signals[i], on_signal, numbers[i]);
    }
    watch_tokens(&d, options->data);
    core_resume(&d.core);
    printf("ready %s\n", api_url(d.core.api));
    (void)fflush(stdout); /* a reader that is gone does not stop us */
    uv_run(&d.loop, UV_RUN_DEFAULT);
    close_parts(&d);
    uv_run(&d.loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&d.loop) != 0)
        log_write(LOG_WARN, "something was left on the loop");
    return 0;
}

/* Started without standard input, output or errors: else a socket or a database gets such a number, and is
 * written to. */
static void open_standard_files(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = ERROR_NONE;
    open_standard_files();
    setenv("UV_THREADPOOL_SIZE", POOL_SIZE, 0); /* before the pool's first use */
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_CTYPE, "C.UTF-8"); /* log lines; the data is UTF-8 whatever the locale says */
    umask(077);
    if (sodium_init() < 0) {
        (void)fputs("drawbridged: libsodium cannot start\n", stderr);
        return 1;
    }
    int result = 0;
    if (options_read(argc, argv, &options, &err) != STATUS_OK) {
        (void)fprintf(stderr, "drawbridged: %s\n", err.text);
        result = status_exit_code(err.status);
    } else if (options.done) {
        result = 0;
    } else if (options.command == options.words) {
        result = serve(&options);
    } else if (strcmp(argv[options.command], "token") == 0) {
        result = token_command(options.data, options.words - options.command - 1, argv + options.command + 1);
    } else if (strcmp(argv[options.command], "adopt") == 0) {
        result = adopt_command(&options, options.words - options.command, argv + options.command);
    } else if (strcmp(argv[options.command], "audit") == 0) {
        result = audit_command(options.data, options.words - options.command - 1, argv + options.command + 1);
    } else if (strcmp(argv[options.command], "check") == 0 && options.command + 2 == options.words) {
        result = check_command(argv[options.command + 1]);
    } else {
        (void)fprintf(stderr, "drawbridged: unknown command %s; see drawbridged --help\n",
                      argv[options.command]);
        result = 2;
    }
    options_free(&options);
    return result;
}
