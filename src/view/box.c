/* The decision box: says what is decided, takes a comment, and confirms only what its reader can have seen.
 * It keeps what it asks about by name, looks at every change whether that is still open, and turns into a
 * notice when it is not. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

#define REPEAT_MS 120 /* a confirming key so soon after one that did not count is the same finger */
#define HELD_MS                                                                                              \
    700 /* the key that opened the box confirms nothing for so long: held, it begins to repeat within that   \
         */

bool box_is_decision(enum box_kind kind)
{
    return kind == BOX_APPROVE || kind == BOX_DECLINE;
}

static const char *next_waiting_hint(struct view *v, const char *text)
{
    return view_waiting_count(v) > 0 ? text : "";
}

/* Can this be decided as it is? If not, says what to do instead. */
static bool is_decidable(struct view *v, struct pick pick)
{
    const struct model_sequence *seq = pick.seq;
    if (seq->state == MODEL_WAITING && !seq->approval.triggered_id) {
        view_say(v, true, "the server has not told which approval this is: r asks for everything again");
        return false;
    }
    if (seq->state != MODEL_WAITING) {
        view_say(v, false, "this sequence waits for no decision%s",
                 next_waiting_hint(v, ": n goes to the next that does"));
        return false;
    }
    const struct sent *sent = view_sent(v, pick.source, seq->approval.triggered_id);
    if (!sent || (!sent_is_underway(sent) && sent->state != DECISION_ACCEPTED))
        return true;
    if (sent->due_ms != 0)
        view_say(v, false, "%s: %s", sent->what, sent_phrase(v, sent));
    else
        view_say(v, false, "%s: already %s", sent->what,
                 sent->state == DECISION_ACCEPTED ? "accepted by the server" : "on its way");
    return false;
}

static bool is_possible(struct view *v, struct pick pick, enum box_kind kind)
{
    if (!pick.seq) {
        view_say(v, false, "pick a sequence%s", next_waiting_hint(v, ": n goes to the next that waits"));
        return false;
    }
    if (box_is_decision(kind))
        return is_decidable(v, pick);
    if (pick.seq->state >= MODEL_SUCCEEDED || !v->ports.control) {
        view_say(v, false, "this sequence has ended: there is nothing to pause or abort");
        return false;
    }
    return true;
}

static void ask_for_words(struct box *b)
{
    if (!b->confirm_text)
        b->confirm_text = mem_printf("%s@%s", b->target.service, b->target.stage);
    b->field = BOX_FIELD_CONFIRM;
}

void box_open(struct view *v, enum box_kind kind)
{
    const struct pick pick = view_selected(v);
    struct box *b = &v->box;
    if (!view_may_change(v, pick.source) || !is_possible(v, pick, kind))
        return;
    if (!view_fits(v, pick)) {
        view_say(v, false, "the filter hides this one: / shows what it is");
        return;
    }
    box_close(v);
    *b = (struct box){.open = true, .kind = kind, .phase = BOX_ASKING, .cursor_x = -1, .cursor_y = -1};
    target_set(&b->target, pick, box_is_decision(kind));
    b->comment = BUFFER_LIMIT(BOX_COMMENT_MAX);
    b->confirm = BUFFER_LIMIT(BOX_COMMENT_MAX);
    b->field = BOX_FIELD_COMMENT;
    b->warned = kind == BOX_APPROVE && pick.seq->goes_back;
    if (b->warned || (box_is_decision(kind) && confirm_level(v, &b->target) == SETTINGS_CONFIRM_TYPE))
        ask_for_words(b);
    v->tree.moved = true; /* whoever decides here has taken the helm: the cursor stays */
}

void box_close(struct view *v)
{
    struct box *b = &v->box;
    target_free(&b->target);
    batch_free(&b->batch);
    free(b->confirm_text);
    free(b->notice);
    buffer_free(&b->confirm);
    buffer_free(&b->comment);
    *b = (struct box){.cursor_x = -1, .cursor_y = -1};
}

void box_unseen(struct view *v)
{
    v->box.drawn = v->box.armed = v->box.asked = false;
}

void box_told(struct view *v, const char *text)
{
    v->box.told = text;
}

/* ---- overtaken ---- */

void box_overtake(struct view *v, const char *notice)
{
    struct box *b = &v->box;
    free(b->notice);
    b->notice = mem_string(notice);
    b->phase = BOX_OVERTAKEN;
    b->told = NULL;
    v->typing.due = DUE_NOTHING;
}

void box_sync(struct view *v)
{
    struct box *b = &v->box;
    if (b->open && b->batch.count > 0)
        batch_sync(v);
    if (!b->open || b->phase != BOX_ASKING || b->batch.count > 0)
        return;
    const struct model_sequence *seq = target_sequence(&b->target);
    const char *why_not = view_why_not(v, b->target.source);
    if (why_not) {
        box_overtake(v, why_not);
    } else if (seq && !view_fits(v, (struct pick){.source = b->target.source, .seq = seq})) {
        box_overtake(v, "the filter hides it now");
    } else if (box_is_decision(b->kind) && !seq) {
        box_overtake(v, target_outcome(v, &b->target));
    } else if (!seq || seq->state >= MODEL_SUCCEEDED) {
        box_overtake(v, "the sequence has ended meanwhile");
    } else if (b->kind == BOX_APPROVE && seq->goes_back && !b->warned) {
        b->warned = true; /* a newer one has come in between: words that were typed did not answer this */
        buffer_clear(&b->confirm);
        ask_for_words(b);
        box_unseen(v);
    }
}

/* ---- keys ---- */

/* Does this confirming key count? What was typed before the box was on the terminal, what a held key repeats
 * and what came in one go with other keys does not. */
static bool counts(struct view *v, enum input_kind key)
{
    struct box *b = &v->box;
    const int64_t now_ms = view_now_ms(v);
    const bool held = key != INPUT_ENTER && key == b->opened_with && now_ms - b->opened_ms < HELD_MS;
    if (!b->armed || held || (b->early_ms != 0 && now_ms - b->early_ms < REPEAT_MS)) {
        b->early_ms = now_ms;
        box_told(v, "that came before the box could be read: once more");
        return false;
    }
    if (!typing_alone(v)) {
        box_told(v, "that came in one go with others, as if pasted: once more");
        return false;
    }
    return true;
}

static bool words_are_right(struct view *v)
{
    struct box *b = &v->box;
    if (!b->confirm_text)
        return true;
    const bool right = strcmp(buffer_text(&b->confirm), b->confirm_text) == 0;
    if (right && !b->poured)
        return true;
    b->field = BOX_FIELD_CONFIRM;
    box_told(v, right                ? "those words came all at once: Ctrl-U clears them, then type them"
                : b->confirm.len > 0 ? "that is not it"
                : b->warned          ? "it goes back: type the words first"
                                     : "type the words first");
    return false;
}

static void take_confirmation(struct view *v, enum input_kind key)
{
    struct box *b = &v->box;
    if (!counts(v, key))
        return;
    if (!b->fits)
        box_told(v, "the terminal is too small to show what is decided");
    else if (words_are_right(v))
        v->typing.due = DUE_BOX;
}

void box_confirm(struct view *v)
{
    struct box *b = &v->box;
    const bool decides = box_is_decision(b->kind);
    if (!b->open || b->phase != BOX_ASKING || (decides ? !v->ports.decide : !v->ports.control))
        return; /* without a port there is no way to change anything */
    if (b->batch.count > 0) {
        batch_confirm(v);
        return;
    }
    b->phase = BOX_SENDING;
    sent_begin(v, &b->target, b->kind, buffer_text(&b->comment), b->warned);
}

static void asking_key(struct view *v, const struct input_event *ev)
{
    const struct box *b = &v->box;
    const bool check = ev->kind == INPUT_APPROVE, cross = ev->kind == INPUT_DECLINE;
    if ((check && b->kind != BOX_APPROVE) || (cross && b->kind != BOX_DECLINE))
        box_told(v, "this box asks something else: Enter confirms it, Esc goes back");
    else if (check || cross || ev->kind == INPUT_ENTER)
        take_confirmation(v, ev->kind);
    else
        box_edit(v, ev);
}

static void leave(struct view *v)
{
    const struct box *b = &v->box;
    const struct sent *sent = b->phase == BOX_SENDING ? sent_of(v, &b->target) : NULL;
    if (b->batch.count > 0 && b->phase == BOX_SENDING && batch_is_underway(v))
        view_say(v, false, "they are on their way; the rows say what becomes of them");
    else if (sent && sent->due_ms == 0 && sent->state < DECISION_ACCEPTED)
        view_say(v, false, "it is on its way; the row says what becomes of it");
    box_close(v);
}

void box_key(struct view *v, const struct input_event *ev)
{
    struct box *b = &v->box;
    const bool esc = ev->kind == INPUT_ESC, ctrl_c = ev->kind == INPUT_CTRL && ev->ch == 'C';
    if (v->typing.in_read <= 1) /* what was said about one key of a paste stays until it is read */
        b->told = NULL;
    if (b->phase == BOX_OVERTAKEN) { /* whatever else was typed was meant for the box that is gone */
        if (esc)
            box_close(v);
    } else if (esc || ctrl_c) {
        leave(v);
    } else if (b->phase == BOX_ASKING) {
        asking_key(v, ev);
    } else if (b->phase == BOX_SENDING && keymap_find(v->keymap, ev) == ACTION_UNDO) {
        if (b->batch.count == 0 || !batch_take_back(v))
            undo_key(v);
    }
}

const struct hint *box_keys(const struct view *v)
{
    static const struct hint others[] = {{.action = ACTION_BACK}, {.action = ACTION_NONE}};
    static const struct hint undoing[] = {
        {.action = ACTION_UNDO}, {.action = ACTION_BACK}, {.action = ACTION_NONE}};
    static const struct hint asking[] = {{ACTION_OPEN, "confirm", "Enter"},
                                         {.action = ACTION_BACK},
                                         {ACTION_LEFT, "clear the line", "Ctrl-U"},
                                         {.action = ACTION_NONE}};
    static const struct hint fields[] = {{ACTION_OPEN, "confirm", "Enter"},
                                         {.action = ACTION_BACK},
                                         {ACTION_PANE, "other line", "Tab"},
                                         {ACTION_LEFT, "clear the line", "Ctrl-U"},
                                         {.action = ACTION_NONE}};
    if (v->box.phase == BOX_SENDING && undo_count(v) > 0)
        return undoing;
    if (v->box.phase != BOX_ASKING || help_is_over_box(v))
        return others;
    return v->box.confirm_text ? fields : asking;
}
