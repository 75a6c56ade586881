/* The stream as it comes, newest last. Only what is on the screen is decoded, and what the filter must look
 * at.
 */
#include "config.h"

#include "view/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "view/internal.h"

static const struct list_column columns[EVENT_COLUMNS] = {
    [EVENT_TIME] = {.name = "time", .least = 8, .most = 19, .rank = 4},
    [EVENT_CONNECTION] = {.name = "connection", .least = 6, .most = 16, .rank = 5, .of_several = true},
    [EVENT_PROJECT] = {.name = "project", .least = 8, .most = 20, .rank = 6},
    [EVENT_NAME] = {.name = "event", .least = 28, .most = 44, .primary = true},
    [EVENT_STAGE] = {.name = "stage", .least = 10, .most = 16, .rank = 2},
    [EVENT_SERVICE] = {.name = "service", .least = 8, .most = 24, .rank = 1},
    [EVENT_SOURCE] = {.name = "source", .least = 12, .most = 24, .rank = 7},
    [EVENT_RESULT] = {.name = "result", .least = 6, .most = 9, .rank = 3},
    [EVENT_RUN] = {.name = "run", .least = 8, .most = 8, .rank = 8, .on_demand = true},
};

static const struct ring_row *at(const struct view *v, size_t row)
{
    return &v->events.ring.rows[v->events.rows[row]];
}

static const struct settings_list *wanted(const struct settings *s)
{
    return &s->columns.events;
}

static struct list_key key(const struct view *v, size_t row)
{
    return (struct list_key){.number = at(v, row)->serial};
}

/* ---- what an event tells ---- */

const struct event *events_decoded(struct view *v, const struct ring *ring, const struct ring_row *row)
{
    struct events *e = &v->events;
    if (e->decoded_serial == row->serial && e->decoded_of == ring)
        return &e->decoded;
    e->decoded_serial = 0;
    if (event_decode(ring_text(ring, row), row->len, EVENT_FORM_COMPLETE, &e->decoded, NULL) != STATUS_OK)
        return NULL; /* it was decoded before it was stored */
    e->decoded_serial = row->serial;
    e->decoded_of = ring;
    return &e->decoded;
}

const char *events_name(struct view *v, const struct event *ev)
{
    static const char *const common[] = {"sh.keptn.event.", "sh.keptn.", "sh.drawbridge."};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (strncmp(ev->type, common[i], strlen(common[i])) == 0)
            return view_safe(v, ev->type + strlen(common[i]));
    return view_safe(v, ev->type);
}

void events_cell(struct view *v, const struct ring *ring, const struct ring_row *row, size_t column,
                 struct list_cell *out)
{
    const struct event *ev = events_decoded(v, ring, row);
    if (!ev)
        return;
    v->clock = v->sources[row->source];
    switch ((enum event_column)column) {
    case EVENT_TIME:
        out->text = view_time(v, ev->time_ns);
        out->role = ROLE_DIM;
        break;
    case EVENT_CONNECTION:
        out->text = view_safe(v, source_label(v->clock));
        out->role = source_role(v->clock);
        break;
    case EVENT_PROJECT:
        out->text = view_safe(v, ev->project);
        break;
    case EVENT_NAME:
        out->text = events_name(v, ev);
        break;
    case EVENT_STAGE:
        out->text = view_safe(v, ev->stage);
        break;
    case EVENT_SERVICE:
        out->text = view_safe(v, ev->service);
        break;
    case EVENT_SOURCE:
        out->text = ev->decidedby ? view_safe(v, ev->decidedby) : view_source_name(v, ev->source);
        out->role = ROLE_DIM;
        break;
    case EVENT_RESULT:
        out->text = ev->parsed_type.kind == EVENT_KIND_FINISHED ? view_safe(v, ev->result) : "";
        out->role = view_result_role(ev->result);
        break;
    case EVENT_RUN:
        out->text = view_printf(v, "%.8s", view_safe(v, ev->context));
        break;
    case EVENT_COLUMNS:
        break;
    }
}

/* ---- the filter ---- */

static void add_labels(struct view *v, const cJSON *data, struct filter_row *row)
{
    const cJSON *labels = json_get(data, "labels"), *label;
    const size_t count = (size_t)cJSON_GetArraySize(labels);
    struct model_label *list = arena_alloc(&v->arena, (count + 1) * sizeof *list);
    cJSON_ArrayForEach(label, labels)
    {
        if (cJSON_IsString(label) && label->string)
            list[row->label_count++] =
                (struct model_label){.key = label->string, .value = label->valuestring};
    }
    row->labels = list;
}

static bool fits(struct view *v, const struct ring_row *at_row)
{
    const struct source *s = v->sources[at_row->source];
    const struct event *ev = filtering_is_on(v) ? events_decoded(v, &v->events.ring, at_row) : NULL;
    if (!ev)
        return true;
    const bool sequence = ev->parsed_type.class == EVENT_CLASS_SEQUENCE;
    const bool task = ev->parsed_type.class == EVENT_CLASS_TASK;
    const char *image = event_image(ev->data);
    struct filter_row row = {.texts = {[FILTER_PROJECT] = {ev->project},
                                       [FILTER_STAGE] = {sequence ? ev->parsed_type.stage : ev->stage},
                                       [FILTER_SERVICE] = {ev->service},
                                       [FILTER_SEQUENCE] = {sequence ? ev->parsed_type.name : NULL},
                                       [FILTER_TASK] = {task ? ev->parsed_type.name : NULL},
                                       [FILTER_CONTEXT] = {s->name, s->label},
                                       [FILTER_RUN] = {ev->context},
                                       [FILTER_VERSION] = {image ? event_image_tag(image) : NULL},
                                       [FILTER_BY] = {view_source_name(v, ev->source), ev->decidedby},
                                       [FILTER_TYPE] = {ev->type, events_name(v, ev)},
                                       [FILTER_RESULT] = {ev->result}},
                             .other = ev->message,
                             .since_ns = ev->time_ns};
    add_labels(v, ev->data, &row);
    return view_fits_row(v, s, &row);
}

/* ---- rows ---- */

static void sync_rows(struct view *v)
{
    struct events *e = &v->events;
    if (e->built && e->serial == e->ring.serial && e->revision == v->revision)
        return;
    size_t count = 0;
    if (!e->built)
        e->list.follows = true;
    for (size_t i = 0; i < e->ring.count; i++) {
        if (e->held && e->ring.rows[i].serial > e->held_serial)
            continue;
        if (!fits(v, &e->ring.rows[i]))
            continue;
        MEM_GROW(e->rows, count, e->capacity);
        e->rows[count++] = (uint32_t)i;
    }
    e->built = true;
    e->serial = e->ring.serial;
    e->revision = v->revision;
    list_place(v, &e->list, &events_list, count);
}

void events_free(struct events *e)
{
    ring_clear(&e->ring);
    list_free(&e->list);
    free(e->rows);
    event_free(&e->decoded);
}

void view_event(struct view *v, size_t source, const struct event *ev, const char *text, size_t len)
{
    if (v->closing)
        return;
    ring_add(&v->events.ring, source, ev, text, len);
    run_events_add(v, v->sources[source], ev, text, len);
}

/* ---- the screen ---- */

static void cell(struct view *v, size_t row, size_t column, struct list_cell *out)
{
    events_cell(v, &v->events.ring, at(v, row), column, out);
}

const struct list_ops events_list = {.columns = columns,
                                     .column_count = EVENT_COLUMNS,
                                     .wanted = wanted,
                                     .key = key,
                                     .cell = cell,
                                     .grows = true};

static void draw(struct view *v, struct rect area)
{
    list_draw(v, &v->events.list, &events_list, area,
              v->events.ring.count > 0 ? "no event fits the filter" : "no event has come yet");
}

static const char *title(struct view *v)
{
    const struct events *e = &v->events;
    const char *dot = view_glyph(v, GLYPH_DOT), *text;
    if (filtering_is_on(v))
        text = view_printf(v, "events  %zu of %zu fit", e->list.count, e->ring.count);
    else
        text = view_printf(v, "events  %zu", e->list.count);
    if (e->held)
        text = view_printf(v, "%s %s held, %llu more came", text, dot,
                           (unsigned long long)(e->ring.serial - e->held_serial));
    if (e->ring.trimmed > 0)
        text = view_printf(v, "%s %s %llu older not kept", text, dot, (unsigned long long)e->ring.trimmed);
    return text;
}

static void hold(struct view *v)
{
    struct events *e = &v->events;
    e->held = !e->held;
    e->held_serial = e->ring.serial;
    e->built = false;
    const bool follows = e->list.follows;
    sync_rows(v);
    e->list.follows = follows;
}

static void open_json(struct view *v, const struct ring_row *row)
{
    const struct ring *ring = &v->events.ring;
    json_view_set(&v->json, ring_text(ring, row), row->len);
    view_push_screen(v, &event_screen);
    if (row->full_len > row->len)
        view_say(v, false, "this event has %u bytes, only its head was kept: e asks the server for all of it",
                 (unsigned)row->full_len);
}

static void open_run(struct view *v, const struct ring_row *row)
{
    const struct event *ev = events_decoded(v, &v->events.ring, row);
    if (ev && ev->context && ev->project)
        run_events_open(v, v->sources[row->source], ev->project, ev->context);
    else
        view_say(v, false, "this event is of no run");
}

static unsigned act(struct view *v, enum action action)
{
    struct list *l = &v->events.list;
    if (action == ACTION_MARK) {
        hold(v);
        return VIEW_KEY_USED;
    }
    if (action == ACTION_LEFT)
        return VIEW_KEY_USED | VIEW_KEY_BACK;
    if (l->count == 0)
        return 0;
    if (list_act(v, l, &events_list, action))
        return VIEW_KEY_USED;
    switch (action) {
    case ACTION_OPEN:
    case ACTION_RIGHT:
        open_json(v, at(v, l->cursor));
        return VIEW_KEY_USED;
    case ACTION_RAW_EVENT:
        open_run(v, at(v, l->cursor));
        return VIEW_KEY_USED;
    default:
        return 0;
    }
}

static bool click(struct view *v, int x, int y)
{
    (void)x;
    return list_click(v, &v->events.list, &events_list, y);
}

/* A list that moves by itself selects nothing that could be decided about. */
static struct pick nothing(const struct view *v)
{
    (void)v;
    return (struct pick){0};
}

static const struct hint hints[] = {{ACTION_MARK, "hold", NULL},     {ACTION_OPEN, "the event", NULL},
                                    {.action = ACTION_RAW_EVENT},    {.action = ACTION_FILTER},
                                    {ACTION_BOTTOM, "follow", NULL}, {.action = ACTION_HELP},
                                    {.action = ACTION_QUIT},         {.action = ACTION_NONE}};
static const struct own_action own[] = {{ACTION_UP, NULL},
                                        {ACTION_DOWN, NULL},
                                        {ACTION_PAGE_UP, NULL},
                                        {ACTION_PAGE_DOWN, NULL},
                                        {ACTION_TOP, NULL},
                                        {ACTION_BOTTOM, "to the newest, and follows what comes"},
                                        {ACTION_OPEN, "opens the event, as indented JSON"},
                                        {ACTION_MARK, "holds the list, and lets it go on"},
                                        {ACTION_NONE, NULL}};
const struct view_ops events_screen = {.name = "events",
                                       .draw = draw,
                                       .act = act,
                                       .selected = nothing,
                                       .keys = hints,
                                       .own = own,
                                       .title = title,
                                       .sync = sync_rows,
                                       .click = click};

/* ---- one event ---- */

static void draw_event(struct view *v, struct rect area)
{
    const int pad = area.w > 4 ? 1 : 0;
    json_view_draw(v, &v->json,
                   (struct rect){.x = area.x + pad, .y = area.y, .w = area.w - 2 * pad, .h = area.h});
}

static const char *event_title(struct view *v)
{
    return view_printf(v, "event  line %zu of %zu", v->json.lines ? v->json.top + 1 : 0, v->json.lines);
}

static unsigned act_event(struct view *v, enum action action)
{
    return json_view_act(&v->json, action) ? VIEW_KEY_USED : 0;
}

static const struct hint event_hints[] = {{ACTION_UP, "scroll", "arrows"},
                                          {.action = ACTION_HELP},
                                          {.action = ACTION_QUIT},
                                          {.action = ACTION_NONE}};
static const struct own_action event_own[] = {{ACTION_UP, NULL},
                                              {ACTION_DOWN, NULL},
                                              {ACTION_LEFT, "to the left of long lines"},
                                              {ACTION_RIGHT, "to the right of long lines"},
                                              {ACTION_PAGE_UP, NULL},
                                              {ACTION_PAGE_DOWN, NULL},
                                              {ACTION_TOP, NULL},
                                              {ACTION_BOTTOM, NULL},
                                              {ACTION_NONE, NULL}};
const struct view_ops event_screen = {.name = "event",
                                      .draw = draw_event,
                                      .act = act_event,
                                      .keys = event_hints,
                                      .own = event_own,
                                      .title = event_title};
