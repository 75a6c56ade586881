/* What can be typed. A decision is asked about once, with the facts of the decision box, and confirmed by a
 * whole word; what it is about is kept by name, and when that is over before the answer, nothing is sent. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/linear_internal.h"
#include "cli/picture.h"
#include "settings/state.h"

#define TOO_SOON_MS 500 /* an answer that comes earlier was typed before the question could be heard */
#define ID_MIN      4   /* characters of a run's id that name it */

static const struct {
    const char *verb, *question; /* "approve", "Approve %s into %s?" */
} orders[] = {[ORDER_APPROVE] = {"approve", "approve"},
              [ORDER_DECLINE] = {"decline", "decline"},
              [ORDER_PAUSE] = {"pause", "pause the run of"},
              [ORDER_RESUME] = {"resume", "resume the run of"},
              [ORDER_ABORT] = {"abort", "abort the run of"}};

static bool is_decision(enum order order)
{
    return order == ORDER_APPROVE || order == ORDER_DECLINE;
}

static void drop_question(struct question *q)
{
    free(q->project);
    free(q->stage);
    free(q->context);
    free(q->sequence);
    free(q->triggered_id);
    free(q->what);
    free(q->comment);
    free(q->expected);
    *q = (struct question){0};
}

/* ---- which one ---- */

struct pick {
    size_t source;
    const struct model_sequence *seq; /* NULL: none */
};

static struct pick by_number(struct linear *l, size_t number)
{
    const struct numbered *n = changes_find(l, number);
    struct pick pick = {0};
    if (n == NULL) {
        linear_say(l, "there is no number %zu; list has the numbers", number);
        return pick;
    }
    const struct model_sequence *seq =
        model_find_sequence(l->sources[n->source].model, n->context, n->project, n->stage, n->sequence);
    if (seq == NULL)
        linear_say(l, "number %zu is not there any more", number);
    else if (n->triggered_id != NULL && seq->state == MODEL_WAITING && seq->approval.triggered_id != NULL &&
             strcmp(n->triggered_id, seq->approval.triggered_id) != 0)
        linear_say(l, "number %zu was another approval of this run; list has the one that waits now", number);
    else
        pick = (struct pick){.source = n->source, .seq = seq};
    return pick;
}

/* By the start of a run's id: what waits of it, else its newest stage. */
static struct pick by_id(struct linear *l, const char *id, size_t len)
{
    struct pick found = {0};
    size_t waiting = 0, runs = 0;
    for (size_t i = 0; i < l->source_count; i++) {
        struct model_walk walk = {0};
        for (const struct model_sequence *seq;
             (seq = model_next_sequence(l->sources[i].model, &walk)) != NULL;) {
            if (strncmp(seq->context, id, len) != 0)
                continue;
            if (found.seq != NULL && strcmp(found.seq->context, seq->context) != 0)
                runs++;
            waiting += seq->state == MODEL_WAITING ? 1 : 0;
            if (found.seq == NULL || (seq->state == MODEL_WAITING) > (found.seq->state == MODEL_WAITING) ||
                (found.seq->state != MODEL_WAITING && seq->triggered_ns > found.seq->triggered_ns))
                found = (struct pick){.source = i, .seq = seq};
        }
    }
    if (found.seq == NULL)
        linear_say(l, "no run begins with %.*s", (int)len, id);
    else if (runs > 0 || waiting > 1)
        linear_say(l, "%.*s is %s; give the number that list tells", (int)len, id,
                   runs > 0 ? "the start of several runs" : "a run that waits in several stages");
    else
        return found;
    return (struct pick){0};
}

/* Reads "N" or an id at the start of words; *rest: what stands after it. */
static struct pick choose(struct linear *l, const char *words, const char **rest)
{
    const size_t len = strcspn(words, " ");
    const bool is_number = len > 0 && len <= 6 && strspn(words, "0123456789") >= len;
    *rest = words + len + strspn(words + len, " ");
    if (len == 0)
        linear_say(l, "which one? Give the number that list tells, or the start of the run's id");
    else if (is_number)
        return by_number(l, strtoul(words, NULL, 10));
    else if (len < ID_MIN)
        linear_say(l, "%.*s is no number, and too short for the start of a run's id", (int)len, words);
    else
        return by_id(l, words, len);
    return (struct pick){0};
}

/* ---- asking ---- */

static bool may_change(struct linear *l, const struct linear_source *s)
{
    if (s->read_only) {
        linear_say(l, "read-only: nothing can be changed from here");
        return false;
    }
    if (s->role != NULL && (strcmp(s->role, "viewer") == 0 || strcmp(s->role, "integration") == 0)) {
        linear_say(l, "%s has the role %s, which may not decide; ask for a token with the role approver",
                   s->user != NULL ? s->user : "this token", s->role);
        return false;
    }
    return true;
}

static void say_facts(struct linear *l, const struct model_sequence *seq)
{
    struct buffer facts = BUFFER_LIMIT(65536);
    plain_add_facts(l->plain, seq, &facts);
    for (const char *line = buffer_text(&facts); *line != '\0';) {
        const size_t len = strcspn(line, "\n");
        linear_say(l, "%.*s", (int)len, line);
        line += len + (line[len] == '\n' ? 1 : 0);
    }
    buffer_free(&facts);
}

static const struct model_sequence *question_sequence(const struct linear *l, const struct question *q)
{
    const struct model *m = l->sources[q->source].model;
    return is_decision(q->order) ? model_find_approval(m, q->triggered_id)
                                 : model_find_sequence(m, q->context, q->project, q->stage, q->sequence);
}

/* What goes back is confirmed by typing where it goes, and so is what the settings say. */
static char *expected_answer(const struct linear *l, enum order order, size_t source,
                             const struct model_sequence *seq)
{
    const struct cli_connection *c = &l->ctx->connections[source];
    const enum settings_confirm level =
        settings_confirm_of(l->ctx->settings, c->name, seq->stage->project->name, seq->stage->name);
    if (is_decision(order) && (level == SETTINGS_CONFIRM_TYPE || (order == ORDER_APPROVE && seq->goes_back)))
        return mem_printf("%s@%s", seq->service, seq->stage->name);
    return mem_string("yes");
}

static bool is_possible(struct linear *l, enum order order, const struct model_sequence *seq)
{
    if (is_decision(order) && seq->state != MODEL_WAITING)
        linear_say(l, "this one waits for no decision: it is %s", model_state_name(seq->state));
    else if (is_decision(order) && seq->approval.triggered_id == NULL)
        linear_say(l, "the server has not told which approval this is; reload asks it again");
    else if (!is_decision(order) && seq->state >= MODEL_SUCCEEDED)
        linear_say(l, "this one has ended: it is %s", model_state_name(seq->state));
    else if (l->held.open)
        linear_say(l, "%s is still to be sent; undo takes it back", l->held.what);
    else
        return true;
    return false;
}

static void ask(struct linear *l, enum order order, const char *words)
{
    const char *comment;
    const struct pick pick = choose(l, words, &comment);
    const struct model_sequence *seq = pick.seq;
    if (seq == NULL || !may_change(l, &l->sources[pick.source]) || !is_possible(l, order, seq))
        return;
    struct question *q = &l->question;
    char *what = changes_what(seq), *where = changes_where(l, pick.source, seq);
    *q = (struct question){.open = true,
                           .order = order,
                           .source = pick.source,
                           .project = mem_string(seq->stage->project->name),
                           .stage = mem_string(seq->stage->name),
                           .context = mem_string(seq->context),
                           .sequence = mem_string(seq->name),
                           .triggered_id = mem_string(seq->approval.triggered_id),
                           .what = mem_printf("%s %s %s %s", orders[order].verb, what,
                                              order == ORDER_APPROVE ? "into" : "in", where),
                           .comment = mem_string(is_decision(order) ? comment : ""),
                           .expected = expected_answer(l, order, pick.source, seq)};
    linear_say(l, "%s %s %s %s?", orders[order].question, what, order == ORDER_APPROVE ? "into" : "in",
               where);
    if (is_decision(order))
        say_facts(l, seq);
    if (*q->comment != '\0')
        linear_say(l, "comment: %s", q->comment);
    if (!linear_is_fresh(&l->sources[pick.source]))
        linear_say(l, "the connection is lost: the server is asked first whether this is still open");
    linear_say(l, "type %s and Enter to %s; anything else goes back", q->expected, orders[order].verb);
    free(what);
    free(where);
    q->asked_ms = clock_monotonic_ns() / CLOCK_MS;
    input_forget(l); /* it was typed before this could be heard */
}

/* ---- sending ---- */

static void send_decision(struct linear *l, const struct question *q, const struct model_sequence *seq)
{
    cJSON *labels = cJSON_CreateObject();
    for (size_t i = 0; i < seq->label_count; i++)
        cJSON_AddStringToObject(labels, seq->labels[i].key, seq->labels[i].value);
    const struct decision_request request = {.project = q->project,
                                             .stage = q->stage,
                                             .service = seq->service,
                                             .context = q->context,
                                             .triggeredid = q->triggered_id,
                                             .triggered_source = seq->approval.triggered_source,
                                             .labels = labels->child != NULL ? labels : NULL,
                                             .approve = q->order == ORDER_APPROVE,
                                             .comment = q->comment,
                                             .stale = !linear_is_fresh(&l->sources[q->source])};
    l->in_flight++;
    link_decide(l->sources[q->source].link, &request);
    cJSON_Delete(labels);
}

static void send_question(struct linear *l, const struct question *q)
{
    const struct model_sequence *seq = question_sequence(l, q);
    if (seq == NULL) {
        linear_say(l, "not sent: it is not open any more");
    } else if (is_decision(q->order)) {
        send_decision(l, q, seq);
    } else {
        linear_say(l, "sending");
        l->in_flight++;
        link_control(l->sources[q->source].link, seq, orders[q->order].verb);
    }
}

/* So that the next start can say what was not sent. */
static void note(struct linear *l, const char *what, bool pending)
{
    struct error err = ERROR_NONE;
    if (l->state_path == NULL)
        return;
    const enum status status = pending ? state_note_pending(l->state_path, what, &err)
                                       : state_forget_pending(l->state_path, what, &err);
    if (status != STATUS_OK)
        linear_say(l, "%s", err.text);
}

static void on_undo_over(uv_timer_t *timer)
{
    struct linear *l = timer->data;
    struct question held = l->held;
    l->held = (struct question){0};
    note(l, held.what, false);
    send_question(l, &held);
    drop_question(&held);
}

static void hold(struct linear *l, struct question *q, int window_ms)
{
    l->held = *q;
    *q = (struct question){0};
    note(l, l->held.what, true);
    linear_say(l, "%s in %d s; undo takes it back", l->held.what, (window_ms + 999) / 1000);
    (void)uv_timer_start(&l->undo, on_undo_over, (uint64_t)window_ms, 0); /* it has a callback */
}

static void take_back(struct linear *l)
{
    (void)uv_timer_stop(&l->undo);
    note(l, l->held.what, false);
    linear_say(l, "taken back: %s; nothing was sent", l->held.what);
    drop_question(&l->held);
}

static void answer(struct linear *l, const char *line)
{
    struct question *q = &l->question;
    const int window_ms = is_decision(q->order) ? l->ctx->settings->undo_window_ms : 0;
    if (strcmp(line, q->expected) == 0 && l->input.is_terminal &&
        clock_monotonic_ns() / CLOCK_MS - q->asked_ms < TOO_SOON_MS) {
        linear_say(l, "that came before the question could be heard: type %s again", q->expected);
        return;
    }
    if (strcmp(line, q->expected) != 0)
        linear_say(l, "not confirmed: nothing was sent");
    else if (window_ms > 0)
        hold(l, q, window_ms);
    else
        send_question(l, q);
    drop_question(q);
}

static void say_outcome(struct linear *l, const struct question *q)
{
    const struct model_sequence *seq =
        model_find_sequence(l->sources[q->source].model, q->context, q->project, q->stage, q->sequence);
    for (size_t i = 0; seq != NULL && q->triggered_id != NULL && i < seq->decision_count; i++) {
        const struct model_decision *d = &seq->decisions[i];
        if (strcmp(d->triggered_id, q->triggered_id) != 0)
            continue;
        const bool declined = d->result != NULL && strcmp(d->result, "fail") == 0;
        linear_say(l, "nothing was sent: %s by %s meanwhile", declined ? "declined" : "approved",
                   d->by != NULL ? d->by : "somebody");
        return;
    }
    linear_say(l, "nothing was sent: it is not open any more");
}

void do_look_at_question(struct linear *l)
{
    if (l->question.open && question_sequence(l, &l->question) == NULL) {
        input_forget(l); /* half an answer is no command; what is typed once this was said is one */
        say_outcome(l, &l->question);
        drop_question(&l->question);
    }
    if (l->held.open && question_sequence(l, &l->held) == NULL) {
        (void)uv_timer_stop(&l->undo);
        note(l, l->held.what, false);
        say_outcome(l, &l->held);
        drop_question(&l->held);
    }
}

bool do_cancel(struct linear *l)
{
    if (l->held.open) {
        take_back(l);
        return true;
    }
    if (!l->question.open)
        return false;
    linear_say(l, "not confirmed: nothing was sent");
    drop_question(&l->question);
    return true;
}

void do_decided(struct linear *l, size_t source, const char *triggered_id, enum decision_state state,
                const char *text)
{
    static const char *const words[] = {[DECISION_ASKING] = "asking the server first",
                                        [DECISION_SENDING] = "sending",
                                        [DECISION_RETRYING] = "sending again",
                                        [DECISION_ACCEPTED] = "accepted by the server",
                                        [DECISION_CONFLICT] = "not done",
                                        [DECISION_FAILED] = "not done"};
    const struct model_sequence *seq = model_find_approval(l->sources[source].model, triggered_id);
    char *what = seq != NULL ? changes_what(seq) : mem_string("the decision");
    const bool says = text != NULL && *text != '\0';
    linear_say(l, "%s: %s%s%s", what, words[state], says ? ": " : "", says ? text : "");
    free(what);
    if (state >= DECISION_ACCEPTED && l->in_flight > 0)
        l->in_flight--;
}

/* ---- other commands ---- */

static void show_task(struct linear *l, const struct model_task *task)
{
    char took[16] = "";
    if (task->finished_ns != 0 && task->triggered_ns != 0)
        clock_format_age(task->finished_ns - task->triggered_ns, true, took);
    char *message = cli_first_line(task->message);
    linear_say(l, "task %s: %s%s%s%s%s", task->name, model_state_name(task->state), *took != '\0' ? ", " : "",
               took, *message != '\0' ? ": " : "", message);
    free(message);
}

static void do_show(struct linear *l, const char *words)
{
    const char *rest;
    const struct pick pick = choose(l, words, &rest);
    const struct model_sequence *seq = pick.seq;
    if (seq == NULL)
        return;
    char time[LINEAR_TIME_SIZE];
    char *what = changes_what(seq), *where = changes_where(l, pick.source, seq);
    linear_clock(l, seq->triggered_ns, time);
    linear_say(l, "%s of %s in %s: %s, run %s", seq->name, what, where, model_state_name(seq->state),
               seq->context);
    linear_say(l, "triggered %s%s%s", time, seq->triggered_by != NULL ? " by " : "",
               seq->triggered_by != NULL ? seq->triggered_by : "");
    say_facts(l, seq);
    for (size_t i = 0; i < seq->task_count; i++)
        show_task(l, &seq->tasks[i]);
    free(what);
    free(where);
}

static void do_filter(struct linear *l, const char *words)
{
    struct error err = ERROR_NONE;
    if (plain_set_filter(l->plain, words, &err) != STATUS_OK)
        linear_say(l, "%s", err.text);
    else if (*words == '\0')
        linear_say(l, "no filter: all changes are told");
    else
        linear_say(l, "only what fits is listed and told; what waits is always told");
}

static void do_reload(struct linear *l, const char *words)
{
    (void)words;
    linear_say(l, "asking the server for everything again");
    for (size_t i = 0; i < l->source_count; i++)
        link_reload(l->sources[i].link);
}

static void do_list(struct linear *l, const char *words)
{
    (void)words;
    changes_list(l);
}

static void do_approve(struct linear *l, const char *words)
{
    ask(l, ORDER_APPROVE, words);
}

static void do_decline(struct linear *l, const char *words)
{
    ask(l, ORDER_DECLINE, words);
}

static void do_pause(struct linear *l, const char *words)
{
    ask(l, ORDER_PAUSE, words);
}

static void do_resume(struct linear *l, const char *words)
{
    ask(l, ORDER_RESUME, words);
}

static void do_abort(struct linear *l, const char *words)
{
    ask(l, ORDER_ABORT, words);
}

static void do_undo(struct linear *l, const char *words)
{
    (void)words;
    if (l->held.open)
        take_back(l);
    else
        linear_say(l, "there is nothing that can be taken back");
}

static void do_status(struct linear *l, const char *words)
{
    (void)words;
    changes_summary(l);
}

static void do_quit(struct linear *l, const char *words)
{
    (void)words;
    linear_quit(l);
}

static void do_help(struct linear *l, const char *words);

static const struct command {
    const char *name, *arguments, *text;
    void (*run)(struct linear *l, const char *words);
    bool changes;
} commands[] = {
    {"list", "", "what waits, then what runs or is held, with numbers", do_list, false},
    {"show", "NUMBER|ID", "everything about one", do_show, false},
    {"approve", "NUMBER|ID [COMMENT]", "asks, then approves", do_approve, true},
    {"decline", "NUMBER|ID [COMMENT]", "asks, then declines", do_decline, true},
    {"undo", "", "takes back what is not sent yet", do_undo, true},
    {"pause", "NUMBER|ID", "asks, then holds the run", do_pause, true},
    {"resume", "NUMBER|ID", "asks, then lets it go on", do_resume, true},
    {"abort", "NUMBER|ID", "asks, then ends the run", do_abort, true},
    {"filter", "[TERMS]", "list and tell only what fits, as in the dashboard; by itself: all", do_filter,
     false},
    {"status", "", "connections, and what waits", do_status, false},
    {"reload", "", "asks the server for everything again", do_reload, false},
    {"help", "", "this", do_help, false},
    {"quit", "", "leaves", do_quit, false},
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void do_help(struct linear *l, const char *words)
{
    bool may = false;
    (void)words;
    for (size_t i = 0; i < l->source_count; i++)
        may = may || !l->sources[i].read_only;
    for (size_t i = 0; i < COMMANDS; i++)
        if (may || !commands[i].changes)
            linear_say(l, "%s%s%s: %s", commands[i].name, *commands[i].arguments != '\0' ? " " : "",
                       commands[i].arguments, commands[i].text);
}

void do_line(struct linear *l, const char *line)
{
    char *text = mem_string(line + strspn(line, " "));
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        text[--len] = '\0';
    const size_t name = strcspn(text, " ");
    const struct command *found = NULL;
    for (size_t i = 0; i < COMMANDS; i++)
        if (strlen(commands[i].name) == name && strncmp(commands[i].name, text, name) == 0)
            found = &commands[i];
    if (l->question.open)
        answer(l, text);
    else if (found != NULL)
        found->run(l, text + name + strspn(text + name, " "));
    else if (*text != '\0')
        linear_say(l, "%.*s is no command; help lists them", (int)name, text);
    free(text);
}

void do_free(struct linear *l)
{
    drop_question(&l->question);
    drop_question(&l->held);
}
