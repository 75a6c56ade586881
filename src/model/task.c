/* The facts of a task. Each started and finished is kept once; started and finished of one source make a
 * pair, the first with the first, the second with the second, and so on, in the order of time and not of
 * arrival. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/internal.h"

void free_text(const char *text)
{
    free((void *)(uintptr_t)text); /* a copy that is ours, shown to others as const */
}

struct model_task task_new(const char *id, uint32_t key)
{
    return (struct model_task){.triggered_id = mem_string(id), .state = MODEL_RUNNING, .facts = {.key = key}};
}

static void executor_clear(struct model *m, struct model_executor *x)
{
    text_drop(&m->texts, x->source);
    text_drop(&m->texts, x->result);
    text_drop(&m->texts, x->status);
    free_text(x->message);
}

static void detail_free(struct model *m, struct task_detail *d)
{
    if (d == NULL)
        return;
    text_drop(&m->texts, d->source);
    text_drop(&m->texts, d->pass);
    text_drop(&m->texts, d->warning);
    text_drop(&m->texts, d->result);
    text_drop(&m->texts, d->evaluation_result);
    for (size_t i = 0; i < d->decider_count; i++) {
        text_drop(&m->texts, d->deciders[i].by);
        text_drop(&m->texts, d->deciders[i].via);
    }
    free(d->deciders);
    free(d);
}

void task_clear(struct model *m, struct model_task *task)
{
    for (size_t i = 0; i < task->executor_count; i++)
        executor_clear(m, &task->executors[i]);
    free(task->executors);
    text_drop(&m->texts, task->name);
    free_text(task->triggered_id);
    origin_drop(m, task->facts.origin);
    detail_free(m, task->facts.detail);
}

static int order_of(int64_t a_ns, uint32_t a_key, int64_t b_ns, uint32_t b_key)
{
    if (a_ns != b_ns)
        return a_ns < b_ns ? -1 : 1;
    return a_key < b_key ? -1 : a_key > b_key;
}

int task_order(const struct model_task *a, const struct model_task *b)
{
    return order_of(a->triggered_ns, a->facts.key, b->triggered_ns, b->facts.key);
}

static struct task_detail *detail_of(struct model_task *task)
{
    if (task->facts.detail == NULL)
        task->facts.detail = MEM_NEW(struct task_detail);
    return task->facts.detail;
}

static const char *take_word(struct model *m, const char *word)
{
    return word != NULL && word[0] != '\0' ? text_take_n(&m->texts, word, strnlen(word, WORD_MAX)) : NULL;
}

static void set_name(struct model *m, struct model_task *task, const char *name)
{
    const char *old = task->name;
    task->name = text_take(&m->texts, name);
    task->facts.approval = task->name == m->words[WORD_APPROVAL];
    text_drop(&m->texts, old);
}

/* --- Keptn's count --- */

struct moment {
    int64_t ns;
    bool finished;
    uint32_t key;
};

static bool moment_is_later(const struct moment *a, const struct moment *b)
{
    if (a->ns != b->ns)
        return a->ns > b->ns;
    if (a->finished != b->finished)
        return a->finished;
    return a->key > b->key;
}

static size_t count_until(const struct model_task *task, const struct moment *moment, bool finished)
{
    size_t count = 0;
    for (size_t i = 0; i < task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i];
        struct moment at = {finished ? x->finished_ns : x->started_ns, finished,
                            finished ? x->finished_key : x->started_key};
        if (at.key != 0 && !moment_is_later(&at, moment))
            count++;
    }
    return count;
}

/* The first moment at which as many had finished as had started. */
static bool completion(const struct model_task *task, struct moment *out)
{
    bool found = false;
    for (size_t i = 0; i < 2 * task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i / 2];
        bool finished = i % 2 != 0;
        struct moment at = {finished ? x->finished_ns : x->started_ns, finished,
                            finished ? x->finished_key : x->started_key};
        if (at.key == 0 || (found && moment_is_later(&at, out)))
            continue;
        size_t started = count_until(task, &at, false);
        if (started == 0 || started != count_until(task, &at, true))
            continue;
        *out = at;
        found = true;
    }
    return found;
}

/* Keptn's count (keptn-events.md, 3.4), anew after each change. */
static void count_events(struct model_task *task)
{
    struct moment end = {0}, newest = {0};
    struct model_task_facts *facts = &task->facts;
    facts->started = facts->finished = facts->by = 0;
    for (uint32_t i = 0; i < task->executor_count; i++) {
        if (task->executors[i].started_key != 0)
            facts->started++;
        if (task->executors[i].finished_key != 0)
            facts->finished++;
    }
    facts->complete = facts->started > 0 && facts->finished > 0 && completion(task, &end);
    for (uint32_t i = 0; facts->complete && i < task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i];
        struct moment at = {x->finished_ns, true, x->finished_key};
        if (at.key == 0 || moment_is_later(&at, &end) || (newest.key != 0 && moment_is_later(&newest, &at)))
            continue;
        newest = at;
        facts->by = (uint8_t)i;
    }
}

/* --- triggered --- */

static void set_evaluation(struct model *m, struct task_detail *d, const cJSON *evaluation)
{
    text_drop(&m->texts, d->evaluation_result);
    d->evaluation_result = take_word(m, json_text(evaluation, "result"));
    const cJSON *score = json_get(evaluation, "score");
    d->evaluation_score = cJSON_IsNumber(score) ? score->valuedouble : 0;
}

/* Source: keptn-events.md, section 4, the table. */
static bool is_automatic(const struct model *m, const struct task_detail *d)
{
    if (d->result == m->words[WORD_PASS])
        return d->pass == m->words[WORD_AUTOMATIC];
    if (d->result == m->words[WORD_WARNING])
        return d->warning == m->words[WORD_AUTOMATIC];
    return d->result == m->words[WORD_FAIL];
}

static void set_approval(struct model *m, struct model_task *task, const struct event *ev)
{
    struct task_detail *d = detail_of(task);
    const cJSON *strategy = json_get(ev->data, APPROVAL_TASK), *evaluation = json_get(ev->data, "evaluation");
    d->source = text_take(&m->texts, ev->source);
    d->pass = take_word(m, json_text(strategy, "pass"));
    d->warning = take_word(m, json_text(strategy, "warning"));
    if (cJSON_IsObject(evaluation))
        set_evaluation(m, d, evaluation);
    d->result = take_word(m, ev->result);
    if (d->result == NULL)
        d->result = text_keep(d->evaluation_result);
    d->automatic = is_automatic(m, d);
}

void task_set_triggered(struct model *m, struct model_task *task, const struct event *ev,
                        struct origin *origin)
{
    set_name(m, task, ev->parsed_type.name);
    task->triggered_ns = ev->time_ns;
    task->facts.triggered_seen = true;
    task->facts.origin = origin;
    if (task->facts.approval)
        set_approval(m, task, ev);
}

static bool is_about_approval(const struct event *ev)
{
    return strcmp(ev->parsed_type.name, APPROVAL_TASK) == 0;
}

bool task_note_number(struct model_task *task, const struct event *ev, uint64_t bound)
{
    bool news = false;
    if (ev->parsed_type.kind == EVENT_KIND_TRIGGERED && ev->number > task->facts.number) {
        task->facts.number = ev->number;
        news = true;
    }
    if (bound == 0 || ev->parsed_type.kind == EVENT_KIND_FINISHED || !is_about_approval(ev))
        return news;
    struct task_detail *d = detail_of(task);
    if (d->bound != 0 && d->bound <= bound)
        return news;
    d->bound = bound;
    return true;
}

/* --- started and finished --- */

bool task_has_event(const struct model_task *task, const struct event *ev, uint32_t key)
{
    bool finished = ev->parsed_type.kind == EVENT_KIND_FINISHED;
    for (size_t i = 0; i < task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i];
        if (finished ? x->finished_key == key && x->finished_ns == ev->time_ns
                     : x->started_key == key && x->started_ns == ev->time_ns)
            return true;
    }
    return false;
}

static int executor_order(const struct model_executor *a, const struct model_executor *b)
{
    if ((a->started_key == 0) != (b->started_key == 0))
        return a->started_key == 0 ? 1 : -1;
    int order = order_of(a->started_ns, a->started_key, b->started_ns, b->started_key);
    return order != 0 ? order : order_of(a->finished_ns, a->finished_key, b->finished_ns, b->finished_key);
}

static void sort_executors(struct model_task *task)
{
    for (size_t i = 1; i < task->executor_count; i++) {
        struct model_executor x = task->executors[i];
        size_t k = i;
        for (; k > 0 && executor_order(&task->executors[k - 1], &x) > 0; k--)
            task->executors[k] = task->executors[k - 1];
        task->executors[k] = x;
    }
}

/* Exchanges the started, or the finished, halves of two pairs. */
static void swap_half(struct model_executor *a, struct model_executor *b, bool finished)
{
    struct model_executor old = *a;
    if (finished) {
        a->result = b->result, a->status = b->status, a->message = b->message;
        a->finished_ns = b->finished_ns, a->finished_key = b->finished_key;
        b->result = old.result, b->status = old.status, b->message = old.message;
        b->finished_ns = old.finished_ns, b->finished_key = old.finished_key;
    } else {
        a->started_ns = b->started_ns, a->started_key = b->started_key;
        b->started_ns = old.started_ns, b->started_key = old.started_key;
    }
}

static bool half_is_later(const struct model_executor *a, const struct model_executor *b, bool finished)
{
    if (finished)
        return order_of(a->finished_ns, a->finished_key, b->finished_ns, b->finished_key) > 0;
    return order_of(a->started_ns, a->started_key, b->started_ns, b->started_key) > 0;
}

/* Among the pairs of its source, the new half pushes the later ones on; the last one may need a new pair. */
static void add_half(struct model *m, struct model_task *task, struct model_executor *half, bool finished)
{
    for (size_t i = 0; i < task->executor_count; i++) {
        struct model_executor *x = &task->executors[i];
        if (x->source != half->source)
            continue;
        bool there = finished ? x->finished_key != 0 : x->started_key != 0;
        if (!there || half_is_later(x, half, finished))
            swap_half(x, half, finished);
        if (!there) {
            text_drop(&m->texts, half->source);
            sort_executors(task);
            return;
        }
    }
    task->executors = mem_resize(task->executors, (task->executor_count + 1) * sizeof *task->executors);
    task->executors[task->executor_count++] = *half;
    sort_executors(task);
}

static bool is_first_word(const struct model_task *task, int64_t ns, uint32_t key)
{
    for (size_t i = 0; i < task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i];
        if ((x->started_key != 0 && order_of(x->started_ns, x->started_key, ns, key) < 0) ||
            (x->finished_key != 0 && order_of(x->finished_ns, x->finished_key, ns, key) < 0))
            return false;
    }
    return true;
}

static void note_decider(struct model *m, struct model_task *task, const struct event *ev, uint32_t key)
{
    if (!is_about_approval(ev) || (ev->decidedby == NULL && ev->decidedvia == NULL))
        return;
    struct task_detail *d = detail_of(task);
    d->deciders = mem_resize(d->deciders, (d->decider_count + 1) * sizeof *d->deciders);
    d->deciders[d->decider_count++] = (struct decider){
        .key = key,
        .by = ev->decidedby != NULL ? text_take_n(&m->texts, ev->decidedby, strnlen(ev->decidedby, ID_MAX))
                                    : NULL,
        .via = ev->decidedvia != NULL
                   ? text_take_n(&m->texts, ev->decidedvia, strnlen(ev->decidedvia, ID_MAX))
                   : NULL};
}

static void note_evaluation(struct model *m, struct model_task *task, const struct event *ev, uint32_t key)
{
    const cJSON *evaluation = json_get(ev->data, "evaluation");
    if (strcmp(ev->parsed_type.name, "evaluation") != 0 || !cJSON_IsObject(evaluation))
        return;
    struct task_detail *d = detail_of(task);
    if (d->evaluation_key != 0 && order_of(d->evaluation_ns, d->evaluation_key, ev->time_ns, key) > 0)
        return;
    d->evaluation_ns = ev->time_ns;
    d->evaluation_key = key;
    set_evaluation(m, d, evaluation);
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = text != NULL ? strlen(text) : 0, end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

bool task_add_event(struct model *m, struct model_task *task, const struct event *ev, uint32_t key)
{
    assert(!task_has_event(task, ev, key));
    bool finished = ev->parsed_type.kind == EVENT_KIND_FINISHED;
    bool first = !task->facts.triggered_seen && is_first_word(task, ev->time_ns, key);
    if (first) {
        set_name(m, task, ev->parsed_type.name);
        task->triggered_ns = ev->time_ns;
    }
    struct model_executor half = {.source = text_take(&m->texts, ev->source != NULL ? ev->source : "")};
    if (finished) {
        bool told = text_is(ev->result, "fail") || text_is(ev->status, "errored") || is_about_approval(ev);
        half.result = take_word(m, ev->result);
        half.status = take_word(m, ev->status);
        half.message = text_cut(ev->message, told ? MODEL_MESSAGE_MAX : MODEL_REMARK_MAX);
        half.finished_ns = ev->time_ns;
        half.finished_key = key;
        note_decider(m, task, ev, key);
        note_evaluation(m, task, ev, key);
    } else {
        half.started_ns = ev->time_ns;
        half.started_key = key;
        if (is_about_approval(ev) && ends_with(ev->message, ": automatic"))
            detail_of(task)->automatic_hint = true;
    }
    add_half(m, task, &half, finished);
    count_events(task);
    return first;
}
