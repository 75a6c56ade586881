/* Connections shown together: what each one's model has changed, and what waits in any of them. */
#include "config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

/* The label's colour, in the role that the source's number gives it. */
static void take_colour(struct view *v, const struct source *s)
{
    int32_t colour = STYLE_DEFAULT;
    if (!s->colour || !theme_parse_colour(s->colour, term_depth(v->term), &colour))
        return; /* one that is none was refused with the settings */
    v->theme.styles[source_role(s)].fg = colour;
    term_set_styles(v->term, v->theme.styles);
}

void source_take_colours(struct view *v)
{
    for (size_t i = 0; i < v->source_count; i++)
        take_colour(v, v->sources[i]);
}

enum role source_role(const struct source *s)
{
    return s->colour ? (enum role)(ROLE_LABEL_1 + s->number % LABEL_ROLES) : ROLE_TITLE;
}

size_t view_add_source(struct view *v, const struct view_source *source)
{
    struct source *s = MEM_NEW(struct source);
    s->number = v->source_count;
    s->name = mem_string(source->name ? source->name : "");
    s->label = mem_string(source->label);
    s->colour = mem_string(source->colour);
    s->model = source->model;
    s->read_only = source->read_only || v->read_only;
    assert(v->source_count < SOURCES_MAX);
    v->sources[v->source_count++] = s;
    v->revision++;
    v->tree.built = false;
    take_colour(v, s);
    view_model_changed(v);
    return s->number;
}

void source_free(struct source *s)
{
    if (!s)
        return;
    free(s->name);
    free(s->label);
    free(s->colour);
    free(s->user);
    free(s->role);
    free(s->link_why);
    free(s);
}

const char *source_label(const struct source *s)
{
    return s->label ? s->label : s->name;
}

bool source_is_fresh(const struct source *s)
{
    return s->link == VIEW_LINK_LIVE || s->link == VIEW_LINK_POLLING || s->link == VIEW_LINK_REPLAY ||
           s->link == VIEW_LINK_REPLAYED;
}

bool view_waiting_is_known(const struct view *v)
{
    for (size_t i = 0; i < v->source_count; i++)
        if (!source_is_fresh(v->sources[i]) && model_project_count(v->sources[i]->model) == 0)
            return false;
    return true;
}

/* Each list is sorted by since_ns already; sources are few. */
static void merge_waiting(struct view *v)
{
    size_t next[SOURCES_MAX] = {0};
    v->waiting_count = 0;
    for (;;) {
        struct pick oldest = {0};
        for (size_t i = 0; i < v->source_count; i++) {
            struct source *s = v->sources[i];
            if (next[i] == model_waiting_count(s->model))
                continue;
            const struct model_sequence *seq = model_waiting_at(s->model, next[i]);
            if (!oldest.seq || seq->since_ns < oldest.seq->since_ns)
                oldest = (struct pick){.source = s, .seq = seq};
        }
        if (!oldest.seq)
            return;
        next[oldest.source->number]++;
        MEM_GROW(v->waiting, v->waiting_count, v->waiting_capacity);
        v->waiting[v->waiting_count++] = oldest;
    }
}

void view_sync(struct view *v)
{
    bool changed = false;
    for (size_t i = 0; i < v->source_count; i++) {
        const uint64_t revision = model_revision(v->sources[i]->model);
        changed = changed || revision != v->model_revisions[i];
        v->model_revisions[i] = revision;
    }
    if (changed || filtering_has_aged(v))
        v->revision++;
    if (changed || !v->tree.built)
        merge_waiting(v);
    tree_sync(v);
    screens_sync(v);
    filtering_sync(v);
}

/* Does this model own the project? Its list is sorted by name. */
static bool has_project(const struct model *m, const struct model_project *project)
{
    size_t low = 0, high = model_project_count(m);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct model_project *at = model_project_at(m, middle);
        if (at == project)
            return true;
        if (strcmp(at->name, project->name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

struct source *view_source_of(const struct view *v, const struct model_sequence *seq)
{
    for (size_t i = 1; i < v->source_count; i++)
        if (has_project(v->sources[i]->model, seq->stage->project))
            return v->sources[i];
    return v->sources[0];
}

struct source *view_current_source(const struct view *v)
{
    const struct pick pick = view_selected(v);
    const struct row *row = tree_row(v);
    return pick.source ? pick.source : row ? row->source : v->source_count > 0 ? v->sources[0] : NULL;
}

size_t view_waiting_count(const struct view *v)
{
    return v->waiting_count;
}

struct pick view_waiting_at(const struct view *v, size_t i)
{
    return v->waiting[i];
}

size_t view_count(const struct view *v, enum model_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < v->source_count; i++)
        count += model_count(v->sources[i]->model, state);
    return count;
}

struct pick view_selected(const struct view *v)
{
    for (size_t i = v->screen_count; i-- > 0;) /* a screen that selects nothing leaves it to the one below */
        if (v->screens[i]->selected)
            return v->screens[i]->selected(v);
    return tree_selected(v);
}

const char *view_why_not(struct view *v, const struct source *s)
{
    if (v->read_only)
        return "read-only: nothing can be changed from here, only without --read-only";
    if (s && s->read_only)
        return view_printf(v, "read-only: the settings allow no change of %s from here",
                           view_safe(v, source_label(s)));
    if (s && s->role && (strcmp(s->role, "viewer") == 0 || strcmp(s->role, "integration") == 0))
        return view_printf(v,
                           "%s has the role %s, which may not decide; ask for a token with the role approver",
                           s->user ? view_safe(v, s->user) : "this token", s->role);
    return NULL;
}

bool view_may_change(struct view *v, const struct source *s)
{
    const char *why_not = view_why_not(v, s);
    if (why_not)
        view_say(v, !(v->read_only || s->read_only), "%s", why_not);
    return !why_not;
}

bool view_ask(struct view *v, const struct source *s, const struct view_query *query, uint64_t *ticket)
{
    if (!v->ports.fetch)
        return false;
    *ticket = ++v->tickets;
    v->ports.fetch(v->ports.arg, s->number, query, *ticket);
    return true;
}

/* ---- what comes from outside ---- */

static void replace(char **text, const char *with)
{
    char *copy = mem_string(with);
    free(*text);
    *text = copy;
}

/* For the message pane; the message line tells it by itself as long as it lasts. */
static void note_link(struct view *v, const struct source *s, enum view_link link, const char *why)
{
    static const struct {
        const char *what, *next;
    } texts[] = {
        [VIEW_LINK_CONNECTING] = {"connecting", ""},
        [VIEW_LINK_LIVE] = {"connected: the stream is live", ""},
        [VIEW_LINK_POLLING] = {"connected: this server has no stream", "; it is asked again and again"},
        [VIEW_LINK_STALE] = {"the stream was lost", "; it is tried again by itself, r tries at once"},
        [VIEW_LINK_OFFLINE] = {"the server cannot be reached",
                               "; it is tried again by itself, r tries at once"},
        [VIEW_LINK_REFUSED] = {"the server refuses the token", "; put a valid one where it is read from"},
        [VIEW_LINK_REPLAY] = {"a recording is played", ""},
        [VIEW_LINK_REPLAYED] = {"the recording is at its end", ""},
    };
    char text[ERROR_TEXT_SIZE];
    if (s->link == link && strcmp(s->link_why ? s->link_why : "", why ? why : "") == 0)
        return;
    (void)snprintf(text, sizeof text, "%s%s%s%s", texts[link].what, why && *why ? ": " : "", why ? why : "",
                   texts[link].next);
    messages_add(&v->messages, view_now_ns(v), MESSAGE_LINK, s->name, text);
}

void view_set_link(struct view *v, size_t source, enum view_link link, int64_t since_ns, const char *why)
{
    struct source *s = v->sources[source];
    note_link(v, s, link, why);
    s->link = link;
    s->link_since_ns = since_ns;
    replace(&s->link_why, why);
    view_model_changed(v);
}

void view_set_identity(struct view *v, size_t source, const char *name, const char *role)
{
    struct source *s = v->sources[source];
    replace(&s->user, name);
    replace(&s->role, role);
    view_model_changed(v);
}

void view_set_expiry(struct view *v, size_t source, int64_t expires_ns)
{
    v->sources[source]->expires_ns = expires_ns;
    view_model_changed(v);
}

void view_fetched(struct view *v, uint64_t ticket, const struct view_answer *answer)
{
    if (!v->closing)
        (void)(log_fetched(v, ticket, answer) || /* nobody's: whoever asked has gone on to something else */
               run_events_fetched(v, ticket, answer) || difference_fetched(v, ticket, answer));
}
