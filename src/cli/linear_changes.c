/* What happened since the last look, a line each. A sequence is known by its name; what was told of it last
 * is kept, so that the same state is told once, however often and in whatever order it comes. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/linear_internal.h"
#include "cli/picture.h"

#define LINES_MAX    30   /* of one look; after a long cut nobody listens to more */
#define NUMBERED_MAX 4000 /* the oldest numbers are given up then */
#define SHORT_ID     8

/* What was told of a sequence. */
struct told {
    enum model_state state;
    bool paused;
    char *triggered_id; /* of the approval that waits; NULL: none */
};

static void free_told(void *value)
{
    struct told *t = value;
    free(t->triggered_id);
    free(t);
}

/* ---- words ---- */

char *changes_what(const struct model_sequence *seq)
{
    return seq->version != NULL ? mem_printf("%s %s", seq->service, seq->version) : mem_string(seq->service);
}

static size_t project_count(const struct linear *l)
{
    size_t count = 0;
    for (size_t i = 0; i < l->source_count; i++)
        count += model_project_count(l->sources[i].model);
    return count;
}

char *changes_where(const struct linear *l, size_t source, const struct model_sequence *seq)
{
    const bool many = project_count(l) > 1;
    return mem_printf("%s%s%s%s%s", many ? seq->stage->project->name : "", many ? " " : "", seq->stage->name,
                      l->source_count > 1 ? " @ " : "", l->source_count > 1 ? l->sources[source].label : "");
}

static const struct model_decision *last_decision(const struct model_sequence *seq)
{
    const struct model_decision *d =
        seq->decision_count > 0 ? &seq->decisions[seq->decision_count - 1] : NULL;
    return d != NULL && d->by_person ? d : NULL;
}

static char *decided_words(const char *what, const struct model_decision *d)
{
    const bool declined = d->result != NULL && strcmp(d->result, "fail") == 0;
    const bool says = d->comment != NULL && *d->comment != '\0';
    return mem_printf("%s %s%s%s%s%s", what, declined ? "declined" : "approved", d->by != NULL ? " by " : "",
                      d->by != NULL ? d->by : "", says ? ": " : "", says ? d->comment : "");
}

static char *failed_words(const struct model_sequence *seq, const char *what)
{
    const struct model_decision *d = last_decision(seq);
    if (d != NULL && d->result != NULL && strcmp(d->result, "fail") == 0)
        return decided_words(what, d);
    for (size_t i = seq->task_count; i-- > 0;) {
        const struct model_task *task = &seq->tasks[i];
        if (task->state != MODEL_FAILED && task->state != MODEL_TIMED_OUT)
            continue;
        char *message = cli_first_line(task->message);
        char *words =
            mem_printf("%s of %s failed%s%s", task->name, what, *message != '\0' ? ": " : "", message);
        free(message);
        return words;
    }
    return mem_printf("%s of %s failed", seq->name, what);
}

/* What state a sequence is in, as a sentence. The caller's (free). */
static char *state_words(struct linear *l, size_t source, const struct model_sequence *seq)
{
    char *what = changes_what(seq), *words = NULL;
    switch (seq->state) {
    case MODEL_WAITING:
        words = mem_printf("%s waits for your decision, run %.*s, number %zu%s", what, SHORT_ID, seq->context,
                           changes_number(l, source, seq)->number,
                           seq->goes_back ? ", older than what is there: this goes BACK" : "");
        break;
    case MODEL_SUCCEEDED:
    case MODEL_WARNING:
        words = mem_printf("%s of %s %s%s", seq->name, what,
                           seq->result != NULL && seq->image != NULL ? "succeeded" : "ended",
                           seq->state == MODEL_WARNING ? " with a warning" : "");
        break;
    case MODEL_FAILED:
        words = failed_words(seq, what);
        break;
    default:
        words = mem_printf("%s of %s %s%s", seq->name, what, seq->state == MODEL_ABORTED ? "was " : "is ",
                           seq->state == MODEL_TIMED_OUT ? "over its time" : model_state_name(seq->state));
        break;
    }
    free(what);
    return words;
}

/* ---- numbers ---- */

static bool is_it(const struct numbered *n, size_t source, const struct model_sequence *seq)
{
    return n->source == source && strcmp(n->context, seq->context) == 0 &&
           strcmp(n->stage, seq->stage->name) == 0 && strcmp(n->sequence, seq->name) == 0 &&
           strcmp(n->project, seq->stage->project->name) == 0 &&
           mem_same_text(n->triggered_id, seq->approval.triggered_id);
}

static void free_numbered(struct numbered *n)
{
    free(n->project);
    free(n->stage);
    free(n->context);
    free(n->sequence);
    free(n->triggered_id);
}

const struct numbered *changes_number(struct linear *l, size_t source, const struct model_sequence *seq)
{
    for (size_t i = l->numbered_count; i-- > 0;)
        if (is_it(&l->numbered[i], source, seq))
            return &l->numbered[i];
    if (l->numbered_count == NUMBERED_MAX) {
        for (size_t i = 0; i < NUMBERED_MAX / 2; i++)
            free_numbered(&l->numbered[i]);
        l->numbered_count -= NUMBERED_MAX / 2;
        memmove(l->numbered, l->numbered + NUMBERED_MAX / 2, l->numbered_count * sizeof *l->numbered);
    }
    MEM_GROW(l->numbered, l->numbered_count, l->numbered_capacity);
    struct numbered *n = &l->numbered[l->numbered_count++];
    *n = (struct numbered){.number = ++l->next_number,
                           .source = source,
                           .project = mem_string(seq->stage->project->name),
                           .stage = mem_string(seq->stage->name),
                           .context = mem_string(seq->context),
                           .sequence = mem_string(seq->name),
                           .triggered_id = mem_string(seq->approval.triggered_id)};
    return n;
}

const struct numbered *changes_find(const struct linear *l, size_t number)
{
    for (size_t i = 0; i < l->numbered_count; i++)
        if (l->numbered[i].number == number)
            return &l->numbered[i];
    return NULL;
}

/* ---- changes ---- */

/* Takes note of a sequence. Returns whether there is something to tell. */
static bool is_news(struct linear *l, size_t source, const struct model_sequence *seq, bool *decided)
{
    char *key = mem_printf("%zu\n%s\n%s\n%s\n%s", source, seq->stage->project->name, seq->stage->name,
                           seq->context, seq->name);
    struct told *t = map_get(&l->seen, key);
    const char *open = seq->state == MODEL_WAITING ? seq->approval.triggered_id : NULL;
    bool news = false;
    *decided = false;
    if (t == NULL) {
        t = MEM_NEW(struct told);
        (void)map_put(&l->seen, key, t); /* it was not there */
        news = true;
    } else {
        news = t->state != seq->state || t->paused != seq->paused ||
               (open != NULL && !mem_same_text(t->triggered_id, open));
        *decided = news && t->state == MODEL_WAITING && seq->state < MODEL_SUCCEEDED;
    }
    free(key);
    t->state = seq->state;
    t->paused = seq->paused;
    if (!mem_same_text(t->triggered_id, open)) {
        free(t->triggered_id);
        t->triggered_id = mem_string(open);
    }
    return news;
}

static void tell_sequence(struct linear *l, size_t source, const struct model_sequence *seq, bool decided)
{
    char time[LINEAR_TIME_SIZE];
    char *where = changes_where(l, source, seq), *words = NULL;
    const struct model_decision *d = decided ? last_decision(seq) : NULL;
    int64_t at_ns = seq->finished_ns != 0 ? seq->finished_ns : seq->since_ns;
    if (d != NULL) {
        char *what = changes_what(seq);
        words = decided_words(what, d);
        at_ns = d->time_ns;
        free(what);
    } else {
        words = state_words(l, source, seq);
    }
    linear_clock(l, at_ns, time);
    linear_say(l, "%s %s: %s%s", time, where, words,
               seq->paused && seq->state != MODEL_PAUSED ? ", and is held" : "");
    free(where);
    free(words);
}

/* Sequences that the model has dropped are not remembered for ever. */
static void forget_dropped(struct linear *l, size_t sequences)
{
    if (l->seen.count <= 2 * sequences + 1000)
        return;
    map_free(&l->seen, free_told);
    l->seen = (struct map){0};
    changes_take_note(l);
}

/* Calls `each` for all sequences of a source; returns how many there are. */
static size_t look_at_all(struct linear *l, size_t source, bool tells, size_t *lines)
{
    struct model_walk walk = {0};
    size_t count = 0;
    for (const struct model_sequence *seq;
         (seq = model_next_sequence(l->sources[source].model, &walk)) != NULL;) {
        bool decided = false;
        count++;
        if (!is_news(l, source, seq, &decided) || !tells)
            continue;
        if (seq->state != MODEL_WAITING && !plain_fits(l->plain, source, seq))
            continue; /* what waits is never hidden */
        if ((*lines)++ < LINES_MAX || seq->state == MODEL_WAITING)
            tell_sequence(l, source, seq, decided);
    }
    return count;
}

void changes_take_note(struct linear *l)
{
    size_t lines = 0;
    for (size_t i = 0; i < l->source_count; i++)
        (void)look_at_all(l, i, false, &lines);
}

void changes_tell(struct linear *l)
{
    size_t lines = 0, sequences = 0;
    for (size_t i = 0; i < l->source_count; i++)
        sequences += look_at_all(l, i, l->sources[i].whole, &lines);
    if (lines > LINES_MAX)
        linear_say(l, "%zu more changes; list says how things are", lines - LINES_MAX);
    forget_dropped(l, sequences);
}

/* ---- lists ---- */

static void list_one(struct linear *l, size_t source, const struct model_sequence *seq)
{
    char *what = changes_what(seq), *where = changes_where(l, source, seq);
    char age[16];
    clock_format_age(linear_now_ns(l, source) - seq->since_ns, false, age);
    linear_say(l, "%zu: %s: %s of %s, %s%s%s%s, %s, run %.*s%s", changes_number(l, source, seq)->number,
               where, seq->name, what, model_state_name(seq->state), seq->task != NULL ? ": " : "",
               seq->task != NULL ? seq->task : "", seq->paused && seq->state != MODEL_PAUSED ? ", held" : "",
               age, SHORT_ID, seq->context, seq->goes_back ? ", goes BACK" : "");
    free(what);
    free(where);
}

static size_t list_state(struct linear *l, enum model_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < l->source_count; i++) {
        struct model_walk walk = {0};
        for (const struct model_sequence *seq;
             (seq = model_next_sequence(l->sources[i].model, &walk)) != NULL;) {
            if (seq->state != state || !plain_fits(l->plain, i, seq))
                continue;
            list_one(l, i, seq);
            count++;
        }
    }
    return count;
}

void changes_list(struct linear *l)
{
    size_t waiting = 0, listed = 0;
    for (size_t i = 0; i < l->source_count; i++)
        waiting += model_waiting_count(l->sources[i].model);
    const size_t listed_waiting = list_state(l, MODEL_WAITING);
    listed = list_state(l, MODEL_RUNNING) + list_state(l, MODEL_QUEUED) + list_state(l, MODEL_PAUSED);
    if (waiting == 0)
        linear_say(l, "nothing waits for your decision%s", listed == 0 ? ", nothing runs" : "");
    else if (waiting > listed_waiting)
        linear_say(l, "%zu more wait that the filter hides; filter by itself shows all",
                   waiting - listed_waiting);
}

static void tell_source(struct linear *l, const struct linear_source *s)
{
    const char *name = s->user != NULL ? s->user : "";
    const char *role = s->read_only ? "read-only" : s->role != NULL ? s->role : "role unknown";
    linear_say(l, "%s%s%s (%s): %s", s->label, *name != '\0' ? " as " : "", name, role,
               linear_is_fresh(s) ? "live" : "not connected");
}

void changes_summary(struct linear *l)
{
    size_t waiting = 0, running = 0;
    int64_t oldest_ns = 0;
    for (size_t i = 0; i < l->source_count; i++) {
        const struct model *m = l->sources[i].model;
        tell_source(l, &l->sources[i]);
        waiting += model_waiting_count(m);
        running += model_count(m, MODEL_RUNNING);
        if (model_waiting_count(m) > 0) {
            const int64_t age_ns = linear_now_ns(l, i) - model_waiting_at(m, 0)->since_ns;
            oldest_ns = age_ns > oldest_ns ? age_ns : oldest_ns;
        }
    }
    if (waiting > 0) {
        char age[16];
        clock_format_age(oldest_ns, false, age);
        linear_say(l, "%zu wait%s for your decision, the oldest for %s; %zu running", waiting,
                   waiting == 1 ? "s" : "", age, running);
        (void)list_state(l, MODEL_WAITING);
    } else {
        linear_say(l, "nothing waits for your decision; %zu running", running);
    }
    linear_say(l, "help lists what can be typed");
}

void changes_free(struct linear *l)
{
    map_free(&l->seen, free_told);
    for (size_t i = 0; i < l->numbered_count; i++)
        free_numbered(&l->numbered[i]);
    free(l->numbered);
}
