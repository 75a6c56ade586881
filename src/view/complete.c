/* Tab on the command line: as far as all candidates agree, then one after the other. Commands and options
 * come from the program, values from the models. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/command.h"
#include "view/internal.h"
#include "view/words.h"

#define CANDIDATES_MAX 500

void completion_forget(struct completion *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->words[i]);
    free(c->words);
    free(c->text);
    free(c->head);
    free(c->tail);
    *c = (struct completion){0};
}

/* ---- candidates ---- */

struct search {
    struct view *v;
    const char *start; /* what was typed of the word */
};

static void add_word(const struct search *to, const char *text)
{
    struct completion *c = &to->v->command.completion;
    if (strncmp(text, to->start, strlen(to->start)) != 0 || c->count == CANDIDATES_MAX)
        return;
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->words[i], text) == 0)
            return;
    MEM_GROW(c->words, c->count, c->capacity);
    c->words[c->count++] = mem_string(text);
}

static void add_sequences(const struct search *to, const struct model_stage *stage, enum view_word kind)
{
    for (size_t i = 0; i < stage->sequence_count; i++) {
        const struct model_sequence *seq = stage->sequences[i];
        if (kind == VIEW_WORD_RUN)
            add_word(to, seq->context);
        else if (kind == VIEW_WORD_SERVICE && seq->service)
            add_word(to, seq->service);
        else if (kind == VIEW_WORD_SEQUENCE && seq->name)
            add_word(to, seq->name);
    }
}

static void add_of_models(const struct search *to, enum view_word kind)
{
    const struct view *v = to->v;
    for (size_t i = 0; kind == VIEW_WORD_RUN && i < v->waiting_count; i++)
        add_word(to, v->waiting[i].seq->context); /* what waits comes first */
    for (size_t i = 0; i < v->source_count; i++) {
        const struct model *m = v->sources[i]->model;
        for (size_t p = 0; p < model_project_count(m); p++) {
            const struct model_project *project = model_project_at(m, p);
            if (kind == VIEW_WORD_PROJECT)
                add_word(to, project->name);
            for (size_t s = 0; kind != VIEW_WORD_PROJECT && s < project->stage_count; s++) {
                if (kind == VIEW_WORD_STAGE)
                    add_word(to, project->stages[s]->name);
                else
                    add_sequences(to, project->stages[s], kind);
            }
        }
    }
}

static void add_theme(void *arg, const char *name, const char *path)
{
    (void)path;
    add_word(arg, name);
}

static void add_candidate(void *arg, enum view_word kind, const char *text)
{
    struct search *to = arg;
    switch (kind) {
    case VIEW_WORD_TEXT:
        add_word(to, text);
        break;
    case VIEW_WORD_PROJECT:
    case VIEW_WORD_STAGE:
    case VIEW_WORD_SERVICE:
    case VIEW_WORD_SEQUENCE:
    case VIEW_WORD_RUN:
        add_of_models(to, kind);
        break;
    case VIEW_WORD_CONNECTION:
        for (size_t i = 0; i < to->v->source_count; i++)
            add_word(to, to->v->sources[i]->name);
        break;
    case VIEW_WORD_THEME:
        theme_each(to->v->data_directory, add_theme, to);
        break;
    case VIEW_WORD_ACTION:
        for (int i = 1; i < ACTION_COUNT; i++)
            add_word(to, action_name((enum action)i));
        break;
    }
}

/* Words up to the cursor, of which the last one is to be completed. */
static void find_candidates(struct view *v, const struct words *words)
{
    struct search to = {.v = v, .start = words->items[words->count - 1]};
    const struct builtin *b = builtins;
    if (words->count == 1)
        for (; b->name; b++)
            add_word(&to, b->name);
    for (; b->name; b++)
        if (words->count == 2 && b->word >= 0 && strcmp(b->name, words->items[0]) == 0)
            add_candidate(&to, (enum view_word)b->word, NULL);
    if (v->ports.complete)
        v->ports.complete(v->ports.arg, (const char *const *)words->items, words->count, add_candidate, &to);
}

/* ---- the line ---- */

/* Puts a word in place of the one that was being typed. end: a blank behind it. */
static void put_word(struct prompt *p, struct completion *c, const char *word, bool end)
{
    struct buffer line = BUFFER_LIMIT(PROMPT_TEXT_MAX);
    (void)buffer_add_text(&line, c->head); /* a line that gets too long stays as it was */
    if (*word)
        words_quote(word, &line);
    if (end)
        (void)buffer_add_char(&line, ' ');
    const size_t cursor = line.len;
    (void)buffer_add_text(&line, c->tail);
    if (!line.overflow)
        prompt_set_text(p, buffer_text(&line), cursor);
    buffer_free(&line);
    free(c->text);
    c->text = mem_string(prompt_text(p));
}

/* How many bytes all candidates begin with, between two code points. */
static size_t common_length(const struct completion *c)
{
    size_t len = strlen(c->words[0]);
    for (size_t i = 1; i < c->count; i++)
        for (size_t k = 0; k < len; k++)
            if (c->words[i][k] != c->words[0][k])
                len = k;
    while (len > 0 && ((unsigned char)c->words[0][len] & 0xc0) == 0x80)
        len--;
    return len;
}

static void note_candidates(struct view *v, struct prompt *p, const struct completion *c)
{
    const char *text = "";
    size_t i = 0;
    for (; i < c->count && view_width(text) < v->grid.w - 20; i++)
        text = view_printf(v, "%s%s%s", text, i ? "  " : "", view_safe(v, c->words[i]));
    prompt_note(p, false, i < c->count ? view_printf(v, "%s  and %zu more", text, c->count - i) : text);
}

static void first_tab(struct view *v, struct prompt *p)
{
    struct completion *c = &v->command.completion;
    struct words words;
    completion_forget(c);
    c->chosen = CANDIDATES_MAX; /* none yet */
    c->tail = mem_string(prompt_text(p) + p->cursor);
    c->head = mem_string_n(prompt_text(p), p->cursor);
    words_split(c->head, &words);
    if (words.count == 0 || !words.is_open) { /* a word begins here */
        words.last_at = strlen(c->head);
        if (words.count < WORDS_MAX)
            words.items[words.count++] = mem_string("");
    }
    c->head[words.last_at] = '\0';
    find_candidates(v, &words);
    const size_t typed = strlen(words.items[words.count - 1]);
    if (c->count == 0) {
        prompt_note(p, false, "nothing fits here");
        completion_forget(c);
    } else if (c->count == 1) {
        put_word(p, c, c->words[0], true);
        completion_forget(c);
    } else {
        char *common = mem_string_n(c->words[0], common_length(c));
        if (strlen(common) > typed)
            put_word(p, c, common, false);
        else
            c->text = mem_string(prompt_text(p));
        note_candidates(v, p, c);
        free(common);
    }
    words_free(&words);
}

void complete_tab(void *arg, struct prompt *p, bool back)
{
    struct view *v = arg;
    struct completion *c = &v->command.completion;
    if (!c->text || c->count < 2 || strcmp(c->text, prompt_text(p)) != 0) {
        first_tab(v, p);
        return;
    }
    c->chosen = back ? (c->chosen == 0 || c->chosen >= c->count ? c->count - 1 : c->chosen - 1)
                     : (c->chosen >= c->count ? 0 : (c->chosen + 1) % c->count);
    put_word(p, c, c->words[c->chosen], false);
    note_candidates(v, p, c);
}
