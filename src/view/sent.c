/* What was confirmed here, and what becomes of it: its undo window, the way to the server, the server's
 * answer, and at last what the stream says. Rows, the detail and the box tell it in the same words. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "view/internal.h"

#define SENT_KEEP 64 /* that have ended; what became of older ones is in the tree */

static const struct {
    const char *noun, *into, *past, *verb; /* past: what the row shows once the server has it */
} words[] = {[BOX_APPROVE] = {"approval", "into", "approved", "approving"},
             [BOX_DECLINE] = {"decline", "into", "declined", "declining"},
             [BOX_PAUSE] = {"pause", "in", "pausing", "pausing"},
             [BOX_RESUME] = {"resume", "in", "resuming", "resuming"},
             [BOX_ABORT] = {"abort", "in", "aborting", "aborting"}};

static bool is_about(const struct sent *s, const struct target *t)
{
    if (s->target.source != t->source)
        return false;
    if (s->target.triggered_id || t->triggered_id)
        return mem_same_text(s->target.triggered_id, t->triggered_id);
    return mem_same_text(s->target.context, t->context) && mem_same_text(s->target.project, t->project) &&
           mem_same_text(s->target.stage, t->stage);
}

static struct sent *find_sent(const struct view *v, const struct target *t)
{
    for (size_t i = v->sent_count; i > 0; i--)
        if (is_about(v->sent[i - 1], t))
            return v->sent[i - 1];
    return NULL;
}

const struct sent *sent_of(const struct view *v, const struct target *t)
{
    return find_sent(v, t);
}

static struct sent *find_decision(const struct view *v, const struct source *source, const char *triggered_id)
{
    for (size_t i = 0; triggered_id && i < v->sent_count; i++)
        if (v->sent[i]->target.source == source &&
            mem_same_text(v->sent[i]->target.triggered_id, triggered_id))
            return v->sent[i];
    return NULL;
}

const struct sent *view_sent(const struct view *v, const struct source *source, const char *triggered_id)
{
    return find_decision(v, source, triggered_id);
}

bool sent_is_underway(const struct sent *s)
{
    return s->due_ms != 0 || s->state < DECISION_ACCEPTED;
}

static void free_sent(struct sent *s)
{
    target_free(&s->target);
    free(s->what);
    free(s->comment);
    free(s->text);
    free(s);
}

void sent_forget(struct view *v, struct sent *sent)
{
    size_t i = 0;
    while (v->sent[i] != sent)
        i++;
    v->sent_count--;
    memmove(&v->sent[i], &v->sent[i + 1], (v->sent_count - i) * sizeof *v->sent);
    free_sent(sent);
}

void sent_free(struct view *v)
{
    for (size_t i = 0; i < v->sent_count; i++)
        free_sent(v->sent[i]);
    free(v->sent);
    v->sent = NULL;
    v->sent_count = v->sent_capacity = 0;
}

/* The oldest that has ended goes. */
static void make_room(struct view *v)
{
    for (size_t i = 0; v->sent_count >= SENT_KEEP && i < v->sent_count; i++) {
        if (!sent_is_underway(v->sent[i])) {
            sent_forget(v, v->sent[i]);
            return;
        }
    }
}

void sent_begin(struct view *v, const struct target *t, enum box_kind kind, const char *comment, bool warned)
{
    struct sent *before = find_sent(v, t), *s = MEM_NEW(struct sent);
    const int64_t window_ms = box_is_decision(kind) ? v->settings->undo_window_ms : 0;
    if (before)
        sent_forget(v, before);
    make_room(v);
    target_copy(&s->target, t);
    s->kind = kind;
    s->warned = warned;
    s->comment = mem_string(comment ? comment : "");
    s->what = mem_printf("%s of %s%s%s %s %s", words[kind].noun, t->service, t->version ? " " : "",
                         t->version ? t->version : "", words[kind].into, t->stage);
    MEM_GROW(v->sent, v->sent_count, v->sent_capacity);
    v->sent[v->sent_count++] = s;
    if (window_ms > 0) {
        undo_note(v, s, true); /* on the disk, before the window begins */
        s->due_ms = view_now_ms(v) + window_ms;
        undo_plan(v);
    } else {
        sent_submit(v, s);
    }
}

static cJSON *labels_of(const struct model_sequence *seq)
{
    cJSON *labels = cJSON_CreateObject();
    for (size_t i = 0; i < seq->label_count; i++)
        (void)cJSON_AddStringToObject(labels, seq->labels[i].key,
                                      seq->labels[i].value); /* NULL: no memory, one label less */
    return labels;
}

static void submit_decision(struct view *v, struct sent *s, const struct model_sequence *seq)
{
    const struct target *t = &s->target;
    cJSON *labels = labels_of(seq);
    const struct decision_request request = {.project = t->project,
                                             .stage = t->stage,
                                             .service = t->service,
                                             .context = t->context,
                                             .triggeredid = t->triggered_id,
                                             .triggered_source = seq->approval.triggered_source,
                                             .labels = labels,
                                             .approve = s->kind == BOX_APPROVE,
                                             .comment = s->comment,
                                             .stale = t->source->link != VIEW_LINK_LIVE};
    s->state = request.stale ? DECISION_ASKING : DECISION_SENDING;
    v->ports.decide(v->ports.arg, t->source->number, &request);
    cJSON_Delete(labels);
}

static void set_text(struct sent *s, const char *text)
{
    char *copy = mem_string(text);
    free(s->text);
    s->text = copy;
}

/* The box that shows it, if it is open. */
static struct box *box_of(struct view *v, const struct sent *s)
{
    struct box *b = &v->box;
    return b->open && b->phase == BOX_SENDING && b->batch.count == 0 && is_about(s, &b->target) ? b : NULL;
}

static void fail_box(struct box *b, char *notice)
{
    free(b->notice);
    b->notice = notice;
    b->phase = BOX_FAILED;
}

static void end_window(struct view *v, struct sent *s)
{
    if (s->due_ms != 0)
        undo_note(v, s, false);
    s->due_ms = 0;
}

void sent_drop(struct view *v, struct sent *s, const char *why)
{
    struct box *box = box_of(v, s);
    end_window(v, s);
    s->state = DECISION_FAILED;
    set_text(s, why);
    if (box)
        fail_box(box, mem_printf("nothing was sent: %s", why));
    else
        view_say(v, true, "%s was not sent: %s", s->what, why);
}

void sent_submit(struct view *v, struct sent *s)
{
    static const char *const verbs[] = {
        [BOX_PAUSE] = "pause", [BOX_RESUME] = "resume", [BOX_ABORT] = "abort"};
    const struct model_sequence *seq = target_sequence(&s->target);
    end_window(v, s);
    if (!seq) {
        sent_drop(v, s, s->target.triggered_id ? target_outcome(v, &s->target) : "the sequence is gone");
    } else if (box_is_decision(s->kind)) {
        submit_decision(v, s, seq);
    } else {
        s->state = DECISION_SENDING;
        v->ports.control(v->ports.arg, s->target.source->number, seq, verbs[s->kind]);
    }
}

/* ---- words ---- */

const char *sent_word(struct view *v, const struct sent *s)
{
    if (s->due_ms != 0)
        return view_printf(v, "undo %s", undo_left(v, s));
    switch (s->state) {
    case DECISION_ASKING:
        return "asking";
    case DECISION_SENDING:
        return "sending";
    case DECISION_RETRYING:
        return "retrying";
    case DECISION_ACCEPTED:
        return words[s->kind].past;
    case DECISION_CONFLICT:
        return "conflict";
    case DECISION_FAILED:
        return "not sent";
    }
    return "";
}

const char *sent_step(const struct sent *s)
{
    static const char *const steps[] = {[DECISION_ASKING] = "asking the server whether it still waits",
                                        [DECISION_SENDING] = "sending",
                                        [DECISION_RETRYING] = "no answer: sending the same decision again",
                                        [DECISION_ACCEPTED] = "accepted: waiting until it is done",
                                        [DECISION_CONFLICT] = "decided already",
                                        [DECISION_FAILED] = "not sent"};
    return steps[s->state];
}

static const char *undo_keys(struct view *v)
{
    const char *key = keymap_key(v->keymap, ACTION_UNDO, 0);
    return key ? view_printf(v, ", %s undoes", key) : "";
}

const char *sent_phrase(struct view *v, const struct sent *s)
{
    const char *your = box_is_decision(s->kind) ? "decision" : words[s->kind].noun;
    const char *why = s->text && *s->text ? view_printf(v, ": %s", view_safe(v, s->text)) : "";
    if (s->due_ms != 0)
        return view_printf(v, "%s in %s%s", words[s->kind].verb, undo_left(v, s), undo_keys(v));
    switch (s->state) {
    case DECISION_ASKING:
        return view_printf(v, "your %s: asking the server whether it still waits", your);
    case DECISION_SENDING:
        return view_printf(v, "your %s is being sent", your);
    case DECISION_RETRYING:
        return view_printf(v, "your %s has no answer yet and is sent again%s", your, why);
    case DECISION_ACCEPTED:
        return view_printf(v, "the server has your %s; the row follows", your);
    case DECISION_CONFLICT:
        return view_printf(v, "your %s came too late%s", your, why);
    case DECISION_FAILED:
        return view_printf(v, "your %s was not sent%s", your, why);
    }
    return "";
}

const char *undo_line(struct view *v)
{
    const struct sent *newest = NULL;
    const size_t count = undo_count(v);
    for (size_t i = 0; i < v->sent_count; i++)
        if (v->sent[i]->due_ms != 0)
            newest = v->sent[i];
    if (!newest)
        return NULL;
    const struct target *t = &newest->target;
    const char *what = view_printf(v, "%s %s%s%s %s %s", words[newest->kind].verb, view_safe(v, t->service),
                                   t->version ? " " : "", t->version ? view_safe(v, t->version) : "",
                                   words[newest->kind].into, view_safe(v, t->stage));
    const char *more = count > 1 ? view_printf(v, " (and %zu before it)", count - 1) : "";
    return view_printf(v, "%s in %s%s%s", what, undo_left(v, newest), undo_keys(v), more);
}

/* ---- what comes back ---- */

const char *held_by(struct view *v, const struct model_sequence *seq, enum role *role)
{
    const struct model_stage *stage = seq->stage;
    *role = ROLE_PAUSED;
    if (seq->state == MODEL_PAUSED || seq->paused)
        return "held: paused";
    *role = ROLE_QUEUED;
    for (size_t i = 0; seq->state == MODEL_QUEUED && i < stage->sequence_count; i++) {
        const struct model_sequence *other = stage->sequences[i];
        if (other != seq && other->state == MODEL_RUNNING && strcmp(other->service, seq->service) == 0)
            return view_printf(v, "queued behind %.4s %s", view_safe(v, other->context),
                               other->version ? view_safe(v, other->version) : "");
    }
    return seq->state == MODEL_QUEUED ? "queued" : "";
}

static void tell_change(struct view *v, const struct sent *s)
{
    struct box *box = box_of(v, s);
    const bool failed = s->state == DECISION_CONFLICT || s->state == DECISION_FAILED;
    if (s->state == DECISION_ACCEPTED) {
        view_say(v, false, "%s: accepted by the server", s->what);
        if (box && box_is_decision(s->kind))
            box_close(v);
    } else if (failed && box) {
        fail_box(box, mem_string(s->text && *s->text ? s->text : "no reason was given"));
    } else if (failed) {
        view_say(v, true, "%s: %s", s->what, s->text ? s->text : "failed");
    }
}

void view_decision_changed(struct view *v, size_t source, const char *triggeredid, enum decision_state state,
                           const char *text)
{
    struct sent *s = find_decision(v, v->sources[source], triggeredid);
    if (!s || s->due_ms != 0) /* it is not on its way: an answer to one before */
        return;
    s->state = state;
    set_text(s, text);
    tell_change(v, s);
    view_model_changed(v);
}

void view_control_changed(struct view *v, size_t source, const char *project, const char *stage,
                          const char *context, bool accepted, const char *text)
{
    for (size_t i = v->sent_count; i > 0; i--) {
        struct sent *s = v->sent[i - 1];
        if (s->target.source != v->sources[source] || s->target.triggered_id ||
            s->state != DECISION_SENDING || !mem_same_text(s->target.project, project) ||
            !mem_same_text(s->target.stage, stage) || !mem_same_text(s->target.context, context))
            continue;
        s->state = accepted ? DECISION_ACCEPTED : DECISION_FAILED;
        set_text(s, text);
        tell_change(v, s);
        view_model_changed(v);
        return;
    }
}

static bool control_is_done(const struct sent *s, const struct model_sequence *seq)
{
    const bool ended = !seq || seq->state >= MODEL_SUCCEEDED;
    if (s->kind == BOX_ABORT || ended)
        return ended;
    return (seq->paused || seq->state == MODEL_PAUSED) == (s->kind == BOX_PAUSE);
}

static void settle_control(struct view *v, struct sent *s)
{
    static const char *const done[] = {
        [BOX_PAUSE] = "is paused", [BOX_RESUME] = "goes on", [BOX_ABORT] = "is aborted"};
    const struct model_sequence *seq = target_sequence(&s->target);
    const bool ended = !seq || seq->state >= MODEL_SUCCEEDED;
    if (!control_is_done(s, seq))
        return;
    s->settled = true;
    if (ended && !(seq && seq->state == MODEL_ABORTED))
        view_say(v, false, "%s: it has ended by itself%s%s", s->what, seq ? ": " : "",
                 seq ? model_state_name(seq->state) : "");
    else
        view_say(v, false, "%s%s%s in %s %s", s->target.service, s->target.version ? " " : "",
                 s->target.version ? s->target.version : "", s->target.stage, done[s->kind]);
    if (box_of(v, s))
        box_close(v);
}

/* The stream says who has decided, and what the run waits for now. */
static void settle_decision(struct view *v, struct sent *s)
{
    enum role role;
    if (target_sequence(&s->target))
        return;
    s->settled = true;
    const struct target *t = &s->target;
    const struct model_sequence *seq =
        model_find_sequence(t->source->model, t->context, t->project, t->stage, t->sequence);
    const char *held = seq ? held_by(v, seq, &role) : "";
    view_say(v, false, "%s%s%s into %s: %s%s%s", t->service, t->version ? " " : "",
             t->version ? t->version : "", t->stage, target_outcome(v, t), *held ? "; " : "", held);
}

/* Within its window: has it been overtaken, or become something else than what was confirmed? */
static void watch_window(struct view *v, struct sent *s)
{
    const struct model_sequence *seq = target_sequence(&s->target);
    const char *why_not = view_why_not(v, s->target.source);
    if (!seq)
        sent_drop(v, s, target_outcome(v, &s->target));
    else if (why_not)
        sent_drop(v, s, why_not);
    else if (s->kind == BOX_APPROVE && seq->goes_back && !s->warned)
        sent_drop(v, s, "a newer one came in between, so that it would go back: decide again");
    else
        return;
    undo_plan(v);
}

void sent_sync(struct view *v)
{
    for (size_t i = 0; i < v->sent_count; i++) {
        struct sent *s = v->sent[i];
        if (s->due_ms != 0)
            watch_window(v, s);
        else if (s->state == DECISION_ACCEPTED && !s->settled && s->target.triggered_id)
            settle_decision(v, s);
        else if (s->state <= DECISION_ACCEPTED && !s->settled && !s->target.triggered_id)
            settle_control(v, s);
    }
}
