/* Several decisions with one confirmation, out of the marks of the waiting list. What goes back, and what may
 * not be decided, is left out and said. Confirmed, each is a decision of its own. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

void batch_free(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        target_free(&batch->members[i]);
    for (size_t i = 0; i < batch->left_count; i++)
        free(batch->left[i]);
    free(batch->members);
    free(batch->left);
    *batch = (struct batch){0};
}

static void leave_out(struct batch *batch, const struct target *t, const char *why)
{
    batch->left = mem_resize(batch->left, (batch->left_count + 1) * sizeof *batch->left);
    batch->left[batch->left_count++] = mem_printf("%s%s%s into %s: %s", t->service, t->version ? " " : "",
                                                  t->version ? t->version : "", t->stage, why);
}

/* Why this one cannot be decided with others; NULL: it can. */
static const char *unfit(struct view *v, const struct target *t, enum box_kind kind)
{
    const struct model_sequence *seq = target_sequence(t);
    const char *why_not = view_why_not(v, t->source);
    const struct sent *sent = sent_of(v, t);
    if (!seq)
        return target_outcome(v, t);
    if (why_not)
        return why_not;
    if (kind == BOX_APPROVE && seq->goes_back)
        return "goes back, which wants a decision by itself";
    if (!view_fits(v, (struct pick){.source = t->source, .seq = seq}))
        return "the filter hides it now";
    if (sent && (sent_is_underway(sent) || sent->state == DECISION_ACCEPTED))
        return "decided here already";
    return NULL;
}

/* What must be typed, where it must. */
static void set_words(struct view *v)
{
    struct box *b = &v->box;
    bool typed = false;
    for (size_t i = 0; i < b->batch.count; i++)
        typed = typed || confirm_level(v, &b->batch.members[i]) == SETTINGS_CONFIRM_TYPE;
    free(b->confirm_text);
    b->confirm_text =
        typed ? mem_printf("%s-%zu", b->kind == BOX_APPROVE ? "approve" : "decline", b->batch.count) : NULL;
    buffer_clear(&b->confirm);
    b->field = typed ? BOX_FIELD_CONFIRM : BOX_FIELD_COMMENT;
}

bool batch_open(struct view *v, enum box_kind kind)
{
    struct pick picks[MARKS_MAX];
    const bool is_list = view_top_screen(v) == &waiting_screen;
    const size_t count = is_list ? waiting_marked(v, picks, MARKS_MAX) : 0;
    struct batch batch = {.members = mem_alloc((count + 1) * sizeof *batch.members)};
    for (size_t i = 0; i < count; i++) {
        struct target t;
        target_set(&t, picks[i], true);
        const char *why = unfit(v, &t, kind);
        if (why) {
            leave_out(&batch, &t, why);
            target_free(&t);
        } else {
            batch.members[batch.count++] = t;
        }
    }
    if (batch.count == 0) {
        if (count > 0)
            view_say(v, true, "none of the marked ones can be decided together: %s", batch.left[0]);
        batch_free(&batch);
        return count > 0;
    }
    struct box *b = &v->box;
    box_close(v);
    *b = (struct box){.open = true, .kind = kind, .phase = BOX_ASKING, .cursor_x = -1, .cursor_y = -1};
    b->comment = BUFFER_LIMIT(BOX_COMMENT_MAX);
    b->confirm = BUFFER_LIMIT(BOX_COMMENT_MAX);
    b->batch = batch;
    target_copy(&b->target, &batch.members[0]);
    set_words(v);
    return true;
}

static void drop_member(struct batch *batch, size_t i, const char *why)
{
    leave_out(batch, &batch->members[i], why);
    target_free(&batch->members[i]);
    batch->count--;
    memmove(&batch->members[i], &batch->members[i + 1], (batch->count - i) * sizeof *batch->members);
}

static void sync_asking(struct view *v)
{
    struct box *b = &v->box;
    const size_t before = b->batch.count;
    for (size_t i = b->batch.count; i-- > 0;) {
        const char *why = unfit(v, &b->batch.members[i], b->kind);
        if (!why)
            continue;
        if (b->batch.count == 1) {
            box_overtake(v, why);
            return;
        }
        drop_member(&b->batch, i, why);
    }
    if (b->batch.count == before)
        return;
    set_words(v);
    box_unseen(v); /* it says something else now */
}

bool batch_is_underway(const struct view *v)
{
    const struct batch *batch = &v->box.batch;
    for (size_t i = 0; i < batch->count; i++) {
        const struct sent *sent = sent_of(v, &batch->members[i]);
        if (sent && sent_is_underway(sent))
            return true;
    }
    return false;
}

/* All went through: the box has nothing more to say. What failed stays on it until Esc. */
static void sync_sending(struct view *v)
{
    const struct batch *batch = &v->box.batch;
    for (size_t i = 0; i < batch->count; i++) {
        const struct sent *sent = sent_of(v, &batch->members[i]);
        if (sent && (sent->due_ms != 0 || sent->state != DECISION_ACCEPTED))
            return;
    }
    view_say(v, false, "%zu %s: accepted by the server", batch->count,
             v->box.kind == BOX_APPROVE ? "approvals" : "declines");
    box_close(v);
}

void batch_sync(struct view *v)
{
    if (v->box.phase == BOX_ASKING)
        sync_asking(v);
    else if (v->box.phase == BOX_SENDING)
        sync_sending(v);
}

void batch_confirm(struct view *v)
{
    struct box *b = &v->box;
    b->phase = BOX_SENDING;
    for (size_t i = 0; i < b->batch.count; i++)
        sent_begin(v, &b->batch.members[i], b->kind, buffer_text(&b->comment), false);
    waiting_unmark_all(v);
}

bool batch_take_back(struct view *v)
{
    const struct batch *batch = &v->box.batch;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct sent *sent = sent_of(v, &batch->members[i]);
        if (sent && sent->due_ms != 0) {
            undo_take_back(v, &batch->members[i]);
            count++;
        }
    }
    if (count == 0)
        return false;
    view_say(v, false, "taken back: %zu %s; nothing was sent", count, count == 1 ? "decision" : "decisions");
    if (!batch_is_underway(v))
        box_close(v);
    return true;
}
