/* The decision box: says what is decided, takes a comment, and confirms only what its reader can have seen.
 * It keeps what it asks about by name, looks at every change whether that is still open, and turns into a
 * notice when it is not. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "view/internal.h"

#define REPEAT_MS 120 /* a confirming key so soon after one that did not count is the same finger */

static const struct model_sequence *box_sequence(const struct box *b)
{
    if (b->triggered_id)
        return model_find_approval(b->source->model, b->triggered_id);
    return model_find_sequence(b->source->model, b->context, b->project, b->stage, b->sequence);
}

static bool is_decision(enum box_kind kind)
{
    return kind == BOX_APPROVE || kind == BOX_DECLINE;
}

/* Can this be done to the sequence as it is? If not, says what to do instead. */
static bool is_possible(struct view *v, struct pick pick, enum box_kind kind)
{
    const struct model_sequence *seq = pick.seq;
    const bool ended = seq && seq->state >= MODEL_SUCCEEDED;
    if (!seq) {
        view_say(v, false, "pick a sequence%s",
                 view_waiting_count(v) > 0 ? ": n goes to the next that waits" : "");
        return false;
    }
    if (is_decision(kind) && seq->state == MODEL_WAITING && !seq->approval.triggered_id) {
        view_say(v, true, "the server has not told which approval this is: r asks for everything again");
        return false;
    }
    if (is_decision(kind) && seq->state != MODEL_WAITING) {
        view_say(v, false, "this sequence waits for no decision%s",
                 view_waiting_count(v) > 0 ? ": n goes to the next that does" : "");
        return false;
    }
    if (!is_decision(kind) && (ended || !v->ports.control)) {
        view_say(v, false, "this sequence has ended: there is nothing to pause or abort");
        return false;
    }
    const struct sent *sent =
        is_decision(kind) ? view_sent(v, pick.source, seq->approval.triggered_id) : NULL;
    if (sent && sent->state <= DECISION_ACCEPTED) {
        view_say(v, false, "%s: already %s", sent->what,
                 sent->state == DECISION_ACCEPTED ? "accepted by the server" : "on its way");
        return false;
    }
    return true;
}

void box_open(struct view *v, enum box_kind kind)
{
    const struct pick pick = view_selected(v);
    const struct model_sequence *seq = pick.seq;
    struct box *b = &v->box;
    if (!view_may_change(v, pick.source) || !is_possible(v, pick, kind))
        return;
    if (!view_fits(v, pick)) {
        view_say(v, false, "the filter hides this one: / shows what it is");
        return;
    }
    box_close(v);
    *b = (struct box){.open = true, .kind = kind, .phase = BOX_ASKING, .cursor_x = -1, .cursor_y = -1};
    b->source = pick.source;
    b->project = mem_string(seq->stage->project->name);
    b->stage = mem_string(seq->stage->name);
    b->service = mem_string(seq->service ? seq->service : "");
    b->context = mem_string(seq->context);
    b->sequence = mem_string(seq->name);
    b->version = mem_string(seq->version);
    b->comment = BUFFER_LIMIT(BOX_COMMENT_MAX);
    b->confirm = BUFFER_LIMIT(BOX_COMMENT_MAX);
    b->field = BOX_FIELD_COMMENT;
    if (is_decision(kind))
        b->triggered_id = mem_string(seq->approval.triggered_id);
    if (kind == BOX_APPROVE && seq->goes_back) {
        b->confirm_text = mem_printf("%s@%s", b->service, b->stage);
        b->field = BOX_FIELD_CONFIRM;
    }
    v->tree.moved = true; /* whoever decides here has taken the helm: the cursor stays */
}

void box_close(struct view *v)
{
    struct box *b = &v->box;
    free(b->project);
    free(b->stage);
    free(b->service);
    free(b->context);
    free(b->sequence);
    free(b->version);
    free(b->triggered_id);
    free(b->confirm_text);
    free(b->notice);
    buffer_free(&b->confirm);
    buffer_free(&b->comment);
    *b = (struct box){.cursor_x = -1, .cursor_y = -1};
}

/* ---- overtaken ---- */

static const struct model_decision *decision_of(const struct model_sequence *seq, const char *triggered_id)
{
    for (size_t i = 0; seq && i < seq->decision_count; i++)
        if (seq->decisions[i].triggered_id && strcmp(seq->decisions[i].triggered_id, triggered_id) == 0)
            return &seq->decisions[i];
    return NULL;
}

static void overtake(struct view *v, char *notice)
{
    struct box *b = &v->box;
    free(b->notice);
    b->notice = notice;
    b->phase = BOX_OVERTAKEN;
    b->told = NULL;
}

static void sync_decision(struct view *v)
{
    struct box *b = &v->box;
    const struct model_sequence *open = box_sequence(&v->box);
    if (open) {
        if (b->kind == BOX_APPROVE && open->goes_back &&
            !b->confirm_text) { /* a newer one has come in between */
            b->confirm_text = mem_printf("%s@%s", b->service, b->stage);
            b->field = BOX_FIELD_CONFIRM;
            b->drawn = b->armed = false; /* it says something else now */
        }
        return;
    }
    const struct model_sequence *seq =
        model_find_sequence(b->source->model, b->context, b->project, b->stage, b->sequence);
    const struct model_decision *d = decision_of(seq, b->triggered_id);
    if (d) {
        const bool passed = d->result && strcmp(d->result, "pass") == 0;
        const char *by = d->by ? d->by : d->by_person ? "somebody else" : "the server's own rule";
        overtake(v, mem_printf("%s by %s at %s%s%s", passed ? "approved" : "declined", by,
                               view_clock(v, d->time_ns), d->comment && *d->comment ? ": " : "",
                               d->comment ? d->comment : ""));
    } else if (seq && seq->state >= MODEL_SUCCEEDED) {
        overtake(v, mem_printf("the sequence has ended: %s", model_state_name(seq->state)));
    } else {
        overtake(v, mem_string("it is no longer waiting for a decision"));
    }
}

void box_sync(struct view *v)
{
    struct box *b = &v->box;
    const struct model_sequence *seq = b->open ? box_sequence(b) : NULL;
    if (!b->open || b->phase != BOX_ASKING)
        return;
    if (seq && !view_fits(v, (struct pick){.source = b->source, .seq = seq})) {
        overtake(v, mem_string("the filter hides it now"));
        return;
    }
    if (is_decision(b->kind)) {
        sync_decision(v);
        return;
    }
    if (!seq || seq->state >= MODEL_SUCCEEDED)
        overtake(v, mem_string("the sequence has ended meanwhile"));
}

/* ---- decisions that were sent ---- */

/* Where it stands; sent_count: nowhere. */
static size_t find_sent(const struct view *v, const struct source *source, const char *triggered_id)
{
    size_t i = 0;
    while (i < v->sent_count &&
           (v->sent[i].source != source || strcmp(v->sent[i].triggered_id, triggered_id) != 0))
        i++;
    return i;
}

const struct sent *view_sent(const struct view *v, const struct source *source, const char *triggered_id)
{
    const size_t i = find_sent(v, source, triggered_id);
    return i < v->sent_count ? &v->sent[i] : NULL;
}

static void forget_sent(struct view *v, size_t i)
{
    free(v->sent[i].triggered_id);
    free(v->sent[i].what);
    free(v->sent[i].text);
    v->sent_count--;
    memmove(&v->sent[i], &v->sent[i + 1], (v->sent_count - i) * sizeof *v->sent);
}

static struct sent *remember_sent(struct view *v, const struct source *source, const char *triggered_id)
{
    const size_t before = find_sent(v, source, triggered_id);
    if (before < v->sent_count)
        forget_sent(v, before);
    if (v->sent_count == SENT_MAX)
        forget_sent(v, 0); /* the oldest; what became of it is in the tree */
    struct sent *sent = &v->sent[v->sent_count++];
    *sent =
        (struct sent){.source = source, .triggered_id = mem_string(triggered_id), .state = DECISION_SENDING};
    return sent;
}

static cJSON *labels_of(const struct model_sequence *seq)
{
    cJSON *labels = cJSON_CreateObject();
    for (size_t i = 0; i < seq->label_count; i++)
        (void)cJSON_AddStringToObject(labels, seq->labels[i].key,
                                      seq->labels[i].value); /* NULL: no memory, one label less */
    return labels;
}

static void send_decision(struct view *v, const struct model_sequence *seq)
{
    struct box *b = &v->box;
    struct sent *sent = remember_sent(v, b->source, b->triggered_id);
    cJSON *labels = labels_of(seq);
    const struct decision_request request = {.project = b->project,
                                             .stage = b->stage,
                                             .service = b->service,
                                             .context = b->context,
                                             .triggeredid = b->triggered_id,
                                             .triggered_source = seq->approval.triggered_source,
                                             .labels = labels,
                                             .approve = b->kind == BOX_APPROVE,
                                             .comment = buffer_text(&b->comment),
                                             .stale = b->source->link != VIEW_LINK_LIVE};
    sent->approve = request.approve;
    sent->what = mem_printf("%s of %s%s%s into %s", request.approve ? "approval" : "decline", b->service,
                            b->version ? " " : "", b->version ? b->version : "", b->stage);
    b->state = sent->state = request.stale ? DECISION_ASKING : DECISION_SENDING;
    b->phase = BOX_SENDING;
    v->ports.decide(v->ports.arg, b->source->number, &request);
    cJSON_Delete(labels);
}

static void send_control(struct view *v, const struct model_sequence *seq)
{
    static const char *const verbs[] = {
        [BOX_PAUSE] = "pause", [BOX_RESUME] = "resume", [BOX_ABORT] = "abort"};
    const char *verb = verbs[v->box.kind];
    v->ports.control(v->ports.arg, v->box.source->number, seq, verb);
    view_say(v, false, "%s of %s was sent; the row follows what the server says", verb, v->box.service);
    box_close(v);
}

void box_decision_changed(struct view *v, const struct source *source, const char *triggered_id,
                          enum decision_state state, const char *text)
{
    struct box *b = &v->box;
    const size_t i = find_sent(v, source, triggered_id);
    if (i == v->sent_count)
        return;
    struct sent *sent = &v->sent[i];
    sent->state = state;
    char *copy = mem_string(text);
    free(sent->text);
    sent->text = copy;
    const bool shown = b->open && b->phase == BOX_SENDING && b->source == source && b->triggered_id &&
                       strcmp(b->triggered_id, triggered_id) == 0;
    const bool failed = state == DECISION_CONFLICT || state == DECISION_FAILED;
    if (shown)
        b->state = state;
    if (state == DECISION_ACCEPTED) {
        view_say(v, false, "%s: accepted by the server", sent->what);
        if (shown)
            box_close(v);
    } else if (failed && shown) {
        b->phase = BOX_FAILED;
        free(b->notice);
        b->notice = mem_string(text && *text ? text : "no reason was given");
    } else if (failed) {
        view_say(v, true, "%s: %s", sent->what, text ? text : "failed");
    }
}

/* ---- keys ---- */

static void told(struct view *v, const char *text)
{
    v->box.told = text;
}

/* Does this confirming key count? What was typed before the box was on the terminal, and what a held key
 * repeats, does not. */
static bool counts(struct view *v)
{
    struct box *b = &v->box;
    const int64_t now_ms = view_now_ms(v);
    const bool repeated = b->early_ms != 0 && now_ms - b->early_ms < REPEAT_MS;
    if (b->armed && !repeated)
        return true;
    b->early_ms = now_ms;
    told(v, "that key came before the box could be read: once more");
    return false;
}

static void confirm(struct view *v)
{
    struct box *b = &v->box;
    const struct model_sequence *seq = box_sequence(&v->box);
    if (!counts(v))
        return;
    if (!b->fits) {
        told(v, "the terminal is too small to show what is decided");
        return;
    }
    if (b->confirm_text && strcmp(buffer_text(&b->confirm), b->confirm_text) != 0) {
        b->field = BOX_FIELD_CONFIRM;
        told(v, b->confirm.len > 0 ? "that is not it" : "it goes back: type the words first");
        return;
    }
    if (!seq || (is_decision(b->kind) && !v->ports.decide))
        return; /* box_sync has looked; without a port there is no way to change anything */
    if (is_decision(b->kind))
        send_decision(v, seq);
    else
        send_control(v, seq);
}

static struct buffer *field_text(struct box *b)
{
    return b->field == BOX_FIELD_CONFIRM ? &b->confirm : &b->comment;
}

/* Appends what is visible of a text; blanks stand for line ends. All of it is looked at anew, since a mark
 * may belong to what stood last. */
static void type_text(struct view *v, const char *text, size_t len)
{
    struct buffer clean = BUFFER_LIMIT((BOX_COMMENT_MAX + INPUT_PASTE_MAX) * 4);
    struct buffer *field = field_text(&v->box);
    char *line = mem_printf("%s%.*s", buffer_text(field), (int)len, text);
    for (char *p = line; *p; p++)
        if (*p == '\n' || *p == '\r' || *p == '\t')
            *p = ' ';
    utf8_sanitize(line, strlen(line), v->ascii, &clean);
    if (clean.len <= field->limit) {
        buffer_clear(field);
        (void)buffer_add(field, buffer_text(&clean), clean.len); /* it has just been measured */
    } else {
        told(v, "that is as long as a comment may be");
    }
    buffer_free(&clean);
    free(line);
}

static void type_char(struct view *v, uint32_t ch)
{
    struct grid one = {0}; /* only to encode */
    const struct cell cell = {.glyph = ch, .width = 1};
    char text[64];
    const size_t len = grid_cell_text(&one, &cell, text);
    if (v->box.field == BOX_FIELD_COMMENT || ch > ' ')
        type_text(v, text, len);
}

static void erase_last(struct buffer *text)
{
    size_t last = 0, n = 0;
    int width = 0;
    for (size_t i = 0; (n = utf8_next_grapheme(buffer_text(text) + i, false, &width)) > 0; i += n)
        last = i;
    char *kept = mem_string_n(buffer_text(text), last);
    buffer_clear(text);
    (void)buffer_add_text(text, kept); /* shorter than what was there */
    free(kept);
}

static void edit_key(struct view *v, const struct input_event *ev)
{
    struct box *b = &v->box;
    switch (ev->kind) {
    case INPUT_CHAR:
        if (is_decision(b->kind))
            type_char(v, ev->ch);
        break;
    case INPUT_BACKSPACE:
        erase_last(field_text(b));
        break;
    case INPUT_PASTE:
        if (b->field == BOX_FIELD_CONFIRM || !is_decision(b->kind))
            told(v, "pasted text confirms nothing: type it");
        else
            type_text(v, ev->text, ev->len);
        break;
    case INPUT_TAB:
    case INPUT_BACKTAB:
    case INPUT_UP:
    case INPUT_DOWN:
        if (b->confirm_text)
            b->field = b->field == BOX_FIELD_CONFIRM ? BOX_FIELD_COMMENT : BOX_FIELD_CONFIRM;
        break;
    case INPUT_CTRL:
        if (ev->ch == 'U')
            buffer_clear(field_text(b));
        break;
    default:
        break;
    }
}

static void asking_key(struct view *v, const struct input_event *ev)
{
    const struct box *b = &v->box;
    const bool check = ev->kind == INPUT_APPROVE, cross = ev->kind == INPUT_DECLINE;
    if ((check && b->kind != BOX_APPROVE) || (cross && b->kind != BOX_DECLINE))
        told(v, "this box asks something else: Enter confirms it, Esc goes back");
    else if (check || cross || ev->kind == INPUT_ENTER)
        confirm(v);
    else
        edit_key(v, ev);
}

void box_key(struct view *v, const struct input_event *ev)
{
    struct box *b = &v->box;
    const bool esc = ev->kind == INPUT_ESC, ctrl_c = ev->kind == INPUT_CTRL && ev->ch == 'C';
    b->told = NULL;
    if (b->phase == BOX_OVERTAKEN) { /* whatever else was typed was meant for the box that is gone */
        if (esc)
            box_close(v);
    } else if (esc || ctrl_c) {
        if (b->phase == BOX_SENDING)
            view_say(v, false, "it is on its way; the row says what becomes of it");
        box_close(v);
    } else if (b->phase == BOX_ASKING) {
        asking_key(v, ev);
    }
}

const struct hint *box_keys(const struct view *v)
{
    static const struct hint others[] = {{.action = ACTION_BACK}, {.action = ACTION_NONE}};
    static const struct hint asking[] = {{ACTION_OPEN, "confirm", "Enter"},
                                         {.action = ACTION_BACK},
                                         {ACTION_LEFT, "clear the line", "Ctrl-U"},
                                         {.action = ACTION_NONE}};
    static const struct hint fields[] = {{ACTION_OPEN, "confirm", "Enter"},
                                         {.action = ACTION_BACK},
                                         {ACTION_PANE, "other line", "Tab"},
                                         {ACTION_LEFT, "clear the line", "Ctrl-U"},
                                         {.action = ACTION_NONE}};
    if (v->box.phase != BOX_ASKING || help_is_over_box(v))
        return others;
    return v->box.confirm_text ? fields : asking;
}
