/* When to tell, and what. Approvals are known by their id; what is not known and waits is new. */
#include "config.h"

#include "notify/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "notify/internal.h"
#include "notify/known.h"

#define SOURCES_MAX 64
#define GATHER_MS   250 /* what comes within it is one message */
#define MINUTE_NS   (60 * CLOCK_S)
#define CLOSED_MAX                                                                                           \
    4096 /* approvals that wait no more and are known all the same: one that comes back is not new */
#define EVENTS_MAX  64 /* whose text is kept for a command */
#define EVENT_BYTES (4 * 1024 * 1024)
#define NAMED_MAX   3 /* of several new ones, in one message */
#define NAME_BYTES  256

struct source {
    char *label;
    const struct model *model; /* NULL: there is no such source */
    bool begun;
    uint64_t revision; /* of the model when it was last looked at */
};

struct kept_event {
    uint64_t key; /* 0: there is none */
    char *text;
    size_t len;
};

struct fresh { /* an approval that is new */
    size_t source;
    const struct model_sequence *seq;
};

struct news {
    struct fresh *items;
    size_t count, capacity;
};

struct notify {
    const struct settings_notify *settings;
    struct notify_ports ports;
    struct commands *commands; /* NULL: none may run, or none is set */
    uv_timer_t gather;
    struct source sources[SOURCES_MAX];
    unsigned char key[KNOWN_KEY_BYTES];
    struct known known, older;            /* approvals that were seen to wait */
    struct kept_event events[EVENTS_MAX]; /* a ring */
    size_t event_next, event_bytes;
    int64_t messages_ns, commands_ns;     /* when the minute began that is counted in */
    int messages, runs;                   /* in it */
    size_t messages_held_back, held_back; /* approvals that were not told, or had no command */
    size_t waiting;                       /* as the title has it; SIZE_MAX: it has none yet */
};

static uint64_t key_of(const struct notify *n, size_t source, const char *triggered_id)
{
    return known_hash(n->key, source, triggered_id);
}

bool notify_is_quiet(const struct settings_notify *s, int64_t now_ns)
{
    const time_t seconds = (time_t)(now_ns / CLOCK_S);
    struct tm local;
    if (s->quiet_from < 0 || s->quiet_until < 0 || !localtime_r(&seconds, &local))
        return false;
    const int minute = local.tm_hour * 60 + local.tm_min;
    if (s->quiet_from <= s->quiet_until)
        return minute >= s->quiet_from && minute < s->quiet_until;
    return minute >= s->quiet_from || minute < s->quiet_until; /* past midnight */
}

static int64_t now_of(const struct notify *n)
{
    return n->ports.now_ns ? n->ports.now_ns(n->ports.arg) : clock_now_ns();
}

/* Counts one more into its minute. False: there have been as many as there may be. */
static bool may_have_one(const struct notify *n, int64_t now_ns, int64_t *since_ns, int *count)
{
    if (now_ns - *since_ns >= MINUTE_NS || now_ns < *since_ns || *since_ns == 0) {
        *since_ns = now_ns;
        *count = 0;
    }
    if (*count >= n->settings->per_minute)
        return false;
    (*count)++;
    return true;
}

/* ---- events for commands ---- */

static void drop_event(struct notify *n, struct kept_event *e)
{
    n->event_bytes -= e->len;
    free(e->text);
    *e = (struct kept_event){0};
}

void notify_keep_event(struct notify *n, size_t source, const char *triggered_id, const char *text,
                       size_t len)
{
    if (!n->commands || len > EVENT_BYTES || source >= SOURCES_MAX || !n->sources[source].begun)
        return;
    const uint64_t key = key_of(n, source, triggered_id);
    if (known_has(&n->known, key) || known_has(&n->older, key)) /* it came before */
        return;
    for (size_t i = 0; i < EVENTS_MAX && n->event_bytes + len > EVENT_BYTES; i++)
        drop_event(n, &n->events[(n->event_next + i) % EVENTS_MAX]); /* the oldest first */
    struct kept_event *e = &n->events[n->event_next];
    n->event_next = (n->event_next + 1) % EVENTS_MAX;
    drop_event(n, e);
    *e = (struct kept_event){.key = key, .text = mem_string_n(text, len), .len = len};
    n->event_bytes += len;
}

static void run_command(struct notify *n, const struct fresh *f)
{
    const struct model_sequence *seq = f->seq;
    const struct command_facts facts = {.raw_connection = n->sources[f->source].label,
                                        .raw_project = seq->stage->project->name,
                                        .raw_stage = seq->stage->name,
                                        .raw_service = seq->service,
                                        .raw_version = seq->version,
                                        .raw_sequence = seq->name,
                                        .raw_context = seq->context,
                                        .held_back = n->held_back};
    const uint64_t key = key_of(n, f->source, seq->approval.triggered_id);
    const struct kept_event *found = NULL;
    for (size_t i = 0; i < EVENTS_MAX && !found; i++)
        if (n->events[i].key == key)
            found = &n->events[i];
    n->held_back = 0;
    commands_run(n->commands, &facts, found ? found->text : "", found ? found->len : 0);
}

static void run_commands(struct notify *n, const struct fresh *fresh, size_t count, int64_t now_ns)
{
    for (size_t i = 0; n->commands && i < count; i++) {
        if (commands_are_free(n->commands) && may_have_one(n, now_ns, &n->commands_ns, &n->runs))
            run_command(n, &fresh[i]);
        else
            n->held_back++;
    }
}

/* ---- words ---- */

static void add_name(struct buffer *to, const char *raw)
{
    utf8_sanitize(raw, strnlen(raw, NAME_BYTES), false, to);
}

static void add_fresh(const struct notify *n, struct buffer *to, const struct fresh *f)
{
    add_name(to, f->seq->service);
    if (f->seq->version) {
        (void)buffer_add_char(to, ' ');
        add_name(to, f->seq->version);
    }
    (void)buffer_add_text(to, " in ");
    add_name(to, f->seq->stage->name);
    if (n->sources[f->source].label) {
        (void)buffer_add_text(to, " @ ");
        add_name(to, n->sources[f->source].label);
    }
}

/* "helloservice v0.1.1 in production waits for a decision", "3 new approvals: …, … and 1 more" */
static void show(struct notify *n, const struct fresh *fresh, size_t count)
{
    struct buffer text = BUFFER_LIMIT(16384);
    const size_t all = count + n->messages_held_back;
    const size_t named = count > NAMED_MAX ? NAMED_MAX : count;
    if (all > 1)
        (void)buffer_printf(&text, "%zu new approvals: ", all);
    for (size_t i = 0; i < named; i++) {
        (void)buffer_add_text(&text, i > 0 ? ", " : "");
        add_fresh(n, &text, &fresh[i]);
    }
    if (all > named)
        (void)buffer_printf(&text, " and %zu more", all - named);
    else if (all == 1)
        (void)buffer_add_text(&text, " waits for a decision");
    n->messages_held_back = 0;
    n->ports.show(n->ports.arg, buffer_text(&text));
    buffer_free(&text);
}

static void tell(struct notify *n, const struct fresh *fresh, size_t count)
{
    const struct settings_notify *s = n->settings;
    const int64_t now_ns = now_of(n);
    const bool shows = (s->osc9 || s->osc777) && n->ports.show;
    if (notify_is_quiet(s, now_ns))
        return;
    run_commands(n, fresh, count, now_ns);
    if (!shows && !(s->bell && n->ports.bell))
        return;
    if (!may_have_one(n, now_ns, &n->messages_ns, &n->messages)) {
        n->messages_held_back += count;
        return;
    }
    if (s->bell && n->ports.bell)
        n->ports.bell(n->ports.arg);
    if (shows)
        show(n, fresh, count);
    n->messages_held_back = 0;
}

/* ---- what is new ---- */

/* Approvals that wait no more are forgotten once there are many: two generations, of which what waits moves
 * into the younger one whenever it is seen. */
static void forget(struct notify *n, size_t waiting)
{
    if (n->known.count <= waiting + CLOSED_MAX)
        return;
    known_free(&n->older);
    n->older = n->known;
    n->known = (struct known){0};
}

/* True the first time. */
static bool take_note(struct notify *n, size_t source, const char *triggered_id)
{
    const uint64_t key = key_of(n, source, triggered_id);
    return !known_add(&n->known, key) && !known_remove(&n->older, key);
}

size_t notify_known_count(const struct notify *n)
{
    return n->known.count + n->older.count;
}

/* Gathers what is new; where it is NULL, nothing is. Returns how many wait. */
static size_t look_at(struct notify *n, size_t number, struct news *news)
{
    const struct source *s = &n->sources[number];
    const size_t waiting = model_waiting_count(s->model);
    for (size_t i = 0; i < waiting; i++) {
        const struct model_sequence *seq = model_waiting_at(s->model, i);
        if (!seq->approval.triggered_id || !take_note(n, number, seq->approval.triggered_id) || !news)
            continue; /* without an id it is not known yet which; an event or the next answer tells */
        MEM_GROW(news->items, news->count, news->capacity);
        news->items[news->count++] = (struct fresh){.source = number, .seq = seq};
    }
    return waiting;
}

static void show_title(struct notify *n, size_t waiting)
{
    if (!n->settings->title || !n->ports.title || waiting == n->waiting)
        return;
    n->waiting = waiting;
    n->ports.title(n->ports.arg, waiting);
}

static bool has_changed(struct notify *n)
{
    bool changed = false;
    for (size_t i = 0; i < SOURCES_MAX; i++) {
        struct source *s = &n->sources[i];
        if (!s->model || s->revision == model_revision(s->model))
            continue;
        changed = true;
        s->revision = model_revision(s->model);
    }
    return changed;
}

static void on_gathered(uv_timer_t *timer)
{
    struct notify *n = timer->data;
    struct news news = {0};
    size_t waiting = 0;
    if (!has_changed(n))
        return;
    for (size_t i = 0; i < SOURCES_MAX; i++) {
        if (n->sources[i].model && n->sources[i].begun)
            waiting += look_at(n, i, &news);
        else if (n->sources[i].model)
            waiting += model_waiting_count(n->sources[i].model);
    }
    forget(n, waiting);
    show_title(n, waiting);
    if (news.count > 0)
        tell(n, news.items, news.count);
    free(news.items);
}

void notify_look(struct notify *n)
{
    if (!uv_is_active((const uv_handle_t *)&n->gather))
        (void)uv_timer_start(&n->gather, on_gathered, GATHER_MS, 0); /* it has a callback */
}

void notify_begin(struct notify *n, size_t source)
{
    struct source *s = &n->sources[source];
    if (!s->begun)
        (void)look_at(n, source, NULL);
    s->begun = true;
    notify_look(n);
}

/* ---- birth and death ---- */

void notify_add_source(struct notify *n, size_t source, const char *label, const struct model *model)
{
    if (source < SOURCES_MAX)
        n->sources[source] =
            (struct source){.label = mem_string(label), .model = model, .revision = UINT64_MAX};
}

struct notify *notify_new(uv_loop_t *loop, const struct settings_notify *settings, bool may_run,
                          const struct notify_ports *ports)
{
    struct notify *n = MEM_NEW(struct notify);
    n->settings = settings;
    n->ports = *ports;
    n->waiting = SIZE_MAX;
    random_bytes(n->key, sizeof n->key);
    if (may_run && (settings->shell || settings->command.count > 0))
        n->commands = commands_new(loop, settings, ports);
    (void)uv_timer_init(loop, &n->gather); /* never fails */
    n->gather.data = n;
    return n;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void notify_free(struct notify *n)
{
    if (!n)
        return;
    commands_free(n->commands);
    for (size_t i = 0; i < SOURCES_MAX; i++)
        free(n->sources[i].label);
    for (size_t i = 0; i < EVENTS_MAX; i++)
        drop_event(n, &n->events[i]);
    known_free(&n->known);
    known_free(&n->older);
    uv_close((uv_handle_t *)&n->gather, on_closed);
}
