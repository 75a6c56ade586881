#include "config.h"

#include "view/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

/* ---- addresses in texts ---- */

/* Nothing else: an address that is shown is the one that is copied, and no other that looks like it. */
static size_t address_length(const char *text)
{
    static const char stops[] = " \"'<>\\^`{|}";
    size_t len = 0;
    while (text[len] > ' ' && text[len] < 0x7f && !strchr(stops, text[len]) && len < LINK_BYTES_MAX)
        len++;
    while (len > 0 && strchr(".,;:!?)]", text[len - 1]))
        len--; /* of the sentence around it */
    return len;
}

const char *link_find(const char *raw, size_t *len)
{
    static const char *const schemes[] = {"https://", "http://"};
    const char *first = NULL;
    for (size_t i = 0; i < 2; i++) {
        const size_t scheme_len = strlen(schemes[i]);
        for (const char *at = raw; (at = strstr(at, schemes[i])) != NULL; at += scheme_len) {
            const size_t found = address_length(at);
            if (found > scheme_len && (!first || at < first)) {
                first = at;
                *len = found;
                break;
            }
        }
    }
    return first;
}

static void add_of_text(struct links *l, const char *name, const char *raw)
{
    size_t len = 0;
    for (const char *at = raw; at && (at = link_find(at, &len)) != NULL; at += len) {
        bool known = l->list.count == LINKS_MAX;
        for (size_t i = 0; i < l->list.count && !known; i++)
            known = strlen(l->urls[i]) == len && strncmp(l->urls[i], at, len) == 0;
        if (known)
            continue;
        l->names[l->list.count] = mem_string(name);
        l->urls[l->list.count++] = mem_string_n(at, len);
    }
}

static void collect(struct links *l, const struct model_sequence *seq)
{
    for (uint32_t i = 0; i < seq->label_count; i++)
        add_of_text(l, seq->labels[i].key, seq->labels[i].value);
    add_of_text(l, "triggered by", seq->triggered_by);
    add_of_text(l, "message", seq->message);
    for (uint32_t i = 0; i < seq->decision_count; i++)
        add_of_text(l, "comment", seq->decisions[i].comment);
    for (uint32_t t = 0; t < seq->task_count; t++) {
        const struct model_task *task = &seq->tasks[t];
        add_of_text(l, task->name, task->message);
        for (uint32_t e = 0; e < task->executor_count; e++) {
            add_of_text(l, task->name, task->executors[e].message);
            add_of_text(l, task->name, task->executors[e].source);
        }
    }
}

/* ---- copying ---- */

void links_copy(struct view *v, const char *text)
{
    const char *safe = view_safe(v, text);
    if (!v->settings->clipboard)
        view_say(v, false, "%s: to copy it, set clipboard: true in the settings", safe);
    else if (view_copy(v, safe))
        view_say(v, false, "copied %s", safe);
    else
        view_say(v, false, "%s: this terminal has no clipboard that it could be copied to", safe);
}

/* ---- the screen ---- */

static const struct list_column columns[] = {
    {.name = "where", .least = 8, .most = 24},
    {.name = "link", .least = 12, .most = 400, .primary = true},
};

static struct list_key key(const struct view *v, size_t row)
{
    return (struct list_key){.number = row, .text = v->links.urls[row]};
}

static void cell(struct view *v, size_t row, size_t column, struct list_cell *out)
{
    const struct links *l = &v->links;
    out->text = view_safe(v, column == 0 ? l->names[row] : l->urls[row]);
    out->role = column == 0 ? ROLE_DIM : ROLE_TEXT;
}

static const struct settings_list *wanted(const struct settings *s)
{
    static const struct settings_list none;
    (void)s;
    return &none;
}

static const struct list_ops ops = {
    .columns = columns, .column_count = 2, .wanted = wanted, .key = key, .cell = cell};

void links_free(struct links *l)
{
    for (size_t i = 0; i < l->list.count; i++) {
        free(l->names[i]);
        free(l->urls[i]);
    }
    free(l->what);
    list_free(&l->list);
    *l = (struct links){0};
}

void links_open(struct view *v, struct pick pick)
{
    struct links *l = &v->links;
    if (!pick.seq) {
        view_say(v, false, "pick a sequence: links are those of a run");
        return;
    }
    links_free(l);
    collect(l, pick.seq);
    if (l->list.count == 0) {
        view_say(v, false, "no label, source or message of this run has a link");
        return;
    }
    l->what = mem_printf("%s %s", pick.seq->service, pick.seq->version ? pick.seq->version : "");
    list_place(v, &l->list, &ops, l->list.count);
    view_push_screen(v, &links_screen);
}

static void draw(struct view *v, struct rect area)
{
    list_draw(v, &v->links.list, &ops, area, "no links");
}

static unsigned act(struct view *v, enum action action)
{
    struct links *l = &v->links;
    if (list_act(v, &l->list, &ops, action))
        return VIEW_KEY_USED;
    switch (action) {
    case ACTION_OPEN:
    case ACTION_COPY:
        links_copy(v, l->urls[l->list.cursor]);
        return VIEW_KEY_USED;
    case ACTION_LINKS:
    case ACTION_LEFT:
        return VIEW_KEY_USED | VIEW_KEY_BACK;
    default:
        return 0;
    }
}

static const char *title(struct view *v)
{
    return view_printf(v, "links of %s", view_safe(v, v->links.what));
}

static bool click(struct view *v, int x, int y)
{
    (void)x;
    return list_click(v, &v->links.list, &ops, y);
}

static const struct hint hints[] = {{ACTION_COPY, "copy", NULL},
                                    {ACTION_OPEN, "copy", NULL},
                                    {.action = ACTION_HELP},
                                    {.action = ACTION_QUIT},
                                    {.action = ACTION_NONE}};
static const struct own_action own[] = {
    {ACTION_UP, NULL},  {ACTION_DOWN, NULL},   {ACTION_PAGE_UP, NULL},           {ACTION_PAGE_DOWN, NULL},
    {ACTION_TOP, NULL}, {ACTION_BOTTOM, NULL}, {ACTION_OPEN, "copies the link"}, {ACTION_NONE, NULL}};
const struct view_ops links_screen = {
    .name = "links", .draw = draw, .act = act, .keys = hints, .own = own, .title = title, .click = click};
