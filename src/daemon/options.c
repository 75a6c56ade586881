#include "config.h"

#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define TASK_TIMEOUT_NS (600 * CLOCK_S)

static const char help[] =
    "usage: drawbridged [options]\n"
    "       drawbridged [options] token create --name NAME --role ROLE [--project P]... [--expires 720h]\n"
    "       drawbridged [options] token list | revoke NAME\n"
    "       drawbridged [options] adopt PROJECT --upstream URL [--user NAME] [--token-file FILE]...\n"
    "       drawbridged [options] audit verify [ROW:HASH]\n"
    "       drawbridged check FILE\n"
    "\n"
    "  --data DIR               database, repositories, job logs (default: $XDG_STATE_HOME/drawbridged,\n"
    "                           for root /var/lib/drawbridged)\n"
    "  --listen ADDRESS:PORT    where to serve (default 127.0.0.1:8080; port 0 takes a free one)\n"
    "  --upstream-root DIR      file:// upstreams may lie below it (default: none may)\n"
    "  --task-timeout DURATION  end a sequence whose task nobody has started for so long (default 10m)\n"
    "  --insecure-listen        allow an address that is not loopback without TLS\n"
    "  --log-level LEVEL        error, warn, info (default), debug\n"
    "  -h, --help; -V, --version\n";

static char *default_data(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state != NULL && state[0] == '/')
        return mem_printf("%s/drawbridged", state);
    if (geteuid() == 0)
        return mem_string("/var/lib/drawbridged");
    return mem_printf("%s/.local/state/drawbridged", home != NULL && home[0] != '\0' ? home : ".");
}

static bool is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0 ||
           strncmp(listen, "localhost:", 10) == 0;
}

static void replace(char **text, const char *with)
{
    free(*text);
    *text = mem_string(with);
}

/* --data is taken behind the command too, where people write it: left there it would go unread, and the
 * command would work on another directory. Takes it out of argv. */
static enum status take_data(int *words, char **argv, struct options *out, struct error *err)
{
    int kept = out->command;
    for (int i = kept; i < *words; i++) {
        if (strncmp(argv[i], "--data=", 7) == 0)
            replace(&out->data, argv[i] + 7);
        else if (strcmp(argv[i], "--data") != 0)
            argv[kept++] = argv[i];
        else if (++i < *words)
            replace(&out->data, argv[i]);
        else
            return error_set(err, STATUS_USAGE, "--data: the directory is missing");
    }
    *words = kept;
    return STATUS_OK;
}

enum status options_read(int argc, char **argv, struct options *out, struct error *err)
{
    enum { OPTION_DATA = 256, OPTION_LISTEN, OPTION_ROOT, OPTION_INSECURE, OPTION_LEVEL, OPTION_TIMEOUT };
    static const struct option options[] = {{"data", required_argument, NULL, OPTION_DATA},
                                            {"listen", required_argument, NULL, OPTION_LISTEN},
                                            {"upstream-root", required_argument, NULL, OPTION_ROOT},
                                            {"insecure-listen", no_argument, NULL, OPTION_INSECURE},
                                            {"log-level", required_argument, NULL, OPTION_LEVEL},
                                            {"task-timeout", required_argument, NULL, OPTION_TIMEOUT},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    enum log_level level;
    *out = (struct options){
        .data = default_data(), .listen = mem_string("127.0.0.1:8080"), .task_timeout_ns = TASK_TIMEOUT_NS};
    for (int option; (option = getopt_long(argc, argv, "+hV", options, NULL)) != -1;) {
        switch (option) {
        case OPTION_DATA:
            replace(&out->data, optarg);
            break;
        case OPTION_LISTEN:
            replace(&out->listen, optarg);
            break;
        case OPTION_ROOT:
            replace(&out->upstream_root, optarg);
            break;
        case OPTION_INSECURE:
            out->insecure_listen = true;
            break;
        case OPTION_LEVEL:
            if (!log_parse_level(optarg, &level))
                return error_set(err, STATUS_USAGE, "--log-level %s: there are error, warn, info and debug",
                                 optarg);
            log_set_level(level);
            break;
        case OPTION_TIMEOUT:
            if (!clock_parse_duration(optarg, &out->task_timeout_ns) || out->task_timeout_ns <= 0)
                return error_set(err, STATUS_USAGE, "--task-timeout %s: write it as 90s, 10m or 1h30m",
                                 optarg);
            break;
        case 'h':
            fputs(help, stdout);
            out->done = true;
            return STATUS_OK;
        case 'V':
            puts(PACKAGE_STRING);
            out->done = true;
            return STATUS_OK;
        default:
            return error_set(err, STATUS_USAGE, "see drawbridged --help");
        }
    }
    out->command = optind;
    out->words = argc;
    if (optind == argc && strrchr(out->listen, ':') == NULL)
        return error_set(err, STATUS_USAGE,
                         "--listen %s is not ADDRESS:PORT; write it as 127.0.0.1:8080 or [::1]:8080",
                         out->listen);
    if (!is_loopback(out->listen) && !out->insecure_listen && optind == argc)
        return error_set(err, STATUS_USAGE,
                         "--listen %s is not a loopback address: tokens would cross the network in the "
                         "clear. Put a TLS proxy in "
                         "front, or say --insecure-listen",
                         out->listen);
    return take_data(&out->words, argv, out, err);
}

void options_free(struct options *o)
{
    free(o->data);
    free(o->listen);
    free(o->upstream_root);
}
