/* A posted event: what makes it valid, the rules of a decision, and its turn. Source: keptn-api.md, "POST
 * /v1/event"; interfaces.md, "Decisions". */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "daemon/answer.h"
#include "daemon/internal.h"

struct post {
    api_done done;
    void *done_arg;
    char context[UUID_SIZE];
};

static void posted(void *arg, enum status status, const struct error *err)
{
    struct post *p = arg;
    if (status == STATUS_OK) {
        char body[UUID_SIZE + 32];
        (void)snprintf(body, sizeof body, "{\"keptnContext\":\"%s\"}", p->context); /* both of known size */
        answer_text(p->done, p->done_arg, 200, body);
    } else {
        answer_error(p->done, p->done_arg, err);
    }
    free(p);
}

static bool is_decision(const struct event *ev)
{
    return ev->parsed_type.class == EVENT_CLASS_TASK && ev->parsed_type.kind == EVENT_KIND_FINISHED &&
           strcmp(ev->parsed_type.name, "approval") == 0 && ev->triggeredid != NULL;
}

static bool is_approval(const char *result)
{
    return result != NULL && (strcmp(result, "pass") == 0 || strcmp(result, "warning") == 0);
}

/* "approved by maria 5m ago (2023-…)". */
static void describe_decision(const cJSON *decision, struct buffer *out)
{
    const char *result = json_text(decision, "result"), *by = json_text(decision, "by"),
               *time = json_text(decision, "time");
    int64_t when = 0;
    char age[16];
    clock_format_age(time != NULL && clock_parse(time, &when) ? clock_now_ns() - when : 0, true, age);
    buffer_printf(out, "%s by %s %s ago (%s)", is_approval(result) ? "approved" : "declined", by ? by : "?",
                  age, time ? time : "?");
}

/* All of them, who was first first; cut where it is too long for an answer. */
static void refuse_closed(const cJSON *decisions, api_done done, void *done_arg)
{
    struct buffer text = BUFFER_LIMIT(ERROR_TEXT_SIZE - 1);
    const cJSON *item = NULL;
    buffer_add_text(&text, "the approval is closed: ");
    cJSON_ArrayForEach(item, decisions)
    {
        if (item != decisions->child)
            buffer_add_text(&text, ", ");
        describe_decision(item, &text);
    }
    answer_refusal(done, done_arg, STATUS_CONFLICT, "%s", buffer_text(&text));
    buffer_free(&text);
}

/* The approval is open still because somebody else has started it, too. */
static void refuse_second(const cJSON *mine, api_done done, void *done_arg)
{
    struct buffer text = BUFFER_LIMIT(ERROR_TEXT_SIZE - 1);
    buffer_add_text(&text, "you have decided: ");
    describe_decision(mine, &text);
    answer_refusal(done, done_arg, STATUS_CONFLICT,
                   "%s; the approval is open until all who have started it have answered",
                   buffer_text(&text));
    buffer_free(&text);
}

static const cJSON *find_decision(const cJSON *decisions, const char *key, const char *value)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, decisions)
    {
        const char *text = json_text(item, key);
        if (text != NULL && value != NULL && strcmp(text, value) == 0)
            return item;
    }
    return NULL;
}

static bool found(void *arg, const struct store_event *e)
{
    (void)e;
    *(bool *)arg = true;
    return false;
}

static bool is_name(const char *text)
{
    return text != NULL && strlen(text) <= EVENT_NAME_MAX;
}

/* The same decision again: answered when it is durable, which an empty turn behind it waits for. */
static void answer_repeat(struct core *core, const char *context, api_done done, void *done_arg)
{
    struct post *p = MEM_NEW(struct post);
    *p = (struct post){.done = done, .done_arg = done_arg};
    memcpy(p->context, context, UUID_SIZE);
    turn_commit(turn_new(core), posted, p);
}

/* Nobody has decided it, and it is not open. */
static void refuse_unknown(struct core *core, const struct event *ev, const char *context, api_done done,
                           void *done_arg)
{
    bool known_approval = false;
    struct error err = ERROR_NONE;
    const struct store_event_query query = {.event_id = ev->triggeredid, .project = ev->project, .limit = 1};
    if (store_events(core->store, &query, found, &known_approval, NULL, &err) != STATUS_OK)
        answer_error(done, done_arg, &err);
    else if (known_approval)
        answer_refusal(done, done_arg, STATUS_CONFLICT,
                       "the approval is closed: it was decided automatically, or its sequence has ended");
    else
        answer_refusal(done, done_arg, STATUS_NOT_FOUND, "no approval with triggeredid %s in context %s",
                       ev->triggeredid, context);
}

/* True where the decision may go on; else it has been answered: a repeat with 200, a late one, or a second
 * one of the same principal, with 409. */
static bool decision_may_go_on(struct core *core, const struct event *ev, const char *context,
                               const struct api_principal *who, api_done done, void *done_arg)
{
    if (ev->decisionid != NULL && !uuid_is_valid(ev->decisionid)) {
        answer_refusal(done, done_arg, STATUS_INVALID, "decisionid in body must be a UUID");
        return false;
    }
    if (!is_name(ev->project) || !is_name(ev->stage) || !is_name(ev->service)) {
        /* The sequencer drops it, so that it must not count as this principal's decision. */
        answer_refusal(done, done_arg, STATUS_INVALID,
                       "a decision must name data.project, data.stage and data.service, each of at most %d "
                       "bytes",
                       EVENT_NAME_MAX);
        return false;
    }
    bool open = sequencer_task_is_open(core->sequencer, ev->project, context, ev->triggeredid);
    cJSON *decisions = core_find_decisions(core, ev->triggeredid);
    const cJSON *mine = find_decision(decisions, "by", who->name);
    bool may = false;
    if (find_decision(decisions, "decisionid", ev->decisionid) != NULL)
        answer_repeat(core, context, done, done_arg);
    else if (open && mine != NULL)
        refuse_second(mine, done, done_arg);
    else if (open)
        may = true;
    else if (cJSON_GetArraySize(decisions) > 0)
        refuse_closed(decisions, done, done_arg);
    else
        refuse_unknown(core, ev, context, done, done_arg);
    cJSON_Delete(decisions);
    return may;
}

/* Keptn goes by triggeredid alone, whatever task the type names. Here who may decide hangs on the type, so an
 * approval is answered by no other type, and approval.finished answers no other task. */
static bool answers_its_task(struct core *core, const struct event *ev, const char *context, api_done done,
                             void *done_arg)
{
    const struct event_type *type = &ev->parsed_type;
    if (type->class != EVENT_CLASS_TASK ||
        (type->kind != EVENT_KIND_STARTED && type->kind != EVENT_KIND_FINISHED))
        return true;
    const char *task = sequencer_current_task(core->sequencer, ev->project, context, ev->triggeredid);
    if (task == NULL || strcmp(task, type->name) == 0 ||
        (strcmp(task, "approval") != 0 && strcmp(type->name, "approval") != 0))
        return true;
    answer_refusal(done, done_arg, STATUS_INVALID,
                   "triggeredid %s is of the task %s, which an event of type %s cannot answer",
                   ev->triggeredid, task, ev->type);
    return false;
}

void port_post_event(void *arg, const struct event *ev, const struct api_principal *who, api_done done,
                     void *done_arg)
{
    struct core *core = arg;
    if (ev->project != NULL && !store_project_exists(core->store, ev->project)) {
        answer_refusal(done, done_arg, STATUS_NOT_FOUND, "Project not found: %s", ev->project);
        return;
    }
    if (strncmp(ev->type, "sh.drawbridge.", 14) == 0) {
        answer_refusal(done, done_arg, STATUS_INVALID, "events of type sh.drawbridge.… are the server's own");
        return;
    }
    struct post *p = MEM_NEW(struct post);
    p->done = done;
    p->done_arg = done_arg;
    uuid_from_context(ev->context, p->context);
    bool decision = is_decision(ev);
    if (!answers_its_task(core, ev, p->context, done, done_arg) ||
        (decision && !decision_may_go_on(core, ev, p->context, who, done, done_arg))) {
        free(p);
        return;
    }
    struct turn *t = turn_new(core);
    const struct event_draft draft = {.source = ev->source,
                                      .type = ev->type,
                                      .context = p->context,
                                      .triggeredid = ev->triggeredid,
                                      .gitcommitid = ev->gitcommitid,
                                      .decisionid = decision ? ev->decisionid : NULL,
                                      .decidedby = decision ? who->name : NULL,
                                      .decidedvia = decision ? ev->source : NULL,
                                      .time_ns = core_now(core),
                                      .data = ev->data,
                                      .extensions = json_get(ev->root, "extensions")};
    if (decision) {
        const struct store_decision d = {.project = ev->project,
                                         .context = p->context,
                                         .triggeredid = ev->triggeredid,
                                         .event_id = "",
                                         .decisionid = ev->decisionid,
                                         .by = who->name,
                                         .via = ev->source,
                                         .result = ev->result ? ev->result : "",
                                         .comment = ev->message ? ev->message : "",
                                         .time_ns = draft.time_ns};
        core_note_decision(t, &d);
        char *what =
            mem_printf("%s %s/%s", is_approval(ev->result) ? "approve" : "decline", ev->stage, ev->service);
        store_batch_audit(turn_batch(t), draft.time_ns, who->name, what, ev->project, who->address,
                          d.comment);
        free(what);
    }
    if (turn_event(t, &draft, false) == NULL) {
        answer_refusal(done, done_arg, STATUS_TOO_LARGE, "the event is over 1 MiB");
        turn_commit(t, NULL, NULL);
        free(p);
        return;
    }
    turn_commit(t, posted, p);
}

void port_control(void *arg, const char *project, const char *context, const char *stage, const char *verb,
                  const struct api_principal *who, api_done done, void *done_arg)
{
    static const struct {
        const char *name;
        enum sequencer_verb verb;
    } verbs[] = {{"pause", SEQUENCER_PAUSE}, {"resume", SEQUENCER_RESUME}, {"abort", SEQUENCER_ABORT}};
    struct core *core = arg;
    struct turn *t = turn_new(core);
    struct sequencer_effects *effects = sequencer_effects_new();
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verb, verbs[i].name) == 0 && sequencer_control(core->sequencer, project, context, stage,
                                                                  verbs[i].verb, core_now(core), effects))
            store_batch_audit(turn_batch(t), core_now(core), who->name, verb, project, who->address, context);
    turn_effects(t, effects);
    sequencer_effects_free(effects);
    turn_commit_answer(t, 200, "{}", done, done_arg);
}
