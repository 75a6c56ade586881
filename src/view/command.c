/* From a typed line to what it does. A line that changes something on the server asks for a second Enter: a
 * line that was pasted without brackets, or a key that is held, is no confirmation. */
#include "config.h"

#include "view/command.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "view/internal.h"
#include "view/words.h"

#define REPEAT_MS 500 /* an Enter so soon after one that did not count may be the same, held */

/* ---- runs by id ---- */

static bool is_id_of(const struct model_sequence *seq, const char *id)
{
    const char *approval = seq->approval.triggered_id;
    return strncmp(seq->context, id, strlen(id)) == 0 || (approval && strncmp(approval, id, strlen(id)) == 0);
}

/* The better of two runs that an id means: what waits, then what began last. */
static bool is_better(const struct model_sequence *seq, const struct model_sequence *than)
{
    return !than ||
           (than->state != MODEL_WAITING && (seq->state == MODEL_WAITING || seq->since_ns > than->since_ns));
}

/* Looks for runs of a connection whose context, or open approval's id, begins so. */
static void find_in(struct source *source, const char *id, struct pick *found, bool *ambiguous)
{
    const struct model_sequence *seq;
    for (struct model_walk walk = {0}; (seq = model_next_sequence(source->model, &walk));) {
        if (!is_id_of(seq, id))
            continue;
        *ambiguous =
            *ambiguous ||
            (found->seq && (found->source != source || strcmp(found->seq->context, seq->context) != 0));
        if (is_better(seq, found->seq))
            *found = (struct pick){.source = source, .seq = seq};
    }
}

/* In the connection one is in, else in any other. Says why where there is none, or more than one. */
static struct pick find_run(struct view *v, const char *id)
{
    struct pick found = {0};
    struct source *current = view_current_source(v);
    bool ambiguous = false;
    if (current)
        find_in(current, id, &found, &ambiguous);
    for (size_t i = 0; !found.seq && i < v->source_count; i++)
        find_in(v->sources[i], id, &found, &ambiguous);
    if (!found.seq)
        view_say(v, true, "no run here begins with %s: Tab behind the command lists them", id);
    else if (ambiguous)
        view_say(v, true, "%s begins more than one run: type more of it, Tab lists them", id);
    return ambiguous ? (struct pick){0} : found;
}

static bool go_to_run(struct view *v, const char *id)
{
    const struct pick pick = find_run(v, id);
    if (!pick.seq)
        return false;
    if (!view_fits(v, pick)) {
        view_say(v, true, "the filter hides the run %s: Esc on the tree takes the filter away",
                 pick.seq->context);
        return false;
    }
    view_show_screen(v, &tree_screen);
    tree_go_to(v, pick);
    return true;
}

/* ---- words of the dashboard itself ---- */

static bool run_quit(struct view *v, char **words, size_t count)
{
    (void)words;
    (void)count;
    if (v->ports.quit)
        v->ports.quit(v->ports.arg);
    return true;
}

static bool run_log(struct view *v, char **words, size_t count)
{
    (void)words;
    if (count > 1)
        return false; /* of a run: the program's */
    v->messages.scroll = 0;
    view_push_screen(v, &messages_screen);
    return true;
}

static bool run_help(struct view *v, char **words, size_t count)
{
    (void)words;
    if (count > 1)
        return false;
    v->help_scroll = 0;
    view_push_screen(v, &help_screen);
    return true;
}

static bool run_reload(struct view *v, char **words, size_t count)
{
    (void)words;
    (void)count;
    view_reload(v);
    return true;
}

static bool run_theme(struct view *v, char **words, size_t count)
{
    struct error err = ERROR_NONE;
    if (count != 2)
        view_say(v, true, ":theme NAME: Tab shows the names, :themes where they are");
    else if (view_use_theme(v, words[1], &err) == STATUS_OK)
        view_note_theme(v, words[1]);
    else
        view_say(v, true, "%s", err.text);
    return true;
}

static bool run_goto(struct view *v, char **words, size_t count)
{
    if (count != 2)
        view_say(v, true, ":goto ID: the beginning of a run's id; Tab lists them");
    else
        (void)go_to_run(v, words[1]);
    return true;
}

static bool run_connect(struct view *v, char **words, size_t count)
{
    if (count != 2) {
        view_say(v, true, ":connect NAME: one of the connections shown; Tab lists them");
        return true;
    }
    for (size_t i = 0; i < v->source_count; i++) {
        struct source *s = v->sources[i];
        if (strcmp(s->name, words[1]) == 0 || strcmp(source_label(s), words[1]) == 0) {
            view_show_screen(v, &tree_screen);
            tree_go_to_source(v, s);
            return true;
        }
    }
    view_say(v, true, "no connection shown here is called %s: a start with --context %s shows it", words[1],
             words[1]);
    return true;
}

static bool run_context(struct view *v, char **words, size_t count)
{
    static const char *const verbs[] = {"list", "use", "add", "remove"};
    for (size_t i = 0; count > 1 && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(words[1], verbs[i]) == 0)
            return false;
    return run_connect(v, words, count);
}

/* The words again as a line; those with blanks in the quotes that the filter knows. */
static bool run_filter(struct view *v, char **words, size_t count)
{
    const char *text = "";
    for (size_t i = 1; i < count; i++)
        text =
            view_printf(v, strchr(words[i], ' ') ? "%s%s\"%s\"" : "%s%s%s", text, i > 1 ? " " : "", words[i]);
    filtering_set(v, text);
    return true;
}

/* ---- what decides ---- */

/* "approve [ID] [--comment TEXT]" and its like. The box asks, whatever else was typed: there is no --yes.
 * Returns false after having said what is wrong. */
static bool read_decision(struct view *v, char **words, size_t count, const char **id, const char **comment)
{
    *id = *comment = NULL;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(words[i], "--comment") == 0 && i + 1 < count)
            *comment = words[++i];
        else if (strncmp(words[i], "--comment=", 10) == 0)
            *comment = words[i] + 10;
        else if (words[i][0] != '-' && !*id && strcmp(words[i], "sequence") != 0)
            *id = words[i];
        else if (strcmp(words[i], "--yes") != 0 && strcmp(words[i], "sequence") != 0) {
            view_say(v, true, "%s %s: here it is only ID and --comment TEXT; the box asks for the rest",
                     words[0], words[i]);
            return false;
        }
    }
    return true;
}

static void open_box(struct view *v, char **words, size_t count, enum box_kind kind)
{
    const char *id, *comment;
    if (!read_decision(v, words, count, &id, &comment) || (id && !go_to_run(v, id)))
        return;
    box_open(v, kind);
    if (v->box.open && comment)
        (void)buffer_add_text(&v->box.comment, view_safe(v, comment)); /* a longer one is not taken */
}

static bool run_approve(struct view *v, char **words, size_t count)
{
    open_box(v, words, count, BOX_APPROVE);
    return true;
}

static bool run_decline(struct view *v, char **words, size_t count)
{
    open_box(v, words, count, BOX_DECLINE);
    return true;
}

static bool run_pause(struct view *v, char **words, size_t count)
{
    open_box(v, words, count, BOX_PAUSE);
    return true;
}

static bool run_resume(struct view *v, char **words, size_t count)
{
    open_box(v, words, count, BOX_RESUME);
    return true;
}

static bool run_abort(struct view *v, char **words, size_t count)
{
    open_box(v, words, count, BOX_ABORT);
    return true;
}

const struct builtin builtins[] = {
    {"q", run_quit, -1, "leaves drawbridge"},
    {"quit", run_quit, -1, "leaves drawbridge"},
    {"approve", run_approve, VIEW_WORD_RUN, "opens the box that approves"},
    {"decline", run_decline, VIEW_WORD_RUN, "opens the box that declines"},
    {"pause", run_pause, VIEW_WORD_RUN, "opens the box that holds a run"},
    {"resume", run_resume, VIEW_WORD_RUN, "opens the box that lets a run go on"},
    {"abort", run_abort, VIEW_WORD_RUN, "opens the box that aborts a run"},
    {"goto", run_goto, VIEW_WORD_RUN, "goes to a run"},
    {"connect", run_connect, VIEW_WORD_CONNECTION, "goes to a connection"},
    {"context", run_context, VIEW_WORD_CONNECTION, "the same; or list, use, add, remove"},
    {"log", run_log, VIEW_WORD_RUN, "messages so far; with an ID: output of the run's jobs"},
    {"help", run_help, -1, "keys of this screen; with a command: about it"},
    {"filter", run_filter, -1, "shows only what fits; without words: all"},
    {"theme", run_theme, VIEW_WORD_THEME, "another look, at once"},
    {"reload", run_reload, -1, "asks the server for everything again"},
    {NULL, NULL, -1, NULL},
};

/* ---- lines ---- */

/* Not kept in the history, nor shown above the output. */
static bool has_secret(const char *line)
{
    static const char *const words[] = {"secret", "token", "password", "credential"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(line, words[i]))
            return true;
    return false;
}

static void forget_line(struct prompt_history *h, const char *line)
{
    if (h->count > 0 && strcmp(h->lines[h->count - 1], line) == 0)
        free(h->lines[--h->count]);
}

static void open_with_note(struct view *v, const char *line, bool is_error, const char *note)
{
    char *copy = mem_string(line);
    command_open(v, copy);
    prompt_note(&v->prompt, is_error, note);
    free(copy);
}

/* Has this line been asked about, and is this Enter another one? */
static bool is_confirmed(struct view *v, const char *line, const struct source *s)
{
    struct command *c = &v->command;
    const int64_t now_ms = view_now_ms(v);
    const bool same = c->asked && strcmp(c->asked, line) == 0;
    const bool confirmed = same && now_ms - c->asked_ms >= REPEAT_MS;
    if (!confirmed) {
        char *copy = mem_string(line);
        free(c->asked);
        c->asked = copy;
        c->asked_ms = now_ms;
        open_with_note(v, line, false,
                       view_printf(v, "this changes something on %s: Enter again runs it, Esc does not",
                                   view_safe(v, source_label(s))));
        return false;
    }
    free(c->asked);
    c->asked = NULL;
    return true;
}

static void run_program(struct view *v, const char *line, const struct words *words)
{
    struct error err = ERROR_NONE;
    const struct source *s = view_current_source(v);
    const char *const *items = (const char *const *)words->items;
    bool changes = false;
    if (!v->ports.check || !s) {
        view_say(v, true, "there is no connection yet that a command could use");
        return;
    }
    if (v->ports.check(v->ports.arg, s->number, items, words->count, &changes, &err) != STATUS_OK) {
        view_say(v, true, "%s", err.text);
        return;
    }
    if (changes && (!view_may_change(v, s) || !is_confirmed(v, line, s)))
        return;
    output_run(v, items, words->count, has_secret(line) ? words->items[0] : line);
}

static void run_line(struct view *v, const char *line)
{
    struct words words;
    words_split(line, &words);
    if (words.quote) {
        open_with_note(v, line, true,
                       words.quote == '\\' ? "nothing stands behind the backslash at the end"
                                           : "a quotation mark is not closed");
    } else if (words.count > 0) {
        const struct builtin *b = builtins;
        while (b->name && strcmp(b->name, words.items[0]) != 0)
            b++;
        if (!b->name || !b->run(v, words.items, words.count))
            run_program(v, line, &words);
    }
    words_free(&words);
}

static void on_done(void *arg, struct prompt *p, bool kept)
{
    struct view *v = arg;
    completion_forget(&v->command.completion);
    if (!kept) {
        free(v->command.asked);
        v->command.asked = NULL;
        return;
    }
    char *line = mem_string(prompt_text(p));
    if (has_secret(line))
        forget_line(&v->command.history, line);
    run_line(v, line);
    free(line);
}

void command_open(struct view *v, const char *text)
{
    static const struct prompt_ops ops = {.sign = ":", .on_done = on_done, .on_tab = complete_tab};
    prompt_open(&v->prompt, &ops, v, &v->command.history, text);
}

void command_free(struct view *v)
{
    history_free(&v->command.history);
    completion_forget(&v->command.completion);
    free(v->command.asked);
}
