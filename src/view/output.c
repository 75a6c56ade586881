/* The pane with a command's output: it follows while it grows. The way back ends the command; another
 * screen by its number does not. */
#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "view/command.h"
#include "view/internal.h"

#define FAILURE_LINES 4
#define MARGIN_CELLS  2    /* of the pane, at both sides together */
#define TABLE_MS      2000 /* what has ended so soon is read from its top; what ran longer, from its end */

void output_stop(struct view *v)
{
    struct output *o = &v->output;
    if (o->running && v->ports.stop)
        v->ports.stop(v->ports.arg, o->ticket);
    o->running = false;
}

void output_free(struct output *o)
{
    pager_free(&o->pager);
    free(o->title);
    free(o->how);
    *o = (struct output){0};
}

void output_run(struct view *v, const char *const *words, size_t count, const char *title)
{
    struct error err = ERROR_NONE;
    const struct source *s = view_current_source(v);
    if (!v->ports.run || !s) {
        view_say(v, true, "there is no connection yet that a command could use");
        return;
    }
    output_stop(v);
    output_free(&v->output);
    v->output.ticket = ++v->tickets;
    const int columns = v->grid.w > MARGIN_CELLS ? v->grid.w - MARGIN_CELLS : 1;
    if (v->ports.run(v->ports.arg, s->number, words, count, columns, v->output.ticket, &err) != STATUS_OK) {
        v->output.ticket = 0;
        view_say(v, true, "%s", err.text);
        return;
    }
    v->output.title = mem_printf("%s%s%s", title, v->source_count > 1 ? " @ " : "",
                                 v->source_count > 1 ? source_label(s) : "");
    v->output.running = true;
    v->output.started_ms = view_now_ms(v);
    view_push_screen(v, &output_screen);
}

void view_output(struct view *v, uint64_t ticket, const char *bytes, size_t len)
{
    if (v->closing || ticket != v->output.ticket)
        return;
    pager_add(&v->output.pager, bytes, len);
    view_model_changed(v);
}

void view_command_ended(struct view *v, uint64_t ticket, bool failed, const char *how)
{
    struct output *o = &v->output;
    if (v->closing || ticket != o->ticket)
        return;
    o->running = false;
    o->failed = failed;
    if (!o->touched && view_now_ms(v) - o->started_ms < TABLE_MS)
        (void)pager_act(&o->pager, ACTION_TOP);
    free(o->how);
    o->how = mem_string(how);
    if (view_top_screen(v) != &output_screen) /* something else has been opened over it */
        view_say(v, failed, "%s: %s", o->title, how);
    view_model_changed(v);
}

/* ---- the screen ---- */

/* The last line, broken, where a command failed and the pane cuts it: it says why. Returns its lines. */
static size_t failure_lines(struct view *v, struct rect area, const char *lines[FAILURE_LINES])
{
    const struct output *o = &v->output;
    const char *text = buffer_text(&o->pager.text);
    size_t end = o->pager.text.len, start;
    if (!o->failed || o->running || area.h < 2 * FAILURE_LINES)
        return 0;
    while (end > 0 && text[end - 1] == '\n')
        end--;
    for (start = end; start > 0 && text[start - 1] != '\n';)
        start--;
    const char *line = view_plain_line(v, text + start, end - start);
    return view_width(line) <= area.w ? 0 : view_wrap(v, line, area.w, lines, FAILURE_LINES);
}

static void output_draw(struct view *v, struct rect area)
{
    struct output *o = &v->output;
    const char *failure[FAILURE_LINES];
    struct rect body = {.x = area.x + 1, .y = area.y, .w = area.w - MARGIN_CELLS, .h = area.h - 1};
    const struct rect foot = {.x = body.x, .y = area.y + area.h - 1, .w = body.w, .h = 1};
    if (body.w <= 0)
        return;
    const size_t told = failure_lines(v, body, failure);
    body.h -= (int)told;
    for (size_t i = 0; i < told; i++)
        (void)draw_cut(v, area, body.x, body.y + body.h + (int)i, ROLE_FAILED, failure[i]);
    pager_draw(v, &o->pager, body);
    if (o->running)
        (void)draw_cut(v, foot, foot.x, foot.y, ROLE_RUNNING, "running; q ends it");
    else
        (void)draw_cut(v, foot, foot.x, foot.y, o->failed ? ROLE_FAILED : ROLE_DIM,
                       view_safe(v, o->how ? o->how : ""));
}

static unsigned output_act(struct view *v, enum action action)
{
    if (action == ACTION_BACK || action == ACTION_QUIT) {
        output_stop(v);
        return VIEW_KEY_USED | VIEW_KEY_BACK;
    }
    if (!pager_act(&v->output.pager, action))
        return 0;
    v->output.touched = true;
    return VIEW_KEY_USED;
}

static const char *output_title(struct view *v)
{
    const struct output *o = &v->output;
    return view_printf(v, ":%s%s", view_safe(v, o->title), o->pager.scroll > 0 ? "  End: to its end" : "");
}

static const struct hint hints[] = {{ACTION_UP, "scroll", "arrows"}, {ACTION_BOTTOM, "follow", NULL},
                                    {.action = ACTION_COMMAND},      {.action = ACTION_HELP},
                                    {.action = ACTION_QUIT},         {.action = ACTION_NONE}};
static const struct own_action own[] = {
    {ACTION_UP, NULL},    {ACTION_DOWN, NULL},    {ACTION_LEFT, NULL},
    {ACTION_RIGHT, NULL}, {ACTION_PAGE_UP, NULL}, {ACTION_PAGE_DOWN, NULL},
    {ACTION_TOP, NULL},   {ACTION_BOTTOM, NULL},  {ACTION_NONE, NULL}};
const struct view_ops output_screen = {.name = "output",
                                       .draw = output_draw,
                                       .act = output_act,
                                       .keys = hints,
                                       .title = output_title,
                                       .own = own};
