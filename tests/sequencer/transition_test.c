/* Every state of a run by every input: what the real sequencer does must be what the tables of
 * doc/sequencer.md say, to the letter. With PRINT_TABLES=1 it prints them instead, to be compared with
 * keptn-events.md by a person before they go into the document. */
#include "config.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "sequencer/internal.h"

#define SUBJECT "A" /* the context that is looked at */
#define OTHER   "B" /* another in the same queue */

static const char yard[] = YARD(
    "  - {name: s, sequences: [{name: d, tasks: [{name: one}, {name: two}]}, "
    "{name: late, tasks: [{name: one, triggeredAfter: 30s}, {name: two}]}, "
    "{name: gated, tasks: [{name: approval, properties: {pass: manual}}, {name: two}]}, "
    "{name: between, tasks: [{name: one}, {name: approval, properties: {pass: manual}}, {name: two}]}]}\n"
    "  - {name: n, sequences: [{name: f, triggeredOn: [{event: s.d.finished}], tasks: [{name: three}]}]}\n");

/* --- the run that is looked at --- */

struct scene {
    struct world *w;
    struct input trigger; /* of the subject, to send it again */
};

static void trigger(struct scene *c, const char *type)
{
    c->trigger =
        (struct input){.type = type, .context = SUBJECT, .stage = "s", .data = "\"result\":\"pass\""};
    c->trigger.id = world_apply(c->w, &c->trigger);
}

static void deliver(struct scene *c)
{
    trigger(c, "sh.keptn.event.s.d.triggered");
}

/* Another run whose task somebody has started, so that no time-out ends it. */
static void occupy(struct scene *c)
{
    world_trigger(c->w, OTHER, "s.d");
    world_started(c->w, world_last(c->w, OTHER, "one.triggered"));
}

static const struct sent *task(const struct scene *c, const char *type)
{
    return world_last(c->w, SUBJECT, type);
}

static void pause(struct scene *c)
{
    (void)world_control(c->w, SUBJECT, NULL, SEQUENCER_PAUSE);
}

static void make_unknown(struct scene *c)
{
    (void)c;
}

static void make_queued(struct scene *c)
{
    occupy(c);
    deliver(c);
}

static void make_delayed(struct scene *c)
{
    trigger(c, "sh.keptn.event.s.late.triggered");
}

static void make_approval(struct scene *c)
{
    trigger(c, "sh.keptn.event.s.gated.triggered");
}

static void make_held(struct scene *c)
{
    make_approval(c);
    occupy(c);
    world_finished(c->w, task(c, "approval.triggered"), "succeeded", "pass");
}

static void make_named(struct scene *c)
{
    deliver(c);
    world_apply(c->w, &(struct input){.type = "sh.keptn.event.one.status.changed",
                                      .context = SUBJECT,
                                      .stage = "s",
                                      .triggeredid = task(c, "one.triggered")->id});
}

static void make_running(struct scene *c)
{
    deliver(c);
    world_started(c->w, task(c, "one.triggered"));
}

static void make_two_executors(struct scene *c)
{
    make_running(c);
    world_started(c->w, task(c, "one.triggered"));
}

static void make_answered(struct scene *c)
{
    deliver(c);
    world_finished(c->w, task(c, "one.triggered"), "succeeded", "pass");
}

static void make_last(struct scene *c)
{
    make_running(c);
    world_finished(c->w, task(c, "one.triggered"), "succeeded", "pass");
    world_started(c->w, task(c, "two.triggered"));
}

static void make_approval_of_two(struct scene *c)
{
    make_approval(c);
    world_started(c->w, task(c, "approval.triggered"));
}

static void make_half_decided(struct scene *c)
{
    make_approval_of_two(c);
    world_finished(c->w, task(c, "approval.triggered"), "succeeded", "pass");
}

/* Paused within its first task and overtaken: its approval comes up while the other runs. */
static void make_approval_held(struct scene *c)
{
    trigger(c, "sh.keptn.event.s.between.triggered");
    const struct sent one = *task(c, "one.triggered");
    pause(c);
    occupy(c);
    (void)world_control(c->w, SUBJECT, NULL, SEQUENCER_RESUME);
    world_done(c->w, &one, "pass");
}

static void make_paused_queued(struct scene *c)
{
    make_queued(c);
    pause(c);
}

static void make_paused_unclaimed(struct scene *c)
{
    deliver(c);
    pause(c);
}

static void make_paused_out(struct scene *c)
{
    make_running(c);
    pause(c);
}

static void make_paused_held(struct scene *c)
{
    make_paused_out(c);
    world_finished(c->w, task(c, "one.triggered"), "succeeded", "pass");
}

static void make_paused_approval(struct scene *c)
{
    make_approval(c);
    pause(c);
}

static void make_finished(struct scene *c)
{
    deliver(c);
    world_done(c->w, task(c, "one.triggered"), "fail");
}

static void make_aborted(struct scene *c)
{
    make_running(c);
    (void)world_control(c->w, SUBJECT, NULL, SEQUENCER_ABORT);
}

static void make_timed_out(struct scene *c)
{
    deliver(c);
    world_pass_time(c->w, 600 * CLOCK_S);
}

static void make_refused(struct scene *c)
{
    trigger(c, "sh.keptn.event.s.unknown.triggered");
}

static void make_following(struct scene *c)
{
    make_last(c);
    world_finished(c->w, task(c, "two.triggered"), "succeeded", "pass");
}

static void make_called_off(struct scene *c)
{
    make_following(c);
    (void)world_control(c->w, SUBJECT, NULL, SEQUENCER_ABORT);
}

static const struct state {
    const char *name, *how;
    void (*make)(struct scene *c);
} states[] = {
    {"unknown", "no run has this context", make_unknown},
    {"queued", "triggered while B runs in the same project, stage and service", make_queued},
    {"task delayed", "started; `triggeredAfter` of `one` has not passed", make_delayed},
    {"task held", "approved after B has overtaken it; `two` waits for B", make_held},
    {"task sent", "`one` is out, and no event has named it", deliver},
    {"task named", "an event that neither starts nor finishes it has named `one`", make_named},
    {"task running", "one executor has started `one`", make_running},
    {"task running twice", "two executors have started `one`", make_two_executors},
    {"task answered", "`one` was finished before it was started", make_answered},
    {"last task running", "one executor has started `two`", make_last},
    {"approval open", "the approval service has started it", make_approval},
    {"approval of two", "a foreign service has started it as well", make_approval_of_two},
    {"approval half decided", "one of the two has approved", make_half_decided},
    {"approval held", "resumed after B has overtaken it; its approval waits for B", make_approval_held},
    {"paused in the queue", "paused while it was queued behind B", make_paused_queued},
    {"paused, task unclaimed", "paused before any event has named `one`", make_paused_unclaimed},
    {"paused, task out", "paused while an executor runs `one`", make_paused_out},
    {"paused, task held", "`one` has passed meanwhile", make_paused_held},
    {"paused, approval open", "paused while it waits for a person", make_paused_approval},
    {"follower on its way", "`s.d` has passed; the shipyard for `n.f` is being read", make_following},
    {"follower called off", "aborted while the shipyard for `n.f` is being read", make_called_off},
    {"finished", "`one` has failed", make_finished},
    {"aborted", "aborted while an executor ran `one`", make_aborted},
    {"timed out", "nobody has started `one` for ten minutes", make_timed_out},
    {"refused", "triggered by a name that the shipyard has not", make_refused},
};
#define STATES (sizeof states / sizeof *states)

/* The subject's newest execution; NULL: none. */
static const struct execution *subject(const struct world *w, const struct record **record)
{
    const char *key = NULL;
    void *value = NULL;
    *record = NULL;
    for (size_t i = 0; map_next(&w->sequencer->records, &i, &key, &value);)
        if (strcmp(((const struct record *)value)->context, SUBJECT) == 0)
            *record = value;
    const struct record *r = *record;
    return r != NULL && r->execution_count > 0 ? r->executions[r->execution_count - 1] : NULL;
}

static const char *sent_name(const struct execution *x)
{
    size_t finished = 0, count = x->task.event_count;
    for (size_t i = 0; i < count; i++)
        finished += x->task.events[i].finished;
    size_t started = count - finished;
    if (x->state == EXECUTION_WAITING)
        return finished > 0 ? "approval half decided" : started > 1 ? "approval of two" : "approval open";
    if (!x->task.referred)
        return "task sent";
    if (count == 0)
        return "task named";
    if (finished > started)
        return "task answered";
    if (started - finished > 1)
        return "task running twice";
    return x->task.index + 1 == x->task_count ? "last task running" : "task running";
}

static const char *name_of(const struct world *w)
{
    const struct record *r = NULL;
    const struct execution *x = subject(w, &r);
    if (r != NULL && r->expected_count > 0)
        return r->expected[0].cancelled ? "follower called off" : "follower on its way";
    if (x == NULL)
        return r != NULL ? "refused" : "unknown";
    switch (x->state) {
    case EXECUTION_TRIGGERED:
        return "queued";
    case EXECUTION_STARTED:
        return x->task.sent ? sent_name(x) : x->task.due ? "task held" : "task delayed";
    case EXECUTION_WAITING:
        return x->task.sent ? sent_name(x) : "approval held";
    case EXECUTION_PAUSED:
        if (x->before_pause == EXECUTION_TRIGGERED)
            return "paused in the queue";
        if (!x->task.sent)
            return "paused, task held";
        if (x->before_pause == EXECUTION_WAITING)
            return "paused, approval open";
        return x->task.referred ? "paused, task out" : "paused, task unclaimed";
    case EXECUTION_FINISHED:
        return strcmp(state_overall(r), "aborted") == 0 ? "aborted" : "finished";
    case EXECUTION_TIMED_OUT:
        break;
    }
    return "timed out";
}

/* --- the inputs --- */

/* The task that is current, or the last that was sent; one that nobody knows where there is none. */
static void answer(struct scene *c, const char *kind, const char *result, bool wrong_type)
{
    const struct record *r = NULL;
    const struct execution *x = subject(c->w, &r);
    const char *id = "unknown", *name = "one";
    for (size_t i = 0; i < c->w->sent_count; i++) {
        struct event_type type;
        event_type_parse(c->w->sent[i].type, &type);
        if (strcmp(c->w->sent[i].context, SUBJECT) != 0 || type.class != EVENT_CLASS_TASK)
            continue;
        id = c->w->sent[i].id;
        name = arena_string(&c->w->arena, type.name);
    }
    if (x != NULL && x->task.present) {
        id = arena_string(&c->w->arena, x->task.id);
        name = arena_string(&c->w->arena, x->tasks[x->task.index].name);
    }
    char *type = mem_printf("sh.keptn.event.%s.%s", wrong_type ? "other" : name, kind);
    char *data =
        result != NULL ? mem_printf("\"status\":\"succeeded\",\"result\":\"%s\"", result) : mem_string("");
    world_apply(c->w, &(struct input){
                          .type = type, .context = SUBJECT, .stage = "s", .triggeredid = id, .data = data});
    free(type);
    free(data);
}

static void in_again(struct scene *c)
{
    if (c->trigger.id == NULL)
        deliver(c);
    else
        world_apply(c->w, &c->trigger);
}
static void in_unreadable(struct scene *c)
{
    c->w->fault = "Unable to retrieve Shipyard file: gone";
    deliver(c);
}
static void in_behind(struct scene *c)
{
    occupy(c);
    c->w->trace_count = 0;
    deliver(c);
}
static void in_started(struct scene *c)
{
    answer(c, "started", NULL, false);
}
static void in_passed(struct scene *c)
{
    answer(c, "finished", "pass", false);
}
static void in_failed(struct scene *c)
{
    answer(c, "finished", "fail", false);
}
static void in_other_task(struct scene *c)
{
    answer(c, "finished", "pass", true);
}
static void in_changed(struct scene *c)
{
    answer(c, "status.changed", NULL, false);
}
static void control(struct scene *c, const char *stage, enum sequencer_verb verb)
{
    (void)world_control(c->w, SUBJECT, stage, verb);
}
static void in_pause(struct scene *c)
{
    control(c, NULL, SEQUENCER_PAUSE);
}
static void in_pause_stage(struct scene *c)
{
    control(c, "s", SEQUENCER_PAUSE);
}
static void in_resume(struct scene *c)
{
    control(c, NULL, SEQUENCER_RESUME);
}
static void in_resume_stage(struct scene *c)
{
    control(c, "s", SEQUENCER_RESUME);
}
static void in_abort(struct scene *c)
{
    control(c, NULL, SEQUENCER_ABORT);
}
static void in_abort_stage(struct scene *c)
{
    control(c, "s", SEQUENCER_ABORT);
}
static void in_abort_follower(struct scene *c)
{
    control(c, "n", SEQUENCER_ABORT);
}
static void in_abort_elsewhere(struct scene *c)
{
    control(c, "elsewhere", SEQUENCER_ABORT);
}
static void in_delay(struct scene *c)
{
    world_pass_time(c->w, 30 * CLOCK_S);
}
static void in_timeout(struct scene *c)
{
    world_pass_time(c->w, 600 * CLOCK_S);
}
static void in_other_ends(struct scene *c)
{
    (void)world_control(c->w, OTHER, NULL, SEQUENCER_ABORT);
}
static void in_back(struct scene *c)
{
    world_feed_back(c->w);
}
static void in_back_unreadable(struct scene *c)
{
    c->w->fault = "Unable to retrieve Shipyard file: gone";
    world_feed_back(c->w);
}
static void in_deleted(struct scene *c)
{
    struct sequencer_effects *none = sequencer_effects_new();
    sequencer_forget_project(c->w->sequencer, "p");
    sequencer_tick(c->w->sequencer, c->w->now_ns, none); /* the next input finds nothing of it */
    assert_int_equal(sequencer_effects_count(none), 0);
    sequencer_check(c->w->sequencer);
    sequencer_effects_free(none);
}

static const struct way {
    const char *name;
    void (*go)(struct scene *c);
    const char *only; /* in states whose names begin so */
} ways[] = {
    {"its `triggered`", in_again, ""},
    {"its `triggered`, and the shipyard is unreadable", in_unreadable, "unknown"},
    {"its `triggered`, while B runs", in_behind, "unknown"},
    {"`started`", in_started, ""},
    {"`finished` pass", in_passed, ""},
    {"`finished` fail", in_failed, ""},
    {"`finished` of another task's type", in_other_task, ""},
    {"another event that names the task", in_changed, ""},
    {"pause", in_pause, ""},
    {"pause of the stage", in_pause_stage, ""},
    {"resume", in_resume, ""},
    {"resume of the stage", in_resume_stage, ""},
    {"abort", in_abort, ""},
    {"abort of the stage", in_abort_stage, ""},
    {"abort of another stage", in_abort_elsewhere, ""},
    {"30 s pass", in_delay, ""},
    {"10 min pass", in_timeout, ""},
    {"B is aborted", in_other_ends, ""},
    {"the follower's `triggered` comes with the shipyard", in_back, "follower"},
    {"it comes, and the shipyard is unreadable", in_back_unreadable, "follower"},
    {"abort of the follower's stage", in_abort_follower, "follower"},
    {"the project is deleted", in_deleted, ""},
};
#define WAYS (sizeof ways / sizeof *ways)

/* --- what came of it --- */

static const char *short_type(const char *type)
{
    return strncmp(type, "sh.keptn.event.", 15) == 0 ? type + 15 : type;
}

/* What opens or closes: the triggered of a task, or of a sequence. */
static const char *name_of_id(const struct scene *c, const char *id)
{
    for (size_t i = 0; i < c->w->sent_count; i++)
        if (strcmp(c->w->sent[i].id, id) == 0)
            return short_type(c->w->sent[i].type);
    return "its own";
}

static bool is_end(const struct traced *t)
{
    struct event_type type;
    if (t->kind != SEQUENCER_EMIT)
        return false;
    event_type_parse(t->type, &type);
    return type.class == EVENT_CLASS_SEQUENCE && type.kind == EVENT_KIND_FINISHED;
}

/* One effect, or two that are always together: a task's triggered is stored and opened, a sequence's is
 * closed and its finished sent. Returns how many it has described. */
static size_t describe(const struct scene *c, const struct traced *t, size_t left, struct buffer *out)
{
    const struct traced *next = left > 1 ? t + 1 : NULL;
    buffer_printf(out, "%s%s", out->len > 0 ? ", " : "", strcmp(t->context, OTHER) == 0 ? "B: " : "");
    if (t->kind == SEQUENCER_EMIT && next != NULL && next->kind == SEQUENCER_OPEN &&
        strcmp(next->id, t->id) == 0) {
        buffer_printf(out, "sends `%s`", short_type(t->type));
        return 2;
    }
    if (t->kind == SEQUENCER_CLOSE && next != NULL && is_end(next)) {
        buffer_printf(out, "ends `%s` %s/%s", short_type(next->type), next->status, next->result);
        return 2;
    }
    if (is_end(t))
        buffer_printf(out, "refuses `%s` %s/%s", short_type(t->type), t->status, t->result);
    else if (t->kind == SEQUENCER_EMIT)
        buffer_printf(out, "triggers `%s`", short_type(t->type));
    else if (t->kind == SEQUENCER_STATE)
        buffer_add_text(out, "tells");
    else
        buffer_printf(out, "%s `%s`", t->kind == SEQUENCER_OPEN ? "opens" : "closes", name_of_id(c, t->id));
    return 1;
}

struct outcome {
    char next[32], overall[32];
    char *effects;
};

static void effects_of(const struct scene *c, size_t records_before, struct buffer *out)
{
    const struct world *w = c->w;
    for (size_t i = 0; i < w->trace_count;)
        i += describe(c, &w->trace[i], w->trace_count - i, out);
    if (out->len == 0)
        buffer_add_text(out, w->record_effects > records_before ? "noted" : "none");
}

static struct outcome outcome_of(const struct state *state, const struct way *way)
{
    struct scene c = {.w = world_new(yard)};
    struct outcome o = {0};
    struct buffer effects = BUFFER_LIMIT(4096);
    c.w->hold_feedback = true;
    state->make(&c);
    if (strcmp(name_of(c.w), state->name) != 0)
        fail_msg("the scene of \"%s\" is in the state \"%s\"", state->name, name_of(c.w));
    size_t records = c.w->record_effects;
    c.w->trace_count = 0;
    way->go(&c);
    effects_of(&c, records, &effects);
    const struct record *r = NULL;
    (void)subject(c.w, &r);
    (void)snprintf(o.next, sizeof o.next, "%s", name_of(c.w));
    (void)snprintf(o.overall, sizeof o.overall, "%s", r != NULL ? state_overall(r) : "none");
    o.effects = buffer_take(&effects, NULL);
    world_free(c.w);
    return o;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return strcmp(a->next, b->next) == 0 && strcmp(a->overall, b->overall) == 0 &&
           strcmp(a->effects, b->effects) == 0;
}

static bool is_silent(const struct state *state, const struct outcome *o)
{
    return strcmp(o->next, state->name) == 0 && strcmp(o->effects, "none") == 0;
}

static void print_row(struct buffer *out, const struct outcome *all, size_t first)
{
    for (size_t i = first, n = 0; i < WAYS; i++)
        if (all[i].effects != NULL && same(&all[i], &all[first]))
            buffer_printf(out, "%s%s", n++ == 0 ? "| " : "; ", ways[i].name);
    buffer_printf(out, " | %s | %s | %s |\n", all[first].next, all[first].overall, all[first].effects);
}

/* The inputs with the same outcome stand in one row; those without any effect are left out, for all tables
 * say so. */
static char *table_of(const struct state *state)
{
    struct outcome all[WAYS] = {0};
    struct buffer out = BUFFER_LIMIT(64 * 1024);
    for (size_t i = 0; i < WAYS; i++)
        if (strncmp(state->name, ways[i].only, strlen(ways[i].only)) == 0)
            all[i] = outcome_of(state, &ways[i]);
    buffer_printf(
        &out, "### %s\n\n%s.\n\n| input | state after it | overall | effects |\n| --- | --- | --- | --- |\n",
        state->name, state->how);
    for (size_t i = 0; i < WAYS; i++) {
        bool shown = all[i].effects == NULL || is_silent(state, &all[i]);
        for (size_t k = 0; k < i && !shown; k++)
            shown = all[k].effects != NULL && same(&all[i], &all[k]);
        if (!shown)
            print_row(&out, all, i);
    }
    for (size_t i = 0; i < WAYS; i++)
        free(all[i].effects);
    buffer_add_char(&out, '\n');
    return buffer_take(&out, NULL);
}

static char *read_document(void)
{
    const char *root = getenv("top_srcdir");
    char *path = mem_printf("%s/doc/sequencer.md", root != NULL ? root : ".");
    struct buffer text = BUFFER_LIMIT(1024 * 1024);
    char chunk[4096];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        fail_msg("%s cannot be opened", path);
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
        assert_true(buffer_add(&text, chunk, got));
    (void)fclose(file);
    free(path);
    return buffer_take(&text, NULL);
}

static void every_state_by_every_input_is_as_the_document_says(void **unused)
{
    (void)unused;
    bool print = getenv("PRINT_TABLES") != NULL;
    char *document = print ? mem_string("") : read_document();
    size_t wrong = 0;
    for (size_t i = 0; i < STATES; i++) {
        char *table = table_of(&states[i]);
        if (print || strstr(document, table) == NULL) {
            (void)fprintf(stderr, "%s", table);
            wrong += !print;
        }
        free(table);
    }
    free(document);
    if (wrong > 0)
        fail_msg("doc/sequencer.md lacks the %zu tables above, or has them otherwise", wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_by_every_input_is_as_the_document_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
