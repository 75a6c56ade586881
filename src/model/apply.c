/* Events into facts. An event is checked before anything changes; then it adds its fact, unless that is there
 * already, and what follows from it is derived. */
#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/internal.h"

/* Where an event belongs. */
struct place {
    uint32_t key, refers_key; /* of its id, and of the id of the triggered that it is or answers */
    const char *image;        /* that a triggered carries; NULL: none */
    struct project *project;
    struct stage *stage;
    struct context *context; /* NULL: not known yet */
    struct lane *lane;       /* NULL: not known yet */
    struct model_task *task; /* that it is of; NULL: not known yet, or of a sequence */
    struct run *run;         /* of that task */
    int64_t until_ns;        /* what is not later was dropped with its lane */
    bool dropped;            /* the lane was, once */
};

static enum status complain(const struct event *ev, const char *what, struct error *err)
{
    return error_set(err, STATUS_INVALID, "event %.40s of type %.120s: %s: it is left out",
                     ev->id != NULL ? ev->id : "without id", ev->type != NULL ? ev->type : "", what);
}

static bool is_missing(const char *text)
{
    return text == NULL || text[0] == '\0';
}

static bool is_longer(const char *text, size_t max)
{
    return text != NULL && strlen(text) > max;
}

/* What an event must have, and how much it may have of it. */
static enum status check(const struct event *ev, const char *image, struct error *err)
{
    bool refers = ev->parsed_type.kind != EVENT_KIND_TRIGGERED;
    if (is_missing(ev->id) || is_missing(ev->context))
        return complain(ev, "it has no id or no shkeptncontext", err);
    if (is_missing(ev->project) || is_missing(ev->stage) || is_missing(ev->service))
        return complain(ev, "data.project, data.stage or data.service is missing", err);
    if (is_missing(ev->parsed_type.name) || (refers && is_missing(ev->triggeredid)))
        return complain(ev, "it has no triggeredid, or its type names nothing", err);
    if (is_longer(ev->id, ID_MAX) || is_longer(ev->context, ID_MAX) ||
        (refers && is_longer(ev->triggeredid, ID_MAX)) || is_longer(ev->gitcommitid, ID_MAX) ||
        is_longer(ev->shipyardcommit, ID_MAX))
        return complain(ev, "an id, context or commit is longer than any that is sent", err);
    if (is_longer(ev->project, EVENT_NAME_MAX) || is_longer(ev->stage, EVENT_NAME_MAX) ||
        is_longer(ev->service, EVENT_NAME_MAX) || is_longer(ev->source, SOURCE_MAX))
        return complain(ev, "a name or its source is longer than any that is sent", err);
    if (is_longer(image, IMAGE_MAX))
        return complain(ev, "its image is longer than any that is sent", err);
    if (ev->time_ns < 0)
        return complain(ev, "its time lies before 1970", err);
    return STATUS_OK;
}

/* What there is already. */
static struct place find_place(const struct model *m, const struct event *ev)
{
    bool triggered = ev->parsed_type.kind == EVENT_KIND_TRIGGERED;
    struct place place = {.key = text_key(ev->id), .until_ns = INT64_MIN};
    place.refers_key = triggered ? place.key : text_key(ev->triggeredid);
    place.project = project_find(m, ev->project);
    if (place.project != NULL)
        place.stage = stage_find(place.project, ev->stage);
    if (place.project != NULL)
        place.context = context_find(m, place.project, ev->context);
    if (place.context != NULL && place.stage != NULL)
        place.lane = lane_find(place.context, place.stage, ev->service);
    if (place.stage != NULL)
        place.until_ns = tomb_until(m, place.project, ev->context, place.stage, ev->service);
    place.dropped = place.until_ns != INT64_MIN;
    if (place.context != NULL && ev->parsed_type.class == EVENT_CLASS_TASK)
        place.task = context_find_task(place.context, triggered ? ev->id : ev->triggeredid, place.refers_key,
                                       &place.run);
    return place;
}

/* Project and stage, which any event tells of. */
static enum status make_place(struct model *m, const struct event *ev, struct place *place, struct error *err)
{
    place->project = project_get(m, ev->project);
    if (place->project == NULL)
        return error_set(err, STATUS_INVALID, "more than %d projects: %s is not shown", PROJECTS_MAX,
                         ev->project);
    if (place->stage == NULL)
        place->stage = stage_get(m, place->project, ev->stage);
    if (place->stage == NULL)
        return error_set(err, STATUS_INVALID, "project %s has more than %d stages: %s is not shown",
                         ev->project, STAGES_MAX, ev->stage);
    return STATUS_OK;
}

static struct lane *make_lane(struct model *m, const struct event *ev, struct place *place)
{
    if (place->context == NULL)
        place->context = context_get(m, place->project, ev->context);
    if (place->lane == NULL)
        place->lane = lane_get(m, place->context, place->stage, ev->service);
    return place->lane;
}

/* What every event tells of its context. */
static void note_context(struct model *m, struct context *c, const struct event *ev, uint32_t key)
{
    bool news = false;
    if (ev->time_ns > 0 && (c->first_ns == 0 || ev->time_ns < c->first_ns)) {
        c->first_ns = ev->time_ns;
        news = true;
    }
    if (ev->parsed_type.class == EVENT_CLASS_SEQUENCE && ev->parsed_type.kind == EVENT_KIND_TRIGGERED &&
        ev->source != NULL) {
        if (c->source == NULL || ev->time_ns < c->source_ns ||
            (ev->time_ns == c->source_ns && key < c->source_key)) {
            const char *old = c->source;
            c->source = text_take(&m->texts, ev->source);
            text_drop(&m->texts, old);
            c->source_ns = ev->time_ns;
            c->source_key = key;
            news = true;
        }
    }
    if (news)
        context_mark(c);
}

static void run_changed(struct run *run)
{
    run->changed = run->lane->changed = true;
}

/* A lane of one run that no state tells of is always in order. */
static void arrange(struct model *m, struct lane *lane)
{
    if (lane->run_count > 1 || lane->state != NULL || (lane->run_count == 1 && lane->runs[0]->end_key != 0))
        lane_arrange(m, lane);
}

/* --- sequences --- */

static enum status sequence_triggered(struct model *m, const struct event *ev, struct place *place)
{
    struct run *run = place->lane != NULL ? run_find(place->lane, ev->id, place->key) : NULL;
    if (run != NULL && run->triggered_seen) {
        if (ev->number <= run->number)
            return STATUS_OK;
        run->number = ev->number;
    } else {
        if (run == NULL && place->dropped && ev->time_ns <= place->until_ns)
            return STATUS_OK;
        struct lane *lane = make_lane(m, ev, place);
        run = run_get(lane, ev->id, place->key);
        text_drop(&m->texts, run->name);
        run->name = text_take(&m->texts, ev->parsed_type.name);
        run->triggered_seen = true;
        run->trigger_ns = ev->time_ns;
        run->number = ev->number;
        run->origin = origin_of(m, ev, place->image, place->context->origin, NULL);
        origin_drop(m, place->context->origin);
        place->context->origin = origin_keep(run->origin);
        note_context(m, place->context, ev, place->key);
        arrange(m, lane);
    }
    run_changed(run);
    context_derive(m, place->context);
    return STATUS_OK;
}

static enum status sequence_finished(struct model *m, const struct event *ev, struct place *place)
{
    struct run *run = place->lane != NULL ? run_find(place->lane, ev->triggeredid, place->refers_key) : NULL;
    uint32_t key = place->key;
    if (run != NULL && run->end_key != 0 &&
        (run->end_ns < ev->time_ns || (run->end_ns == ev->time_ns && run->end_key <= key)))
        return STATUS_OK; /* the first one is what ended it */
    if (run == NULL && place->dropped)
        return STATUS_OK;
    struct lane *lane = make_lane(m, ev, place);
    run = run_get(lane, ev->triggeredid, place->refers_key);
    if (run->name == NULL)
        run->name = text_take(&m->texts, ev->parsed_type.name);
    text_drop(&m->texts, run->end_status);
    text_drop(&m->texts, run->end_result);
    free(run->end_message);
    run->end_ns = ev->time_ns;
    run->end_key = key;
    run->end_status =
        ev->status != NULL ? text_take_n(&m->texts, ev->status, strnlen(ev->status, WORD_MAX)) : NULL;
    run->end_result =
        ev->result != NULL ? text_take_n(&m->texts, ev->result, strnlen(ev->result, WORD_MAX)) : NULL;
    bool failed = text_is(ev->result, "fail") || text_is(ev->status, "errored");
    run->end_message = text_cut(ev->message, failed ? MODEL_MESSAGE_MAX : MODEL_REMARK_MAX);
    note_context(m, place->context, ev, place->key);
    arrange(m, lane);
    run_changed(run);
    context_derive(m, place->context);
    return STATUS_OK;
}

/* --- tasks --- */

/* Bounds what one context can take of the memory. */
static enum status check_room(const struct event *ev, const struct place *place, struct error *err)
{
    if (ev->parsed_type.class != EVENT_CLASS_TASK)
        return STATUS_OK;
    if (place->task == NULL && place->lane != NULL && lane_task_count(place->lane) >= TASKS_MAX)
        return error_set(err, STATUS_INVALID,
                         "context %.40s has more than %d tasks in stage %s: %s is left out", ev->context,
                         TASKS_MAX, ev->stage, ev->parsed_type.name);
    if (ev->parsed_type.kind != EVENT_KIND_TRIGGERED && place->task != NULL &&
        place->task->executor_count >= EXECUTORS_MAX && !task_has_event(place->task, ev, place->key))
        return error_set(err, STATUS_INVALID, "task %s of context %.40s has more than %d executors",
                         place->task->name, ev->context, EXECUTORS_MAX);
    return STATUS_OK;
}

static struct origin *task_origin(struct model *m, const struct event *ev, const char *image,
                                  const struct lane *lane)
{
    struct origin *before = NULL, *start = NULL;
    if (lane->run_count > 0) {
        const struct run *run = lane->runs[lane->run_count - 1];
        start = run->origin;
        if (run->reached > 0)
            before = run->pub.tasks[run->reached - 1].facts.origin;
    }
    return origin_of(m, ev, image, before, start);
}

static enum status task_triggered(struct model *m, const struct event *ev, struct place *place,
                                  uint64_t bound)
{
    struct run *run = place->run;
    struct model_task *known = place->task;
    if (known != NULL && known->facts.triggered_seen) {
        if (task_note_number(known, ev, bound)) {
            run_changed(run);
            context_derive(m, place->context);
        }
        return STATUS_OK;
    }
    if (known == NULL && place->dropped && ev->time_ns <= place->until_ns)
        return STATUS_OK;
    /* A started or finished may have come before it, and have named another stage. */
    struct lane *before = run != NULL ? run->lane : NULL;
    struct model_task task = known != NULL ? run_take_task(m, run, known) : task_new(ev->id, place->key);
    struct lane *lane = make_lane(m, ev, place);
    task_set_triggered(m, &task, ev, task_origin(m, ev, place->image, lane));
    (void)task_note_number(&task, ev, bound);
    lane_add_task(m, lane, &task);
    note_context(m, place->context, ev, place->key);
    arrange(m, lane);
    if (before != NULL && (before != lane || before->run_count > 1))
        lane_arrange(m, before);
    context_derive(m, place->context);
    return STATUS_OK;
}

/* A started or finished of a task whose triggered is not known yet waits in the lane that the first of them
 * names. */
static void add_early(struct model *m, const struct event *ev, struct place *place, uint64_t bound)
{
    struct model_task *known = place->task;
    struct run *run = place->run;
    struct lane *before = run != NULL ? run->lane : NULL;
    struct model_task task =
        known != NULL ? run_take_task(m, run, known) : task_new(ev->triggeredid, place->refers_key);
    bool first = task_add_event(m, &task, ev, place->key);
    (void)task_note_number(&task, ev, bound);
    struct lane *lane = first ? make_lane(m, ev, place) : before;
    lane_add_task(m, lane, &task);
    note_context(m, place->context, ev, place->key);
    lane_arrange(m, lane);
    if (before != NULL && before != lane)
        lane_arrange(m, before);
    context_derive(m, place->context);
}

static enum status task_answered(struct model *m, const struct event *ev, struct place *place, uint64_t bound)
{
    struct run *run = place->run;
    struct model_task *task = place->task;
    if (task == NULL && place->dropped)
        return STATUS_OK;
    if (task != NULL && task_has_event(task, ev, place->key)) {
        if (task_note_number(task, ev, bound)) {
            run_changed(run);
            context_derive(m, place->context);
        }
        return STATUS_OK;
    }
    if (task == NULL || !task->facts.triggered_seen) {
        add_early(m, ev, place, bound);
        return STATUS_OK;
    }
    (void)task_add_event(m, task, ev, place->key);
    (void)task_note_number(task, ev, bound);
    run_changed(run);
    note_context(m, place->context, ev, place->key);
    if (run->lane->state != NULL)
        lane_arrange(m, run->lane);
    context_derive(m, place->context);
    return STATUS_OK;
}

enum status apply_event(struct model *m, const struct event *ev, uint64_t bound, struct error *err)
{
    enum event_kind kind = ev->parsed_type.kind;
    bool sequence = ev->parsed_type.class == EVENT_CLASS_SEQUENCE;
    if (kind != EVENT_KIND_TRIGGERED && kind != EVENT_KIND_FINISHED &&
        (kind != EVENT_KIND_STARTED || sequence))
        return STATUS_OK; /* invalidated, changed: not the sequencer's either (keptn-events.md, section 1) */
    const char *image = kind == EVENT_KIND_TRIGGERED ? event_image(ev->data) : NULL;
    enum status status = check(ev, image, err);
    if (status != STATUS_OK)
        return status;
    struct place place = find_place(m, ev);
    place.image = image;
    status = check_room(ev, &place, err);
    if (status == STATUS_OK)
        status = make_place(m, ev, &place, err);
    if (status != STATUS_OK)
        return status;
    if (sequence)
        return kind == EVENT_KIND_TRIGGERED ? sequence_triggered(m, ev, &place)
                                            : sequence_finished(m, ev, &place);
    return kind == EVENT_KIND_TRIGGERED ? task_triggered(m, ev, &place, bound)
                                        : task_answered(m, ev, &place, bound);
}

enum status model_apply_event(struct model *m, const struct event *ev, uint64_t number, struct error *err)
{
    switch (ev->parsed_type.class) {
    case EVENT_CLASS_TASK:
    case EVENT_CLASS_SEQUENCE:
        return apply_event(m, ev, ev->number != 0 ? ev->number : number, err);
    case EVENT_CLASS_STATE:
        number = ev->number != 0 ? ev->number : number;
        /* Without a number (a replayed file), its time stands for it. */
        return apply_state(m, ev->data, number != 0 ? number : (uint64_t)(ev->time_ns > 0 ? ev->time_ns : 0),
                           ev->time_ns, err);
    case EVENT_CLASS_OTHER:
        break;
    }
    return STATUS_OK;
}
