#include "config.h"

#include "cli/link.h"

#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/internal.h"
#include "cli/renew.h"
#include "feed/feed.h"
#include "feed/replay.h"
#include "feed/replay_search.h"

#define SETTLE_MS     300
#define TICK_MS       500
#define WATCH_MS      10000
#define CLOCK_STEP_NS (2 * CLOCK_S)
#define CLOCK_ASK_NS  (3600 * CLOCK_S)
#define TRIM_EVENTS   2000  /* between two looks at what may go */
#define SMALL_ANSWER  16384 /* bytes */
#define EVENTS_MOST   1000 /* of one run; in pages of 100, which is the most that Keptn's event store gives */
#define LARGE_BLOCK                                                                                          \
    262144 /* bytes; malloc maps and unmaps such a block, so that nothing of a large answer stays in the     \
              heap */

struct link {
    struct link_settings settings;
    uv_loop_t *loop;
    struct model *model;
    struct feed *feed;
    struct replay *replay; /* in place of feed and decide, so that nothing can be asked; NULL: none */
    struct decide *decide;
    struct link_listener to;
    size_t source;
    struct map shipyards;  /* project → commit of the newest shipyard that a live event named */
    struct fetch *fetches; /* requests under way, beside those of feed and decide */
    struct order *orders;
    size_t events_since_trim;
    struct event event; /* decoded into again and again */
    uv_timer_t settle;  /* after a snapshot */
    uv_timer_t answer;  /* of what a replay was asked */
    uv_timer_t tick;    /* of a replay, whose time goes on at another speed than ours */
    /* The server's clock was server_ns at boot_ns, when ours was wall_ns: it is told from how long that is
     * ago, as ours may be set at any time. */
    int64_t server_ns, boot_ns, wall_ns;
    int64_t started_ns;
    uv_timer_t watch;        /* for our clock being set */
    char *token;             /* the one in use */
    struct renewal *renewal; /* under way */
    uv_timer_t renew;        /* to the next one, while the token is refused */
};

/* --- requests --- */

struct fetch {
    struct link *owner;
    struct fetch *next;
    struct http_call *call;
    struct replay_search *search; /* in a recording, in place of call */
    char *name;                   /* what is fetched */
    enum view_query_kind kind;
    uint64_t number;  /* of a project: that of the event that made us ask; of a query: its ticket */
    long long offset; /* of this page of the events */
};

static void free_fetch(struct fetch *fetch)
{
    struct fetch **at = &fetch->owner->fetches;
    while (*at != fetch)
        at = &(*at)->next;
    *at = fetch->next;
    free(fetch->name);
    free(fetch);
}

/* Takes url. done gets the fetch, and frees it. */
static void start_fetch(struct link *l, char *url, const char *name, uint64_t number, http_done done)
{
    struct fetch *fetch = MEM_NEW(struct fetch);
    *fetch = (struct fetch){.owner = l, .next = l->fetches, .name = mem_string(name), .number = number};
    l->fetches = fetch;
    fetch->call = http_send(l->settings.http,
                            &(struct http_request){.method = "GET", .url = url, .token = l->settings.token},
                            done, fetch);
    free(url);
}

/* --- feed → model → listener --- */

/* What cannot be applied is counted by nobody and hides nothing: it is said once, in the message line. */
static void complain(struct link *l, const char *what, const struct error *err)
{
    char *text =
        mem_printf("%s: %s; what it told is missing here, r asks for everything again", what, err->text);
    l->to.message(l->to.arg, l->source, true, text);
    free(text);
}

static void apply_event(struct link *l, const char *text, size_t len, uint64_t number)
{
    struct error err = ERROR_NONE;
    if (event_decode(text, len, EVENT_FORM_COMPLETE, &l->event, &err) != STATUS_OK ||
        model_apply_event(l->model, &l->event, number, &err) != STATUS_OK)
        complain(l, "an event of the server was left out", &err);
    else if (l->to.event != NULL)
        l->to.event(l->to.arg, l->source, &l->event, text, len);
}

static void project_fetched(void *arg, const struct http_response *response)
{
    struct fetch *fetch = arg;
    struct link *l = fetch->owner;
    struct error err = ERROR_NONE;
    cJSON *project = NULL;
    /* Where it fails, the tasks to come are shown as they were: the run itself tells those that it reaches.
     */
    if (response->status == STATUS_OK && response->code == 200 &&
        json_parse(response->body, response->body_len, &project, &err) == STATUS_OK &&
        model_apply_project(l->model, project, fetch->number, &err) == STATUS_OK)
        l->to.changed(l->to.arg, l->source);
    cJSON_Delete(project);
    free_fetch(fetch);
}

/* A run that began with another shipyard than the runs before: the project's tasks and stages may be others.
 */
static void follow_shipyard(struct link *l, uint64_t number)
{
    const struct event *ev = &l->event;
    if (ev->shipyardcommit == NULL || ev->project == NULL)
        return;
    const char *known = map_get(&l->shipyards, ev->project);
    if (known != NULL && strcmp(known, ev->shipyardcommit) == 0)
        return;
    free(map_put(&l->shipyards, ev->project, mem_string(ev->shipyardcommit)));
    start_fetch(l, http_url(l->settings.server, "/controlPlane/v1/project/{}", ev->project), ev->project,
                number, project_fetched);
}

/* What ended long ago goes, so that a dashboard can stay open for months. */
static void trim(struct link *l)
{
    l->events_since_trim = 0;
    (void)model_trim(l->model); /* whoever shows it looks again before it does */
}

static void on_event(void *arg, const char *text, size_t len, uint64_t number)
{
    struct link *l = arg;
    apply_event(l, text, len, number);
    if (l->replay == NULL)
        follow_shipyard(l, number);
    if (++l->events_since_trim >= TRIM_EVENTS)
        trim(l);
    l->to.changed(l->to.arg, l->source);
}

static void apply_events(struct link *l, const cJSON *answer, uint64_t number)
{
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
    const cJSON *event;
    cJSON_ArrayForEach(event, json_get(answer, "events"))
    {
        buffer_clear(&text);
        if (json_print(event, &text))
            apply_event(l, buffer_text(&text), text.len, number);
    }
    buffer_free(&text);
}

static void tell_open_approvals(struct link *l, const cJSON *answer)
{
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
    const cJSON *item;
    if (l->to.event == NULL)
        return;
    cJSON_ArrayForEach(item, json_get(answer, "events"))
    {
        buffer_clear(&text);
        if (json_print(item, &text) &&
            event_decode(buffer_text(&text), text.len, EVENT_FORM_COMPLETE, &l->event, NULL) == STATUS_OK)
            l->to.event(l->to.arg, l->source, &l->event, buffer_text(&text), text.len);
    }
    buffer_free(&text);
}

static void on_snapshot_begin(void *arg, bool replaces)
{
    struct link *l = arg;
    if (replaces)
        model_clear(l->model);
}

static void on_snapshot(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct link *l = arg;
    struct error err = ERROR_NONE;
    cJSON *answer = NULL;
    struct arena arena = {.block_size = len > SMALL_ANSWER ? LARGE_BLOCK : 0};
    enum status status = json_parse_in_arena(text, len, &arena, &answer, &err);
    if (status == STATUS_OK)
        status = model_apply_part(l->model, what, answer, number, &err);
    if (status == STATUS_OK && strcmp(what, "open") == 0)
        tell_open_approvals(l, answer);
    if (status == STATUS_OK && strcmp(what, "events") == 0)
        apply_events(l, answer, number);
    if (status != STATUS_OK)
        complain(l, "a part of the server's answer was left out", &err);
    arena_free(&arena);
}

/* The answers of a snapshot are many times what is kept of them; they are freed behind on_snapshot_end. */
static void give_back_memory(uv_timer_t *timer)
{
    struct link *l = timer->data;
    event_free(&l->event); /* its arena fits the largest event so far */
    malloc_trim(0);
}

static void on_snapshot_end(void *arg, bool replaces)
{
    struct link *l = arg;
    (void)replaces; /* on_snapshot_begin has cleared the model */
    trim(l);
    uv_timer_start(&l->settle, give_back_memory, SETTLE_MS, 0);
    if (l->to.whole != NULL)
        l->to.whole(l->to.arg, l->source);
    l->to.changed(l->to.arg, l->source);
}

/* --- a token that is refused --- */

static void open_feed(struct link *l);
static void on_renew(uv_timer_t *timer);

static void wait_for_token(struct link *l)
{
    if (renewal_helps(l->settings.token_source) && l->renewal == NULL)
        uv_timer_start(&l->renew, on_renew, (uint64_t)renewal_wait_ms(l->settings.token_source), 0);
}

static void on_renewed(void *arg, const char *token, const struct error *err)
{
    struct link *l = arg;
    l->renewal = NULL;
    if (token == NULL && l->feed == NULL &&
        err->status != STATUS_OK) /* else the server has said what is wrong */
        l->to.state(l->to.arg, l->source, VIEW_LINK_REFUSED, clock_now_ns(), err->text);
    if (token == NULL || (l->token != NULL && strcmp(token, l->token) == 0)) {
        wait_for_token(l);
        return;
    }
    free(l->token);
    l->settings.token = l->token = mem_string(token);
    l->settings.problem = NULL;
    if (l->feed == NULL) {
        open_feed(l);
        return;
    }
    if (l->decide != NULL)
        decide_set_token(l->decide, token);
    feed_set_token(l->feed, token);
}

static void on_renew(uv_timer_t *timer)
{
    struct link *l = timer->data;
    l->renewal = renewal_start(l->loop, l->settings.token_source, on_renewed, l);
}

/* While it is refused, whoever makes tokens may put a new one where the old one was. */
static void follow_token(struct link *l, bool refused)
{
    if (!refused)
        uv_timer_stop(&l->renew);
    else if (!uv_is_active((const uv_handle_t *)&l->renew))
        wait_for_token(l);
}

static void on_state(void *arg, enum feed_state state, const char *why)
{
    static const enum view_link links[] = {
        [FEED_CONNECTING] = VIEW_LINK_CONNECTING, [FEED_LIVE] = VIEW_LINK_LIVE,
        [FEED_STALE] = VIEW_LINK_STALE,           [FEED_OFFLINE] = VIEW_LINK_OFFLINE,
        [FEED_REFUSED] = VIEW_LINK_REFUSED,       [FEED_REPLAYING] = VIEW_LINK_REPLAY,
        [FEED_REPLAYED] = VIEW_LINK_REPLAYED};
    struct link *l = arg;
    if (l->replay != NULL) {
        l->to.state(l->to.arg, l->source, links[state], link_now_ns(l), NULL);
        if (*why != '\0')
            l->to.message(l->to.arg, l->source, false, why);
        if (state == FEED_REPLAYED)
            uv_timer_stop(&l->tick);
        return;
    }
    const int64_t heard_ns = l->feed != NULL ? feed_last_heard_ns(l->feed) : 0;
    const int64_t ago_ns = clock_monotonic_ns() - (heard_ns != 0 ? heard_ns : l->started_ns);
    l->to.state(l->to.arg, l->source, links[state], link_now_ns(l) - ago_ns, why);
    follow_token(l, state == FEED_REFUSED);
}

static void on_identity(void *arg, const char *name, const char *role, const char *server,
                        int64_t server_time_ns)
{
    struct link *l = arg;
    (void)server;
    l->wall_ns = clock_now_ns();
    l->boot_ns = clock_boot_ns();
    l->server_ns = server_time_ns != 0 ? server_time_ns : l->wall_ns;
    l->to.identity(l->to.arg, l->source, name, role);
}

static void on_expiry(void *arg, int64_t expires_ns)
{
    struct link *l = arg;
    l->to.expiry(l->to.arg, l->source, expires_ns);
}

/* Where our clock was set, so was perhaps the server's, which often is this machine's; and over months they
 * drift. */
static void on_watch(uv_timer_t *timer)
{
    struct link *l = timer->data;
    const int64_t since_ns = clock_boot_ns() - l->boot_ns;
    const int64_t step_ns = clock_now_ns() - l->wall_ns - since_ns;
    if (l->server_ns != 0 && (llabs(step_ns) > CLOCK_STEP_NS || since_ns > CLOCK_ASK_NS))
        feed_identify(l->feed);
}

/* --- what is asked of the server --- */

static void decision_changed(void *arg, const char *triggeredid, enum decision_state state, const char *text)
{
    struct link *l = arg;
    l->to.decision(l->to.arg, l->source, triggeredid, state, text);
}

void link_decide(struct link *l, const struct decision_request *request)
{
    if (l->decide != NULL) /* a replay or a read-only connection has none, and never offers it */
        decide_submit(l->decide, request, decision_changed, l);
}

/* A pause, a resume or an abort under way: what it is about. */
struct order {
    struct link *owner;
    struct order *next;
    char *project, *stage, *context;
};

static void free_order(struct order *order)
{
    struct order **at = &order->owner->orders;
    while (*at != order)
        at = &(*at)->next;
    *at = order->next;
    free(order->project);
    free(order->stage);
    free(order->context);
    free(order);
}

static void controlled(void *arg, enum status status, const struct error *err)
{
    struct order *order = arg;
    const struct link *l = order->owner;
    l->to.controlled(l->to.arg, l->source, order->project, order->stage, order->context, status == STATUS_OK,
                     status == STATUS_OK ? "" : err->text);
    free_order(order);
}

void link_control(struct link *l, const struct model_sequence *seq, const char *verb)
{
    if (l->decide == NULL)
        return;
    struct order *order = MEM_NEW(struct order);
    *order = (struct order){.owner = l,
                            .next = l->orders,
                            .project = mem_string(seq->stage->project->name),
                            .stage = mem_string(seq->stage->name),
                            .context = mem_string(seq->context)};
    l->orders = order;
    decide_control(l->decide, order->project, order->context, order->stage, verb, controlled, order);
}

void link_reload(struct link *l)
{
    if (l->feed != NULL)
        feed_reload(l->feed);
    else if (l->replay != NULL)
        l->to.message(l->to.arg, l->source, false,
                      "this is a replay: there is no server that could be asked again");
    else
        l->to.message(l->to.arg, l->source, true, l->settings.problem);
}

const char *link_token(const struct link *l)
{
    return l->token;
}

int64_t link_now_ns(const struct link *l)
{
    if (l->replay != NULL)
        return replay_now_ns(l->replay);
    return l->server_ns != 0 ? l->server_ns + clock_boot_ns() - l->boot_ns : clock_now_ns();
}

/* The text of a resource, which comes as base64 in JSON. */
static char *resource_text(const struct http_response *response, size_t *len)
{
    cJSON *answer = NULL;
    char *text = NULL;
    if (json_parse(response->body, response->body_len, &answer, NULL) == STATUS_OK) {
        const char *base64 = json_text(answer, "resourceContent");
        const size_t size = base64 != NULL ? strlen(base64) : 0;
        text = mem_alloc(size + 1);
        if (base64 == NULL || sodium_base642bin((unsigned char *)text, size, base64, size, "\r\n", len, NULL,
                                                sodium_base64_VARIANT_ORIGINAL) != 0) {
            free(text);
            text = NULL;
        }
    }
    cJSON_Delete(answer);
    return text;
}

static void query_answered(void *arg, const struct http_response *response);

/* Where the page that came is not the last one. */
static bool fetch_next_page(const struct fetch *fetch, const struct http_response *response)
{
    struct link *l = fetch->owner;
    cJSON *page = NULL;
    long long next = 0;
    if (json_parse(response->body, response->body_len, &page, NULL) == STATUS_OK)
        next = cli_next_page(page);
    cJSON_Delete(page);
    if (next <= fetch->offset || next >= EVENTS_MOST) /* a key that does not grow would go on for ever */
        return false;
    start_fetch(l, mem_printf("%s&nextPageKey=%lld", fetch->name, next), fetch->name, fetch->number,
                query_answered);
    l->fetches->kind = fetch->kind;
    l->fetches->offset = next;
    return true;
}

static void query_answered(void *arg, const struct http_response *response)
{
    struct fetch *fetch = arg;
    struct link *l = fetch->owner;
    struct error err = ERROR_NONE;
    const struct http_request request = {.method = "GET", .url = fetch->name};
    struct view_answer answer = {.body = ""};
    char *decoded = NULL;
    if (response->status != STATUS_OK) {
        answer.why = response->error;
    } else if (response->code != 200) {
        (void)http_error(&request, response->code, response->body, response->body_len, &err);
        answer.why = err.text;
    } else if (fetch->kind == VIEW_QUERY_RESOURCE) {
        decoded = resource_text(response, &answer.len);
        answer.came = decoded != NULL;
        answer.body = decoded != NULL ? decoded : "";
        answer.why = "the server's answer is no resource";
    } else {
        answer = (struct view_answer){.came = true, .body = response->body, .len = response->body_len};
        answer.more = fetch->kind == VIEW_QUERY_EVENTS && fetch_next_page(fetch, response);
    }
    l->to.fetched(l->to.arg, fetch->number, &answer);
    free(decoded);
    free_fetch(fetch);
}

static char *query_url(const struct link *l, const struct view_query *q)
{
    const char *server = l->settings.server;
    const char *commit = q->commit != NULL ? q->commit : "";
    char number[24];
    switch (q->kind) {
    case VIEW_QUERY_EVENTS:
        return http_url(server, "/mongodb-datastore/event?project={}&keptnContext={}&pageSize=100",
                        q->project, q->context);
    case VIEW_QUERY_RESOURCE:
        if (q->stage != NULL)
            return http_url(server, "/resource-service/v1/project/{}/stage/{}/resource/{}?gitCommitID={}",
                            q->project, q->stage, q->uri, commit);
        return http_url(server, "/resource-service/v1/project/{}/resource/{}?gitCommitID={}", q->project,
                        q->uri, commit);
    case VIEW_QUERY_JOB_LOG:
        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)q->offset); /* 20 digits at most */
        return http_url(server, "/v1/job/{}/log?offset={}", q->id, number);
    }
    return NULL;
}

/* A recording holds no more than what it has brought. */
static void on_ask_replay(uv_timer_t *timer)
{
    struct link *l = timer->data;
    const struct view_answer none = {.body = "",
                                     .why = "a recording holds events only: there is no server to ask"};
    for (struct fetch *fetch = l->fetches, *next; fetch != NULL; fetch = next) {
        next = fetch->next;
        if (fetch->search != NULL)
            continue;
        l->to.fetched(l->to.arg, fetch->number, &none);
        free_fetch(fetch);
    }
}

static void replay_searched(void *arg, enum status status, const char *text, size_t len,
                            const struct error *err)
{
    struct fetch *fetch = arg;
    const struct view_answer answer = {
        .came = status == STATUS_OK, .body = text, .len = len, .why = err->text};
    fetch->owner->to.fetched(fetch->owner->to.arg, fetch->number, &answer);
    free_fetch(fetch);
}

static void ask_replay(struct link *l, const struct view_query *query, uint64_t ticket)
{
    struct fetch *fetch = MEM_NEW(struct fetch);
    *fetch = (struct fetch){.owner = l, .next = l->fetches, .number = ticket};
    l->fetches = fetch;
    if (query->kind != VIEW_QUERY_EVENTS) {
        uv_timer_start(&l->answer, on_ask_replay, 0, 0);
        return;
    }
    const struct replay_query wanted = {.files = l->settings.replays,
                                        .project = query->project,
                                        .context = query->context,
                                        .until_ns = replay_now_ns(l->replay)};
    fetch->search = replay_search_begin(l->loop, &wanted, replay_searched, fetch);
}

void link_fetch(struct link *l, const struct view_query *query, uint64_t ticket)
{
    if (l->replay != NULL) {
        ask_replay(l, query, ticket);
        return;
    }
    char *url = query_url(l, query);
    char *name = mem_string(url); /* what an error names */
    start_fetch(l, url, name, ticket, query_answered);
    l->fetches->kind = query->kind;
    free(name);
}

/* --- birth and death --- */

struct link *link_new(uv_loop_t *loop, const struct link_settings *settings)
{
    struct link *l = MEM_NEW(struct link);
    l->settings = *settings;
    l->loop = loop;
    l->model = model_new();
    uv_timer_init(loop, &l->settle);
    uv_timer_init(loop, &l->answer);
    uv_timer_init(loop, &l->tick);
    uv_timer_init(loop, &l->watch);
    uv_timer_init(loop, &l->renew);
    l->settle.data = l->answer.data = l->tick.data = l->watch.data = l->renew.data = l;
    l->settings.token = l->token = mem_string(settings->token);
    return l;
}

const struct model *link_model(const struct link *l)
{
    return l->model;
}

static void replay_says(void *arg, bool is_error, const char *text)
{
    struct link *l = arg;
    l->to.message(l->to.arg, l->source, is_error, text);
}

static void on_tick(uv_timer_t *timer)
{
    struct link *l = timer->data;
    l->to.changed(l->to.arg, l->source);
}

static enum status start_replay(struct link *l, const struct feed_callbacks *callbacks, struct error *err)
{
    const struct replay_settings settings = {
        .files = l->settings.replays, .speed = l->settings.speed, .on_message = replay_says, .arg = l};
    if (settings.speed > 0)
        uv_timer_start(&l->tick, on_tick, TICK_MS, TICK_MS);
    return replay_open(l->loop, &settings, callbacks, &l->replay, err);
}

static struct feed_callbacks callbacks_of(struct link *l)
{
    return (struct feed_callbacks){.arg = l,
                                   .on_event = on_event,
                                   .on_snapshot_begin = on_snapshot_begin,
                                   .on_snapshot = on_snapshot,
                                   .on_snapshot_end = on_snapshot_end,
                                   .on_state = on_state,
                                   .on_identity = on_identity,
                                   .on_expiry = on_expiry};
}

static void open_feed(struct link *l)
{
    const struct link_settings *s = &l->settings;
    const struct feed_settings settings = {.server = s->server,
                                           .stream = s->stream,
                                           .token = s->token,
                                           .projects = s->projects,
                                           .snapshot = true};
    const struct feed_callbacks callbacks = callbacks_of(l);
    if (!s->read_only) /* else there is nothing here that could send a change */
        l->decide =
            decide_new(l->loop, s->http, &(struct decide_settings){.server = s->server, .token = s->token});
    l->started_ns = clock_monotonic_ns();
    uv_timer_start(&l->watch, on_watch, WATCH_MS, WATCH_MS);
    l->feed = feed_open(l->loop, s->http, &settings, &callbacks);
}

enum status link_start(struct link *l, const struct link_listener *listener, size_t source, struct error *err)
{
    const struct feed_callbacks callbacks = callbacks_of(l);
    l->to = *listener;
    l->source = source;
    if (l->settings.replays != NULL)
        return start_replay(l, &callbacks, err);
    if (l->settings.problem == NULL) {
        open_feed(l);
    } else {
        l->to.state(l->to.arg, source, VIEW_LINK_CONNECTING, clock_now_ns(), l->settings.problem);
        uv_timer_start(&l->renew, on_renew, 0, 0);
    }
    return STATUS_OK;
}

void link_stop(struct link *l)
{
    if (l->feed != NULL)
        feed_close(l->feed);
    if (l->decide != NULL)
        decide_free(l->decide);
    while (l->fetches != NULL) {
        http_cancel(l->fetches->call);
        replay_search_cancel(l->fetches->search);
        free_fetch(l->fetches);
    }
    replay_close(l->replay);
    while (l->orders != NULL)
        free_order(l->orders); /* decide_free calls nobody back */
    uv_close((uv_handle_t *)&l->settle, NULL);
    uv_close((uv_handle_t *)&l->answer, NULL);
    uv_close((uv_handle_t *)&l->tick, NULL);
    uv_close((uv_handle_t *)&l->watch, NULL);
    uv_close((uv_handle_t *)&l->renew, NULL);
    renewal_cancel(l->renewal);
}

void link_free(struct link *l)
{
    model_free(l->model);
    event_free(&l->event);
    map_free(&l->shipyards, free);
    free(l->token);
    free(l);
}
