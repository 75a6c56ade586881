/* All events of one run, with the one under the cursor as JSON below. What came over the stream is there at
 * once; the server is asked for the rest. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "view/internal.h"

#define LIST_TITLED 4    /* events from which on the list has titles */
#define LIST_LEAST  3    /* lines */
#define LIST_MOST   12   /* lines; the JSON needs the others */
#define ASKED_MOST  1000 /* events of the server's answers at most */

static const struct list_column columns[EVENT_COLUMNS] = {
    [EVENT_TIME] = {.name = "time", .least = 14, .most = 19, .rank = 2},
    [EVENT_CONNECTION] = {.name = "connection", .least = 6, .most = 16, .on_demand = true},
    [EVENT_PROJECT] = {.name = "project", .least = 6, .most = 20, .on_demand = true},
    [EVENT_NAME] = {.name = "event", .least = 24, .most = 44, .primary = true},
    [EVENT_STAGE] = {.name = "stage", .least = 10, .most = 20, .rank = 3},
    [EVENT_SERVICE] = {.name = "service", .least = 6, .most = 24, .on_demand = true},
    [EVENT_SOURCE] = {.name = "source", .least = 12, .most = 40, .rank = 4},
    [EVENT_RESULT] = {.name = "result", .least = 6, .most = 9, .rank = 1},
    [EVENT_RUN] = {.name = "run", .least = 8, .most = 8, .on_demand = true},
};

static const struct settings_list *wanted(const struct settings *s)
{
    static const struct settings_list all = {0};
    (void)s;
    return &all;
}

static struct list_key key(const struct view *v, size_t row)
{
    return (struct list_key){.number = v->run_events.ring.rows[row].serial};
}

static void cell(struct view *v, size_t row, size_t column, struct list_cell *out)
{
    const struct run_events *r = &v->run_events;
    events_cell(v, &r->ring, &r->ring.rows[row], column, out);
}

static const struct list_ops list_ops = {.columns = columns,
                                         .column_count = EVENT_COLUMNS,
                                         .wanted = wanted,
                                         .key = key,
                                         .cell = cell,
                                         .grows = true};

static void sync_rows(struct view *v)
{
    struct run_events *r = &v->run_events;
    if (r->serial == r->ring.serial && r->list.count == r->ring.count)
        return;
    r->serial = r->ring.serial;
    list_place(v, &r->list, &list_ops, r->ring.count);
}

/* ---- what is shown ---- */

void run_events_free(struct run_events *r)
{
    free(r->project);
    free(r->stage);
    free(r->context);
    free(r->sequence);
    free(r->service);
    free(r->why);
    ring_clear(&r->ring);
    list_free(&r->list);
    json_view_free(&r->json);
    *r = (struct run_events){0};
}

void run_events_tidy(struct view *v)
{
    bool shown = false;
    for (size_t i = 0; i < v->screen_count; i++)
        shown = shown || v->screens[i] == &run_events_screen;
    if (shown || !v->run_events.source)
        return;
    if (v->events.decoded_of == &v->run_events.ring)
        v->events.decoded_serial = 0;
    run_events_free(&v->run_events);
}

void run_events_add(struct view *v, const struct source *source, const struct event *ev, const char *text,
                    size_t len)
{
    struct run_events *r = &v->run_events;
    if (r->source == source && ev->context && strcmp(ev->context, r->context) == 0)
        ring_add(&r->ring, source->number, ev, text, len);
}

/* What came over the stream. */
static void take_from_stream(struct view *v)
{
    const struct ring *ring = &v->events.ring;
    for (size_t i = 0; i < ring->count; i++) {
        const struct ring_row *row = &ring->rows[i];
        const struct event *ev = events_decoded(v, ring, row);
        if (ev && row->full_len == row->len)
            run_events_add(v, v->sources[row->source], ev, ring_text(ring, row), row->len);
    }
}

/* Which sequence of the run is meant: what can be decided about from here. */
static void take_sequence(struct run_events *r, const struct model_sequence *seq)
{
    r->stage = mem_string(seq->stage->name);
    r->sequence = mem_string(seq->name);
    r->service = mem_string(seq->service);
}

void run_events_open(struct view *v, struct source *source, const char *project, const char *context)
{
    struct run_events *r = &v->run_events;
    const struct pick pick = view_selected(v);
    char *own_project = mem_string(project), *own_context = mem_string(context);
    if (v->events.decoded_of == &r->ring)
        v->events.decoded_serial = 0;
    run_events_free(r);
    r->source = source;
    r->project = own_project;
    r->context = own_context;
    r->ring.limit = RUN_KEEP;
    r->list.follows = true;
    if (pick.seq && pick.source == source && strcmp(pick.seq->context, r->context) == 0)
        take_sequence(r, pick.seq);
    take_from_stream(v);
    const struct view_query query = {.kind = VIEW_QUERY_EVENTS, .project = r->project, .context = r->context};
    if (!view_ask(v, source, &query, &r->ticket))
        r->why = mem_string("there is no server to ask");
    view_push_screen(v, &run_events_screen);
    sync_rows(v);
}

static void take_answer(struct view *v, const struct view_answer *answer)
{
    struct run_events *r = &v->run_events;
    struct event ev = {0};
    size_t at = 0, start = 0, size = 0;
    if (json_check(answer->body, answer->len, NULL) != STATUS_OK) {
        r->why = mem_string("its answer is no JSON");
        return;
    }
    r->came = !answer->more;
    r->partly = true;
    for (size_t n = 0;
         n < ASKED_MOST && json_next_element(answer->body, answer->len, "events", &at, &start, &size); n++) {
        const char *text = answer->body + start;
        if (event_decode(text, size, EVENT_FORM_COMPLETE, &ev, NULL) == STATUS_OK)
            run_events_add(v, r->source, &ev, text, size);
    }
    event_free(&ev);
}

bool run_events_fetched(struct view *v, uint64_t ticket, const struct view_answer *answer)
{
    struct run_events *r = &v->run_events;
    if (ticket == 0 || ticket != r->ticket)
        return false;
    r->ticket = answer->came && answer->more ? ticket : 0;
    if (answer->came)
        take_answer(v, answer);
    else
        r->why = mem_string(answer->why);
    view_model_changed(v);
    return true;
}

/* ---- the screen ---- */

static const struct ring_row *current(const struct run_events *r)
{
    return r->list.cursor < r->ring.count ? &r->ring.rows[r->list.cursor] : NULL;
}

static void draw_json(struct view *v, struct rect area)
{
    struct run_events *r = &v->run_events;
    const struct ring_row *row = current(r);
    const int pad = area.w > 4 ? 1 : 0;
    if (!row || area.h < 2)
        return;
    draw_horizontal(v, area.x, area.y, area.w);
    json_view_set(&r->json, ring_text(&r->ring, row), row->len);
    json_view_draw(v, &r->json,
                   (struct rect){.x = area.x + pad, .y = area.y + 1, .w = area.w - 2 * pad, .h = area.h - 1});
}

static void draw(struct view *v, struct rect area)
{
    struct run_events *r = &v->run_events;
    const char *empty = r->why ? "no events are known here" : "asking the server for the events of this run";
    int list_h = (int)r->ring.count + (r->ring.count >= LIST_TITLED ? 1 : 0);
    list_h = list_h > LIST_MOST ? LIST_MOST : list_h;
    list_h = list_h > area.h * 2 / 5 ? area.h * 2 / 5 : list_h;
    list_h = list_h < LIST_LEAST ? LIST_LEAST : list_h;
    list_h = list_h > area.h ? area.h : list_h;
    list_draw(v, &r->list, &list_ops, (struct rect){.x = area.x, .y = area.y, .w = area.w, .h = list_h},
              empty);
    draw_json(v, (struct rect){.x = area.x, .y = area.y + list_h, .w = area.w, .h = area.h - list_h});
    event_free(&v->events.decoded); /* a long one needs much room */
    v->events.decoded_serial = 0;
}

static const char *title(struct view *v)
{
    const struct run_events *r = &v->run_events;
    const char *of = r->service ? view_printf(v, " of %s", view_safe(v, r->service)) : "";
    const char *text =
        view_printf(v, "events of run %.8s%s  %zu", view_safe(v, r->context), of, r->ring.count);
    if (r->why)
        return view_printf(v, "%s, %s: %s", text,
                           r->partly ? "the server told only a part" : "from the stream alone",
                           view_safe(v, r->why));
    if (!r->came)
        return view_printf(v, "%s, asking the server", text);
    return r->ring.count < ASKED_MOST ? text : view_printf(v, "%s, the server may have more", text);
}

static struct pick selected(const struct view *v)
{
    const struct run_events *r = &v->run_events;
    const struct model_sequence *seq =
        r->source && r->sequence
            ? model_find_sequence(r->source->model, r->context, r->project, r->stage, r->sequence)
            : NULL;
    return seq ? (struct pick){.source = r->source, .seq = seq} : (struct pick){0};
}

static void open_json(struct view *v)
{
    const struct run_events *r = &v->run_events;
    const struct ring_row *row = current(r);
    if (!row)
        return;
    json_view_set(&v->json, ring_text(&r->ring, row), row->len);
    view_push_screen(v, &event_screen);
}

static unsigned act(struct view *v, enum action action)
{
    struct run_events *r = &v->run_events;
    if (r->list.count == 0)
        return 0;
    switch (action) {
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
    case ACTION_LEFT:
    case ACTION_RIGHT:
        (void)json_view_act(&r->json, action);
        return VIEW_KEY_USED;
    case ACTION_OPEN:
        open_json(v);
        return VIEW_KEY_USED;
    case ACTION_RAW_EVENT:
        return VIEW_KEY_USED | VIEW_KEY_BACK;
    default:
        return list_act(v, &r->list, &list_ops, action) ? VIEW_KEY_USED : 0;
    }
}

static bool click(struct view *v, int x, int y)
{
    (void)x;
    return list_click(v, &v->run_events.list, &list_ops, y);
}

static const struct hint hints[] = {{ACTION_UP, "event", "arrows"},
                                    {ACTION_PAGE_DOWN, "scroll", NULL},
                                    {ACTION_OPEN, "whole screen", NULL},
                                    {.action = ACTION_HELP},
                                    {.action = ACTION_QUIT},
                                    {.action = ACTION_NONE}};
static const struct own_action own[] = {{ACTION_UP, "the event before"},
                                        {ACTION_DOWN, "the next event"},
                                        {ACTION_LEFT, "to the left of long lines"},
                                        {ACTION_RIGHT, "to the right of long lines"},
                                        {ACTION_PAGE_UP, "scrolls the event up"},
                                        {ACTION_PAGE_DOWN, "scrolls the event down"},
                                        {ACTION_TOP, NULL},
                                        {ACTION_BOTTOM, NULL},
                                        {ACTION_OPEN, "the event on a screen of its own"},
                                        {ACTION_NONE, NULL}};
const struct view_ops run_events_screen = {.name = "raw event",
                                           .draw = draw,
                                           .act = act,
                                           .selected = selected,
                                           .keys = hints,
                                           .own = own,
                                           .title = title,
                                           .sync = sync_rows,
                                           .click = click};
