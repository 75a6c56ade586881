/* picture.h: the whole picture for one-shot commands: a model filled from one snapshot, and what of it is
 * printed. */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include <cjson/cJSON.h>

#include "cli/internal.h"
#include "feed/feed.h"
#include "model/model.h"

/* Takes a snapshot of these projects (NULL: those of ctx). *out is the caller's (model_free). */
MUST_CHECK enum status cli_take_picture(struct cli_context *ctx, const char *const *projects,
                                        enum feed_depth depth, struct model **out, struct error *err);
/* A part of a snapshot, as on_snapshot has it. Returns how much of it the model would not have; err says why.
 */
size_t cli_apply_part(struct model *m, const char *what, const char *text, size_t len, uint64_t number,
                      struct error *err);
/* The same from the recordings, as they end; their clock goes to ctx. */
MUST_CHECK enum status cli_replay_picture(struct cli_context *ctx, struct model **out, struct error *err);
struct cli_target;
/* All events of a context in the recordings, newest first; the caller's. */
MUST_CHECK enum status cli_replay_events(struct cli_context *ctx, const struct cli_target *target,
                                         cJSON **out, struct error *err);
struct replay;
/* Opens the recordings at their speed; what a person should know goes to standard error. */
MUST_CHECK enum status cli_open_replay(struct cli_context *ctx, const struct feed_callbacks *callbacks,
                                       struct replay **out, struct error *err);
/* Applies an event-store answer, or an array of events. Returns how many could not be. */
size_t cli_apply_events(struct model *m, const cJSON *events);

/* What an id on the command line means. */
struct cli_target {
    char *context, *project;
    char *approval; /* id of the approval.triggered, where that was given; NULL: a context */
};
/* id: a Keptn context, a prefix of one that fits only one, or an approval event's id. STATUS_NOT_FOUND;
 * STATUS_USAGE: it fits several. */
MUST_CHECK enum status cli_find_target(struct cli_context *ctx, const char *id, struct cli_target *out,
                                       struct error *err);
void cli_target_free(struct cli_target *target);

/* All events of a context, oldest first; the caller's. */
MUST_CHECK enum status cli_context_events(struct cli_context *ctx, const struct cli_target *target,
                                          cJSON **out, struct error *err);

/* Whether the context as a whole is over: nothing of it runs, waits or follows. */
MUST_CHECK enum status cli_context_has_ended(struct cli_context *ctx, const struct cli_target *target,
                                             bool *ended, struct error *err);
void cli_sleep(struct cli_context *ctx, int ms); /* the loop turns meanwhile */

#define CLI_LOG_MAX (8 * 1024 * 1024) /* bytes of a job's output in one piece */
/* Appends a job's output from a byte on. STATUS_NOT_FOUND: no job does this task. */
MUST_CHECK enum status cli_fetch_log(struct cli_context *ctx, const char *triggered_id, size_t offset,
                                     struct buffer *out, struct error *err);
void cli_clean_lines(struct buffer *out, const char *raw, size_t len); /* sanitised, line breaks kept */

/* "waiting" in our words, "started" in Keptn's (where "waiting" means queued). */
const char *cli_keptn_state(enum model_state state);
const char *cli_state_glyph(enum model_state state);
/* A sequence with all that is known of it; the caller's. */
cJSON *cli_sequence_json(const struct model *m, const struct model_sequence *seq);

/* The first line of a message, ending with an ellipsis where there is more; "" for NULL. The caller's (free).
 */
char *cli_first_line(const char *message);

#define CLI_SHORT_ID 8 /* characters of a context in tables */
/* The server's time where it tells it, else ours. */
int64_t cli_server_now(struct cli_context *ctx);
void cli_table_add_age(struct cli_table *t, int64_t since_ns, int64_t now_ns);
/* "2023-05-04 10:11:12", local time; "-" for 0. */
void cli_table_add_time(struct cli_table *t, int64_t ns);
void cli_table_add_id(struct cli_table *t, const char *context);
const char *
cli_version_of(const struct model_sequence *seq); /* tag, else label, else image; NULL: none of them */

#endif
