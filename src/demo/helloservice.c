/* helloservice: the small HTTP service that the tutorial deploys, its test client, and its stop command.
 *
 *   helloservice --listen 127.0.0.1:PORT --version V [--pid-file FILE] [--daemonize]
 *   helloservice --ask URL --expect V       asks up to 5 s; 0: the version is V
 *   helloservice --stop FILE                ends the copy that wrote the pid file; 0 also where none runs
 *
 * With --daemonize it returns when it listens, and the copy in the background has a session of its own: the
 * job that deploys it ends, and the service stays. */
#include "config.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ASK_TRIES     50
#define ASK_PAUSE_US  100000
#define STOP_TRIES    500
#define STOP_PAUSE_US 10000

static void fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "helloservice: %s: %s\n", what, why);
    exit(1);
}

/* --- serving --- */

struct service {
    char body[256];
};

static enum MHD_Result answer(void *arg, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    static int seen;
    struct service *s = arg;
    (void)version;
    (void)upload;
    if (*state == NULL) { /* headers only; the body, if any, is dropped */
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size != 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    bool known = strcmp(url, "/") == 0 || strcmp(url, "/version") == 0;
    bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    const char *body = known && get ? s->body : known ? "only GET\n" : "not found\n";
    union {
        const char *in;
        void *out;
    } text = {.in = body}; /* MHD copies it, and only its prototype is without const */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), text.out, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    if (known && get)
        MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(connection, known ? get ? 200 : 405 : 404, response);
    MHD_destroy_response(response);
    return result;
}

static int listen_on(const char *where)
{
    char host[64];
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *colon = strrchr(where, ':');
    char *end = NULL;
    unsigned long port = colon != NULL ? strtoul(colon + 1, &end, 10) : 0;
    int on = 1;
    if (colon == NULL || colon[1] == '\0' || *end != '\0' || port > 65535 ||
        (size_t)(colon - where) >= sizeof host)
        fail(where, "must be ADDRESS:PORT");
    memcpy(host, where, (size_t)(colon - where));
    host[colon - where] = '\0';
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        fail(where, "must be an IPv4 address and a port");
    address.sin_port = htons((unsigned short)port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 64) != 0)
        fail(where, strerror(errno));
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) == 0)
        printf("listening on %s:%d\n", host, ntohs(address.sin_port));
    (void)fflush(stdout); /* nobody may be listening */
    return fd;
}

/* Field 22 of /proc/PID/stat: with the pid it names a process for good. 0: no such process. */
static unsigned long long start_time(long pid)
{
    char path[64], text[1024];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid); /* fits */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (got <= 0)
        return 0;
    text[got] = '\0';
    char *at = strrchr(text, ')'); /* the name before it may hold anything */
    for (int field = 2; at != NULL && field < 22; field++) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

static void write_pid_file(const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL || fprintf(file, "%ld %llu\n", (long)getpid(), start_time(getpid())) < 0 ||
        fclose(file) != 0)
        fail(path, strerror(errno));
}

/* The copy in the background: standard streams to /dev/null, a session of its own. The one in front exits
 * when told that all is well. */
static int go_to_background(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail("pipe", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        fail("fork", strerror(errno));
    if (pid > 0) {
        char byte;
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
    }
    close(ends[0]);
    setsid();
    return ends[1];
}

static void close_streams(void)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3 && nothing >= 0; fd++)
        dup2(nothing, fd);
    if (chdir("/") != 0)
        fail("/", strerror(errno));
}

static int serve(const char *where, const char *version, const char *pid_file, bool background)
{
    struct service s;
    sigset_t ends;
    int number, told = -1;
    for (const char *c = version; *c != '\0'; c++)
        if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
            fail("--version", "must be printable ASCII without quotes");
    if (snprintf(s.body, sizeof s.body, "{\"service\":\"helloservice\",\"version\":\"%s\"}\n", version) >=
        (int)sizeof s.body)
        fail("--version", "is too long");
    int fd = listen_on(where);
    if (background)
        told = go_to_background();
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* before MHD's thread, which inherits it */
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, answer, &s,
                                                 MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_TIMEOUT,
                                                 10U, MHD_OPTION_CONNECTION_LIMIT, 64U, MHD_OPTION_END);
    if (daemon == NULL)
        fail("HTTP", "cannot start serving");
    if (pid_file != NULL)
        write_pid_file(pid_file);
    if (background) {
        close_streams();
        if (write(told, "", 1) != 1)
            return 1;
        close(told);
    }
    sigwait(&ends, &number);
    MHD_stop_daemon(daemon);
    if (pid_file != NULL)
        unlink(pid_file);
    return 0;
}

/* --- asking --- */

struct text {
    char bytes[1024];
    size_t len;
};

static size_t take(char *bytes, size_t size, size_t count, void *arg)
{
    struct text *t = arg;
    size_t len = size * count, room = sizeof t->bytes - 1 - t->len;
    memcpy(t->bytes + t->len, bytes, len < room ? len : room);
    t->len += len < room ? len : room;
    t->bytes[t->len] = '\0';
    return len;
}

static int ask(const char *url, const char *expected)
{
    char wanted[256], why[CURL_ERROR_SIZE] = "";
    struct text text = {.len = 0};
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        fail(url, "no HTTP client");
    (void)snprintf(wanted, sizeof wanted, "\"version\":\"%s\"",
                   expected); /* a longer one is never answered */
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 2000L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    CURLcode code = CURLE_FAILED_INIT;
    for (int i = 0; i < ASK_TRIES && code != CURLE_OK; i++) {
        if (i > 0)
            usleep(ASK_PAUSE_US);
        text.len = 0;
        code = curl_easy_perform(curl);
    }
    curl_easy_cleanup(curl);
    if (code != CURLE_OK) {
        (void)fprintf(stderr, "helloservice: %s does not answer: %s\n", url,
                      why[0] != '\0' ? why : curl_easy_strerror(code));
        return 1;
    }
    if (strstr(text.bytes, wanted) == NULL) {
        (void)fprintf(stderr, "helloservice: %s should answer with version %s, but says %s\n", url, expected,
                      text.bytes);
        return 1;
    }
    return 0;
}

/* --- stopping --- */

/* Whether the process is a helloservice: the pid file may be old, and its number somebody else's by now. */
static bool is_ours(long pid, unsigned long long started)
{
    char path[64], self[4096], other[4096];
    (void)snprintf(path, sizeof path, "/proc/%ld/exe", pid); /* fits */
    ssize_t mine = readlink("/proc/self/exe", self, sizeof self), its = readlink(path, other, sizeof other);
    return pid > 1 && mine > 0 && mine == its && memcmp(self, other, (size_t)mine) == 0 &&
           start_time(pid) == started;
}

static int stop(const char *pid_file)
{
    long pid = 0;
    unsigned long long started = 0;
    FILE *file = fopen(pid_file, "re");
    if (file == NULL)
        return errno == ENOENT ? 0 : (fail(pid_file, strerror(errno)), 1);
    int read_fields = fscanf(file, "%ld %llu", &pid, &started);
    fclose(file);
    if (read_fields != 2 || !is_ours(pid, started)) {
        unlink(pid_file); /* of one that ended without removing it */
        return 0;
    }
    kill((pid_t)pid, SIGTERM);
    for (int i = 0; i < STOP_TRIES && is_ours(pid, started); i++)
        usleep(STOP_PAUSE_US);
    if (is_ours(pid, started))
        kill((pid_t)pid, SIGKILL);
    unlink(pid_file);
    return 0;
}

int main(int argc, char **argv)
{
    enum { LISTEN = 256, VERSION_OPTION, PID_FILE, DAEMONIZE, ASK, EXPECT, STOP };
    static const struct option options[] = {
        {"listen", required_argument, NULL, LISTEN},     {"version", required_argument, NULL, VERSION_OPTION},
        {"pid-file", required_argument, NULL, PID_FILE}, {"daemonize", no_argument, NULL, DAEMONIZE},
        {"ask", required_argument, NULL, ASK},           {"expect", required_argument, NULL, EXPECT},
        {"stop", required_argument, NULL, STOP},         {NULL, 0, NULL, 0}};
    const char *values[STOP + 1 - LISTEN] = {NULL};
    signal(SIGPIPE, SIG_IGN);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option < LISTEN)
            return 2;
        values[option - LISTEN] = optarg != NULL ? optarg : "";
    }
    if (values[STOP - LISTEN] != NULL)
        return stop(values[STOP - LISTEN]);
    if (values[ASK - LISTEN] != NULL && values[EXPECT - LISTEN] != NULL)
        return ask(values[ASK - LISTEN], values[EXPECT - LISTEN]);
    if (values[LISTEN - LISTEN] != NULL && values[VERSION_OPTION - LISTEN] != NULL)
        return serve(values[LISTEN - LISTEN], values[VERSION_OPTION - LISTEN], values[PID_FILE - LISTEN],
                     values[DAEMONIZE - LISTEN] != NULL);
    (void)fputs("usage: helloservice --listen ADDRESS:PORT --version V [--pid-file FILE] [--daemonize]\n"
                "       helloservice --ask URL --expect V\n"
                "       helloservice --stop FILE\n",
                stderr);
    return 2;
}
