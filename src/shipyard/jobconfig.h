/* shipyard/jobconfig.h: job/config.yaml (Keptn's job executor, apiVersion v2) to structs, which of its
 * actions an event fits, and the environment of a task. Source: keptn-events.md, section 5. */
#ifndef SHIPYARD_JOBCONFIG_H
#define SHIPYARD_JOBCONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "event/event.h"

enum jobconfig_env_from { JOBCONFIG_ENV_EVENT, JOBCONFIG_ENV_SECRET, JOBCONFIG_ENV_STRING };
struct jobconfig_env {
    const char *name, *value, *as; /* as: "json", "yaml", or NULL */
    enum jobconfig_env_from from;
};
struct jobconfig_task {
    const char *name, *image, *working_dir;
    const char *const *files; /* NULL-terminated, as are the other lists */
    const char *const *cmd;
    const char *const *args;
    const struct jobconfig_env *env;
    size_t env_count;
    int max_poll_s; /* default 300 */
};
struct jobconfig_event {
    const char *name;             /* regular expression, not anchored */
    const char *property, *match; /* JSONPath and text; NULL: the type alone decides */
};
struct jobconfig_action {
    const char *name;
    bool silent;
    const struct jobconfig_event *events;
    size_t event_count;
    const struct jobconfig_task *tasks;
    size_t task_count;
};
struct jobconfig {
    const struct jobconfig_action *actions;
    size_t action_count;
    void *owner; /* private */
};

/* Strict: an unknown or repeated key is an error with line and column. *out is the caller's. */
MUST_CHECK enum status jobconfig_parse(const char *text, size_t len, const char *file, struct jobconfig **out,
                                       struct error *err);
void jobconfig_free(struct jobconfig *config);

/* True where one of the action's events fits. A broken expression never fits. */
bool jobconfig_action_fits(const struct jobconfig_action *action, const struct event *ev);

/* Why the name of an event never fits anything ("has a back reference, which …"); NULL: it is fine. A static
 * text. */
const char *jobconfig_event_fault(const struct jobconfig_event *rule);

/* The value at a JSONPath ("$.data.labels.version", "data['x'][0]") over the event, as Go's %v prints it, or
 * as JSON or YAML. Returns STATUS_NOT_FOUND for a missing path. Appends to out. */
MUST_CHECK enum status jobconfig_event_value(const struct event *ev, const char *path, const char *as,
                                             struct buffer *out, struct error *err);

#endif
