/* The message line, and the pane that keeps what stood there. Its texts came from outside and are made safe
 * when they are drawn. */
#include "config.h"

#include "view/messages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

#define LINES_MAX  8  /* of one message */
#define TIME_WIDTH 12 /* cells: "10:03  error" and a gap */

static void forget(struct message *message)
{
    free(message->connection);
    free(message->text);
}

void messages_add(struct messages *m, int64_t at_ns, enum message_kind kind, const char *connection,
                  const char *text)
{
    struct message *last = m->count ? &m->kept[(m->first + m->count - 1) % MESSAGES_KEEP] : NULL;
    if (last && last->kind == kind && mem_same_text(last->text, text) &&
        mem_same_text(last->connection, connection)) {
        last->times++;
        last->at_ns = at_ns;
        return;
    }
    if (m->count == MESSAGES_KEEP) {
        forget(&m->kept[m->first]);
        m->first = (m->first + 1) % MESSAGES_KEEP;
        m->count--;
        m->gone++;
    }
    m->kept[(m->first + m->count++) % MESSAGES_KEEP] = (struct message){.at_ns = at_ns,
                                                                        .kind = kind,
                                                                        .connection = mem_string(connection),
                                                                        .text = mem_string(text),
                                                                        .times = 1};
}

const struct message *messages_at(const struct messages *m, size_t i)
{
    return &m->kept[(m->first + i) % MESSAGES_KEEP];
}

void messages_free(struct messages *m)
{
    for (size_t i = 0; i < m->count; i++)
        forget(&m->kept[(m->first + i) % MESSAGES_KEEP]);
    *m = (struct messages){0};
}

/* ---- the message line ---- */

/* source NULL: it is about none. */
static void say(struct view *v, const struct source *source, bool is_error, const char *text)
{
    const bool named = source && v->source_count > 1;
    messages_add(&v->messages, view_now_ns(v), is_error ? MESSAGE_ERROR : MESSAGE_NOTE,
                 source ? source->name : NULL, text);
    free(v->message);
    v->message = mem_printf("%s%s%s", named ? source_label(source) : "", named ? ": " : "", text);
    v->message_is_error = is_error;
}

void view_say(struct view *v, bool is_error, const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* cut where it is too long for a line anyway */
    va_end(args);
    say(v, NULL, is_error, text);
}

void view_message(struct view *v, bool is_error, const char *text)
{
    say(v, NULL, is_error, text);
    frame_arm(v);
}

void view_message_of(struct view *v, size_t source, bool is_error, const char *text)
{
    say(v, v->sources[source], is_error, text);
    frame_arm(v);
}

/* ---- the screen ---- */

static const char *label_of(struct view *v, const struct message *message)
{
    for (size_t i = 0; message->connection && v->source_count > 1 && i < v->source_count; i++)
        if (strcmp(v->sources[i]->name, message->connection) == 0)
            return view_printf(v, "%s: ", view_safe(v, source_label(v->sources[i])));
    return "";
}

static const char *text_of(struct view *v, const struct message *message)
{
    const char *times = message->times > 1 ? view_printf(v, " (%u times)", message->times) : "";
    return view_printf(v, "%s%s%s", label_of(v, message), view_safe(v, message->text), times);
}

/* Draws the message so that its last line stands at y. Returns how many lines it takes. */
static int draw_message(struct view *v, struct rect area, int y, const struct message *message)
{
    static const char *const words[] = {
        [MESSAGE_NOTE] = "note", [MESSAGE_ERROR] = "error", [MESSAGE_LINK] = "link"};
    static const enum role roles[] = {
        [MESSAGE_NOTE] = ROLE_DIM, [MESSAGE_ERROR] = ROLE_ERROR, [MESSAGE_LINK] = ROLE_STALE};
    const char *lines[LINES_MAX];
    const int indent = area.w >= 40 ? TIME_WIDTH + 1 : 0;
    const size_t count = view_wrap(v, text_of(v, message), area.w - indent, lines, LINES_MAX);
    const int top = y - (int)count + 1;
    for (size_t i = 0; i < count; i++)
        if (top + (int)i >= area.y && top + (int)i < area.y + area.h)
            (void)draw_cut(v, area, area.x + indent, top + (int)i, ROLE_TEXT, lines[i]);
    if (indent > 0 && top >= area.y && top < area.y + area.h) {
        const int x =
            draw_text(v, area, area.x, top, ROLE_DIM, view_printf(v, "%s ", view_clock(v, message->at_ns)));
        (void)draw_text(v, (struct rect){.x = area.x, .y = top, .w = TIME_WIDTH, .h = 1}, area.x + x, top,
                        roles[message->kind], words[message->kind]);
    }
    return (int)count;
}

/* From the last line upwards; what is scrolled past the end stands below the area and is not seen. Returns
 * the lines of all. */
static int draw_all(struct view *v, struct rect area)
{
    const struct messages *m = &v->messages;
    int y = area.y + area.h - 1 + m->scroll, lines = 0;
    for (size_t i = m->count; i-- > 0;) {
        const int took = draw_message(v, area, y - lines, messages_at(m, i));
        lines += took > 0 ? took : 1;
    }
    if (m->gone > 0) {
        if (y - lines >= area.y && y - lines < area.y + area.h)
            (void)draw_cut(v, area, area.x, y - lines, ROLE_DIM,
                           view_printf(v, "%zu older ones are gone", m->gone));
        lines++;
    }
    return lines;
}

static void messages_draw(struct view *v, struct rect area)
{
    struct messages *m = &v->messages;
    const struct rect body = {.x = area.x + 1, .y = area.y, .w = area.w - 2, .h = area.h};
    if (body.w <= 0 || body.h <= 0)
        return;
    if (m->count == 0) {
        (void)draw_cut(v, body, body.x, body.y, ROLE_DIM, "nothing has been said yet");
        return;
    }
    const int lines = draw_all(v, body), most = lines > body.h ? lines - body.h : 0;
    if (lines < body.h || m->scroll > most) { /* they begin at the top; nor is there more to scroll to */
        m->scroll = lines < body.h ? lines - body.h : most;
        grid_fill(&v->grid, area, ROLE_TEXT, " ");
        (void)draw_all(v, body);
    }
    m->scroll = m->scroll < 0 ? 0 : m->scroll;
}

static unsigned messages_act(struct view *v, enum action action)
{
    const int page = v->grid.h > 6 ? v->grid.h - 5 : 1;
    return scroll_from_end(&v->messages.scroll, action, page, MESSAGES_KEEP * LINES_MAX) ? VIEW_KEY_USED : 0;
}

static const char *messages_title(struct view *v)
{
    return v->messages.scroll > 0 ? "messages  End follows" : "messages";
}

static const struct hint hints[] = {{ACTION_UP, "scroll", "arrows"},
                                    {ACTION_BOTTOM, "follow", NULL},
                                    {.action = ACTION_HELP},
                                    {.action = ACTION_QUIT},
                                    {.action = ACTION_NONE}};
static const struct own_action own[] = {{ACTION_UP, NULL},        {ACTION_DOWN, NULL}, {ACTION_PAGE_UP, NULL},
                                        {ACTION_PAGE_DOWN, NULL}, {ACTION_TOP, NULL},  {ACTION_BOTTOM, NULL},
                                        {ACTION_NONE, NULL}};
const struct view_ops messages_screen = {.name = "messages",
                                         .draw = messages_draw,
                                         .act = messages_act,
                                         .keys = hints,
                                         .title = messages_title,
                                         .own = own};
