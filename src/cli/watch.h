/* watch.h: events as they happen, for watch and for trigger --watch. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli/picture.h"

enum cli_until { CLI_UNTIL_STOPPED, CLI_UNTIL_WAITING, CLI_UNTIL_FINISHED };

struct cli_watch_request {
    const struct cli_target *target;       /* NULL: every context */
    const char *project, *stage, *service; /* NULL: any */
    enum cli_until until;
    int seconds; /* 0: as long as it takes */
    enum cli_format format;
};

/* Prints what has happened in the target's context, then what happens. STATUS_OK: until came true, ended with
 * pass or warning; STATUS_FAILED: ended otherwise; STATUS_TIMED_OUT; STATUS_UNREACHABLE where the server
 * never was reached. */
MUST_CHECK enum status cli_watch_events(struct cli_context *ctx, const struct cli_watch_request *request,
                                        struct error *err);

/* --until; CLI_UNTIL_STOPPED where it is not given. */
MUST_CHECK enum status cli_watch_until(const struct cli_args *args, enum cli_until *until, struct error *err);
/* --watch-time; 0: none. */
MUST_CHECK enum status cli_watch_seconds(const struct cli_args *args, int *seconds, struct error *err);

#endif
