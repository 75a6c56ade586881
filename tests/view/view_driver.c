/* Runs the view on a model that a test scripts: lines on descriptor 3 are events, states and orders; what the
 * view asks for is told on descriptor 4. There is no server, and the clock stands still unless it is told to
 * run. */
#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "event/event.h"
#include "model/model.h"
#include "scenario/play.h"
#include "scene.h"
#include "view/view.h"
#include "view/wall.h"

#define RECORDED_MAX 1000000 /* a number that no event of the recorded scenario has */
#define SYNC_MS      40

struct driver {
    uv_loop_t loop;
    uv_pipe_t script;
    uv_timer_t sync;
    char *sync_text;
    struct model *models[SOURCES_MAX]; /* source: the one that orders are about */
    size_t source, source_count;
    char *names[SOURCES_MAX];
    uint64_t asked; /* the newest ticket */
    uint64_t command;
    bool read_only;
    struct view *view;
    struct buffer pending;
    struct event event;
    uint64_t number;
    int64_t clock_ns, started_ns; /* started 0: the clock stands still */
    bool ended;
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vdprintf(4, format, args); /* nobody may be listening */
    va_end(args);
}

/* ---- ports ---- */

static void on_decide(void *arg, size_t source, const struct decision_request *r)
{
    const struct driver *d = arg;
    if (source > 0)
        say("at %s\n", d->names[source]);
    say("decide %s %s %s/%s/%s comment=%s stale=%d\n", r->approve ? "approve" : "decline", r->triggeredid,
        r->project, r->stage, r->service, r->comment ? r->comment : "", r->stale);
}

static void on_control(void *arg, size_t source, const struct model_sequence *seq, const char *verb)
{
    const struct driver *d = arg;
    if (source > 0)
        say("at %s\n", d->names[source]);
    say("control %s %s\n", verb, seq->context);
}

static void on_note(void *arg, const char *what, bool pending)
{
    (void)arg;
    say("note %s %s\n", pending ? "pending" : "over", what);
}

static void on_reload(void *arg)
{
    (void)arg;
    say("reload\n");
}

static void on_fetch(void *arg, size_t source, const struct view_query *q, uint64_t ticket)
{
    struct driver *d = arg;
    d->asked = ticket;
    if (source > 0)
        say("at %s\n", d->names[source]);
    if (q->kind == VIEW_QUERY_JOB_LOG)
        say("job_log %s %llu\n", q->id, (unsigned long long)q->offset);
    else if (q->kind == VIEW_QUERY_EVENTS)
        say("events %s %s\n", q->project, q->context);
    else
        say("resource %s %s %s %s\n", q->project, q->stage ? q->stage : "-", q->uri,
            q->commit ? q->commit : "-");
}

/* ---- commands: "demo" is refused, "trigger" changes something ---- */

static enum status on_check(void *arg, size_t source, const char *const *words, size_t count, bool *changes,
                            struct error *err)
{
    (void)arg;
    (void)source;
    (void)count;
    *changes = strcmp(words[0], "trigger") == 0;
    return strcmp(words[0], "demo") == 0
               ? error_set(err, STATUS_FORBIDDEN, "demo cannot run within the dashboard: start it in a shell")
               : STATUS_OK;
}

static enum status on_run(void *arg, size_t source, const char *const *words, size_t count, int columns,
                          uint64_t ticket, struct error *err)
{
    struct driver *d = arg;
    (void)err;
    d->command = ticket;
    say("run %s %d", d->names[source], columns);
    for (size_t i = 0; i < count; i++)
        say(" [%s]", words[i]);
    say("\n");
    return STATUS_OK;
}

static void on_stop(void *arg, uint64_t ticket)
{
    const struct driver *d = arg;
    say("stop %s\n", ticket == d->command ? "it" : "another");
}

static void on_complete(void *arg, const char *const *words, size_t count, view_word_fn *each, void *to)
{
    static const char *const commands[] = {"list", "trigger", "themes"};
    (void)arg;
    for (size_t i = 0; count == 1 && i < 3; i++)
        each(to, VIEW_WORD_TEXT, commands[i]);
    if (count > 1 && strcmp(words[count - 2], "--project") == 0)
        each(to, VIEW_WORD_PROJECT, NULL);
    else if (count > 1 && strcmp(words[0], "trigger") == 0) {
        each(to, VIEW_WORD_TEXT, "--project");
        each(to, VIEW_WORD_TEXT, "--service");
    }
}

static int64_t on_now(void *arg, size_t source)
{
    (void)source;
    const struct driver *d = arg;
    return d->clock_ns + (d->started_ns ? clock_monotonic_ns() - d->started_ns : 0);
}

static void end(struct driver *d)
{
    if (d->ended)
        return;
    d->ended = true;
    view_free(d->view);
    d->view = NULL;
    uv_close((uv_handle_t *)&d->script, NULL);
    uv_close((uv_handle_t *)&d->sync, NULL);
}

static void on_quit(void *arg)
{
    say("quit\n");
    end(arg);
}

/* ---- orders ---- */

/* "NAME" or "NAME LABEL COLOUR": orders are about it from now on; one that is not known is added. */
static void use_source(struct driver *d, char *text)
{
    char *name = text, *label = strchr(text, ' '), *colour = NULL;
    if (label) {
        *label++ = '\0';
        colour = strchr(label, ' ');
    }
    if (colour)
        *colour++ = '\0';
    for (d->source = 0; d->source < d->source_count; d->source++)
        if (strcmp(d->names[d->source], name) == 0)
            return;
    if (d->source_count == SOURCES_MAX)
        abort();
    d->names[d->source] = mem_string(name);
    d->models[d->source] = model_new();
    d->source_count++;
    const struct view_source source = {.name = name,
                                       .label = label,
                                       .colour = colour,
                                       .model = d->models[d->source],
                                       .read_only = d->read_only};
    (void)view_add_source(d->view, &source);
}

static enum view_link link_named(const char *name)
{
    static const char *const names[] = {"connecting", "live", "stale", "polling", "offline", "refused"};
    for (int i = 0; i < 6; i++)
        if (strcmp(names[i], name) == 0)
            return (enum view_link)i;
    abort();
}

static enum decision_state state_named(const char *name)
{
    static const char *const names[] = {"asking", "sending", "retrying", "accepted", "conflict", "failed"};
    for (int i = 0; i < 6; i++)
        if (strcmp(names[i], name) == 0)
            return (enum decision_state)i;
    abort();
}

/* Cuts the first word off. */
static char *word(char **rest)
{
    char *start = *rest;
    char *blank = strchr(start, ' ');
    if (blank) {
        *blank = '\0';
        *rest = blank + 1;
    } else {
        *rest = start + strlen(start);
    }
    return start;
}

static void unescape(char *text)
{
    char *to = text;
    for (char *p = text; *p; p++) {
        if (p[0] == '\\' && p[1]) {
            p++;
            *to++ = *p == 'n' ? '\n' : *p == 'r' ? '\r' : *p == 'e' ? '\033' : *p;
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
}

static void apply_json(struct driver *d, const char *what, const char *text)
{
    struct error err = ERROR_NONE;
    cJSON *json = NULL;
    enum status status = json_parse(text, strlen(text), &json, &err);
    d->number++;
    if (status == STATUS_OK && strcmp(what, "project") == 0)
        status = model_apply_project(d->models[d->source], json, d->number, &err);
    else if (status == STATUS_OK && strcmp(what, "state") == 0)
        status = model_apply_state(d->models[d->source], json, d->number, &err);
    else if (status == STATUS_OK)
        status = model_apply_open_approvals(d->models[d->source], json, d->number, &err);
    if (status != STATUS_OK)
        say("error %s\n", err.text);
    cJSON_Delete(json);
    view_model_changed(d->view);
}

static void apply_event(struct driver *d, const char *text)
{
    struct error err = ERROR_NONE;
    enum status status = event_decode(text, strlen(text), EVENT_FORM_COMPLETE, &d->event, &err);
    if (status == STATUS_OK)
        status = model_apply_event(d->models[d->source], &d->event, ++d->number, &err);
    if (status != STATUS_OK)
        say("error %s\n", err.text);
    else
        view_event(d->view, d->source, &d->event, text, strlen(text));
    view_model_changed(d->view);
}

static void set_clock(struct driver *d, const char *text)
{
    if (strcmp(text, "run") == 0) {
        d->started_ns = clock_monotonic_ns();
    } else if (!clock_parse(text, &d->clock_ns)) {
        say("error %s is no time\n", text);
    }
    view_model_changed(d->view);
}

/* After a frame has been drawn of all that was told before. */
static void on_sync(uv_timer_t *timer)
{
    const struct driver *d = timer->data;
    say("synced %s\n", d->sync_text);
}

/* What reaches the terminal besides frames. False: the verb is none of these. */
static bool terminal_order(struct driver *d, const char *verb, char *rest)
{
    struct error err = ERROR_NONE;
    unescape(rest);
    if (strcmp(verb, "theme") == 0) {
        if (view_set_theme(d->view, rest, &err) != STATUS_OK)
            say("no theme %s\n", err.text);
    } else if (strcmp(verb, "title") == 0) {
        view_set_title(d->view, rest);
    } else if (strcmp(verb, "notify") == 0) {
        view_notify(d->view, true, true, rest);
    } else if (strcmp(verb, "bell") == 0) {
        view_bell(d->view);
    } else if (strcmp(verb, "copy") == 0) {
        say("copied %d\n", view_copy(d->view, rest));
    } else {
        return false;
    }
    return true;
}

static void order(struct driver *d, char *line)
{
    char *rest = line;
    if (*line == '{') {
        apply_event(d, line);
        return;
    }
    const char *verb = word(&rest);
    if (strcmp(verb, "project") == 0 || strcmp(verb, "state") == 0 || strcmp(verb, "approvals") == 0) {
        apply_json(d, verb, rest);
    } else if (strcmp(verb, "clock") == 0) {
        set_clock(d, rest);
    } else if (strcmp(verb, "link") == 0) {
        const enum view_link link = link_named(word(&rest));
        const int64_t since_ns = on_now(d, 0) - atoll(word(&rest)) * CLOCK_S;
        view_set_link(d->view, d->source, link, since_ns, *rest ? rest : NULL);
    } else if (strcmp(verb, "identity") == 0) {
        const char *name = word(&rest);
        view_set_identity(d->view, d->source, name, *rest ? rest : NULL);
    } else if (strcmp(verb, "expiry") == 0) {
        int64_t expires_ns = 0;
        if (!clock_parse(rest, &expires_ns))
            say("error %s is no time\n", rest);
        view_set_expiry(d->view, d->source, expires_ns);
    } else if (strcmp(verb, "message") == 0) {
        const bool is_error = strcmp(word(&rest), "error") == 0;
        view_message(d->view, is_error, rest);
    } else if (strcmp(verb, "decision") == 0) {
        const char *id = word(&rest), *state = word(&rest);
        view_decision_changed(d->view, d->source, id, state_named(state), *rest ? rest : NULL);
    } else if (strcmp(verb, "controlled") ==
               0) { /* CONTEXT accepted|refused [WHY], in fulltour's production */
        char *context = mem_printf("%s-0000-4000-8000-000000000000", word(&rest));
        const bool accepted = strcmp(word(&rest), "accepted") == 0;
        view_control_changed(d->view, d->source, "fulltour", "production", context, accepted, rest);
        free(context);
    } else if (strcmp(verb, "answer") == 0) {
        unescape(rest);
        view_fetched(d->view, d->asked,
                     &(struct view_answer){.came = true, .body = rest, .len = strlen(rest), .why = ""});
    } else if (strcmp(verb, "refuse") == 0) {
        view_fetched(d->view, d->asked, &(struct view_answer){.body = "", .why = rest});
    } else if (strcmp(verb, "output") == 0) {
        unescape(rest);
        view_output(d->view, d->command, rest, strlen(rest));
    } else if (strcmp(verb, "flood") == 0) { /* so many lines of output */
        for (int i = 0, n = (int)strtol(rest, NULL, 10); i < n; i++) {
            char text[64];
            (void)snprintf(text, sizeof text, "line %d\n", i);
            view_output(d->view, d->command, text, strlen(text));
        }
    } else if (strcmp(verb, "ended") == 0) {
        const bool failed = strcmp(word(&rest), "failed") == 0;
        view_command_ended(d->view, d->command, failed, rest);
    } else if (strcmp(verb, "source") == 0) {
        use_source(d, rest);
    } else if (strcmp(verb, "clear") == 0) {
        model_clear(d->models[d->source]);
        view_model_changed(d->view);
    } else if (strcmp(verb, "sync") == 0) {
        free(d->sync_text);
        d->sync_text = mem_string(rest);
        (void)uv_timer_start(&d->sync, on_sync, SYNC_MS, 0);
    } else if (strcmp(verb, "abort") == 0) {
        view_emergency_restore();
        _exit(9);
    } else if (!terminal_order(d, verb, rest)) {
        say("error no order %s\n", verb);
    }
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    (void)handle;
    *buf = uv_buf_init(mem_alloc(size), (unsigned)size);
}

static void on_script(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct driver *d = stream->data;
    if (n < 0) { /* the test has let go */
        free(buf->base);
        end(d);
        return;
    }
    (void)buffer_add(&d->pending, buf->base, (size_t)n);
    free(buf->base);
    char *newline;
    while (!d->ended && (newline = strchr(buffer_text(&d->pending), '\n')) != NULL) {
        const size_t len = (size_t)(newline - d->pending.data);
        char *line = mem_string_n(d->pending.data, len);
        buffer_consume(&d->pending, len + 1);
        if (*line)
            order(d, line);
        free(line);
    }
}

static void on_recorded(void *arg, const struct event *ev, const char *text, size_t len)
{
    struct driver *d = arg;
    view_event(d->view, d->source, ev, text, len);
}

/* The recorded scenario, through the replay source. What a test tells after it is newer. */
static void play_recorded(struct driver *d)
{
    static const char *const orders[] = {"identity maria approver", "link live 0"};
    struct play play = {.model = d->models[d->source], .event = on_recorded, .arg = d};
    struct error err = ERROR_NONE;
    if (play_scenario(&play, &err) != STATUS_OK || play.left_out > 0)
        say("error %s%s\n", err.text, play.why);
    d->clock_ns = play.now_ns;
    d->number = RECORDED_MAX;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        char *line = mem_string(orders[i]);
        order(d, line);
        free(line);
    }
}

static void play_scene(struct driver *d, const char *name)
{
    if (strcmp(name, "recorded") == 0) {
        play_recorded(d);
        return;
    }
    struct buffer script = BUFFER_LIMIT(1 << 26);
    if (!scene_script(&script, name))
        say("error no scene %s\n", name);
    char *line = script.data, *newline;
    while (line && (newline = strchr(line, '\n')) != NULL) {
        *newline = '\0';
        order(d, line);
        line = newline + 1;
    }
    buffer_free(&script);
}

static struct settings settings_file;

/* As the text of a settings file. */
static void read_settings(const char *text)
{
    struct error err = ERROR_NONE;
    if (settings_parse(text, strlen(text), "settings", &settings_file, &err) != STATUS_OK) {
        fprintf(stderr, "view_driver: %s\n", err.text);
        exit(2);
    }
}

static const char *parse_arguments(int argc, char **argv, struct view_settings *s, const char **context)
{
    const char *scene = NULL;
    static const char *const glyphs[] = {"auto", "unicode", "console", "ascii"};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--mouse") == 0) {
            s->mouse = true;
            continue;
        }
        if (strcmp(argv[i], "--shell") == 0) {
            s->may_suspend = true;
            continue;
        }
        if (strcmp(argv[i], "--read-only") == 0) {
            s->read_only = true;
            continue;
        }
        if (strncmp(argv[i], "--wall", 6) == 0) {
            s->wall = true;
            s->wall_locked = strcmp(argv[i], "--wall=locked") == 0;
            continue;
        }
        if (strcmp(argv[i], "--idle-wall") == 0)
            wall_idle_ms = atoll(value);
        else if (strcmp(argv[i], "--redraw-wall") == 0)
            wall_redraw_ms = atoll(value);
        else if (strcmp(argv[i], "--redraw-focus") == 0)
            focus_redraw_ms = atoll(value);
        else if (strcmp(argv[i], "--scene") == 0)
            scene = value;
        else if (strcmp(argv[i], "--theme") == 0)
            s->theme = value;
        else if (strcmp(argv[i], "--context") == 0)
            *context = value;
        else if (strcmp(argv[i], "--settings") == 0)
            read_settings(value);
        else if (strcmp(argv[i], "--hint") == 0)
            s->hint = value;
        else if (strcmp(argv[i], "--glyphs") == 0)
            for (int g = 0; g < 4; g++)
                s->glyphs = strcmp(value, glyphs[g]) == 0 ? (enum view_glyphs)g : s->glyphs;
        i++;
    }
    return scene;
}

int main(int argc, char **argv)
{
    struct driver d = {.pending = BUFFER_LIMIT(1 << 24)};
    struct error err = ERROR_NONE;
    const struct view_ports ports = {.arg = &d,
                                     .decide = on_decide,
                                     .control = on_control,
                                     .note = on_note,
                                     .reload = on_reload,
                                     .quit = on_quit,
                                     .fetch = on_fetch,
                                     .now_ns = on_now,
                                     .check = on_check,
                                     .run = on_run,
                                     .stop = on_stop,
                                     .complete = on_complete};
    struct view_settings settings = {.data_directory = getenv("DRAWBRIDGE_DATADIR"),
                                     .settings = &settings_file};
    settings_init_defaults(&settings_file);
    (void)setlocale(LC_ALL, "");   /* an unknown locale is C */
    (void)signal(SIGHUP, SIG_IGN); /* that the terminal is gone is for the view to see */
    const char *context = "";
    const char *scene = parse_arguments(argc, argv, &settings, &context);
    d.read_only = settings.read_only;
    (void)clock_parse("2026-11-24T10:00:00Z", &d.clock_ns);
    if (uv_loop_init(&d.loop) != 0)
        return 70;
    if (view_new(&d.loop, &settings, &ports, &d.view, &err) != STATUS_OK) {
        say("refused %s\n", err.text);
        fprintf(stderr, "view_driver: %s\n", err.text);
        (void)uv_run(&d.loop, UV_RUN_DEFAULT);
        (void)uv_loop_close(&d.loop);
        return 2;
    }
    char *first = mem_string(context);
    use_source(&d, first);
    free(first);
    d.script.data = d.sync.data = &d;
    (void)uv_timer_init(&d.loop, &d.sync); /* never fails */
    if (uv_pipe_init(&d.loop, &d.script, 0) != 0 || uv_pipe_open(&d.script, 3) != 0 ||
        uv_read_start((uv_stream_t *)&d.script, on_alloc, on_script) != 0)
        return 70;
    if (scene)
        play_scene(&d, scene);
    say("ready\n");
    (void)uv_run(&d.loop, UV_RUN_DEFAULT);
    const int left = uv_loop_close(&d.loop); /* a handle that is left would be a leak of the view's */
    event_free(&d.event);
    settings_free(&settings_file);
    for (size_t i = 0; i < d.source_count; i++) {
        model_free(d.models[i]);
        free(d.names[i]);
    }
    buffer_free(&d.pending);
    free(d.sync_text);
    return left == 0 ? 0 : 71;
}
