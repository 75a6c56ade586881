/* replay_file.c: reads in a stream, so that a file of any size takes the memory of its longest line. What is
 * a line, an answer in one line, or one over many lines is seen at the file's beginning: there a value that
 * its first line does not end is read whole; everywhere else a line stands for itself, so that a broken one
 * takes no other with it. */
#include "config.h"

#include "feed/replay_file.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "event/event.h"
#include "feed/internal.h"
#include "feed/recording.h"

#define FAULTS_MAX 20 /* of a file that are said; further ones are counted */

enum answer { ANSWER_NONE, ANSWER_EVENTS, ANSWER_PROJECTS, ANSWER_STATES };

struct element { /* of an answer; its text stands in the input */
    char *text;
    size_t len, place;
    int64_t time_ns;
    uint64_t number;
};

struct replay_file {
    char *path;
    struct replay_input input;
    replay_say say;
    void *arg;
    size_t faults;
    bool begun; /* its values over several lines are taken, if it has any */
    bool newer_said;

    struct event event;    /* decoded into again and again */
    struct buffer value;   /* an event that stands on several lines */
    struct buffer wrapped; /* an event of a snapshot as the answer that it came in */

    enum answer answer; /* being handed out */
    struct element *elements;
    size_t element_count, element_capacity, step;
};

/* --- what is said --- */

static void say(struct replay_file *f, bool is_error, const char *format, ...) PRINTF_LIKE(3, 4);
static void say(struct replay_file *f, bool is_error, const char *format, ...)
{
    struct buffer text = BUFFER_LIMIT(4096);
    va_list args;
    if (f->say == NULL)
        return;
    va_start(args, format);
    char *words = NULL;
    if (vasprintf(&words, format, args) >= 0) {
        buffer_printf(&text, "%s: ", f->path);
        if (!buffer_add_text(&text, words)) /* longer than any line on a screen */
            buffer_add(&text, words, 2000);
        f->say(f->arg, is_error, buffer_text(&text));
        free(words);
    }
    va_end(args);
    buffer_free(&text);
}

static void complain(struct replay_file *f, uint64_t line, const char *why)
{
    f->faults++;
    if (f->faults <= FAULTS_MAX)
        say(f, true, "line %" PRIu64 " is left out: %s", line, why);
    if (f->faults == FAULTS_MAX)
        say(f, true, "further lines that are left out are counted only");
}

/* --- birth and death --- */

enum status replay_file_open(const char *path, replay_say said, void *arg, struct replay_file **out,
                             struct error *err)
{
    struct replay_input input;
    enum status status = replay_input_open(&input, path, err);
    if (status != STATUS_OK)
        return status;
    struct replay_file *f = MEM_NEW(struct replay_file);
    *f = (struct replay_file){.path = mem_string(path),
                              .input = input,
                              .say = said,
                              .arg = arg,
                              .value = BUFFER_LIMIT(2 * RECORDING_LINE_MAX),
                              .wrapped = BUFFER_LIMIT(2 * RECORDING_LINE_MAX)};
    *out = f;
    return STATUS_OK;
}

void replay_file_free(struct replay_file *f)
{
    if (f == NULL)
        return;
    replay_input_close(&f->input);
    buffer_free(&f->value);
    buffer_free(&f->wrapped);
    event_free(&f->event);
    free(f->elements);
    free(f->path);
    free(f);
}

/* --- one event a line --- */

/* Past a piece of our own form of a line. */
static bool skip_text(char **at, const char *text)
{
    size_t len = strlen(text);
    if (strncmp(*at, text, len) != 0)
        return false;
    *at += len;
    return true;
}

/* {"receivedat":"T", and perhaps "answernumber":"N", is what the recorder has put in front of an event:
 * without it, the event is as it came. False: it is not of that form, and nothing was changed. */
static bool take_off(char **text, size_t *len, char time[CLOCK_TEXT_SIZE], char number[24])
{
    char *at = *text;
    number[0] = '\0';
    if (!skip_text(&at, "{\"" RECORDING_RECEIVED "\":\""))
        return false;
    size_t time_len = strcspn(at, "\"\\");
    if (time_len >= CLOCK_TEXT_SIZE || at[time_len] != '"' || at[time_len + 1] != ',')
        return false;
    memcpy(time, at, time_len);
    time[time_len] = '\0';
    at += time_len + 1;
    char *after = at;
    if (skip_text(&after, ",\"" RECORDING_NUMBER "\":\"")) {
        size_t number_len = strspn(after, "0123456789");
        if (number_len == 0 || number_len > 20 || after[number_len] != '"' || after[number_len + 1] != ',')
            return false;
        memcpy(number, after, number_len);
        number[number_len] = '\0';
        at = after + number_len + 1;
    }
    *len -= (size_t)(at - *text);
    *text = at;
    **text = '{'; /* in place of the comma */
    return true;
}

struct line {
    char *text;
    size_t len;
    const cJSON *root;
    const char *type;
    char time[CLOCK_TEXT_SIZE], number[24]; /* receivedat, answernumber; "": none */
};

static void keep_text(char *out, size_t size, const char *text)
{
    if (text != NULL && strlen(text) < size)
        memcpy(out, text, strlen(text) + 1);
}

static enum status decode(struct replay_file *f, struct line *line, struct error *err)
{
    enum status status;
    struct event *ev = &f->event;
    if (line->len <= JSON_EVENT_MAX) {
        status = event_decode(line->text, line->len, EVENT_FORM_COMPLETE, ev, err);
    } else { /* only a part of a snapshot may be so long */
        struct arena arena = ev->arena;
        cJSON *root = NULL;
        arena_reset(&arena);
        *ev = (struct event){0};
        status = json_parse_in_arena(line->text, line->len, &arena, &root, err);
        ev->arena = arena;
        ev->root = root;
        ev->type = json_text(root, "type");
        if (status == STATUS_OK &&
            (ev->type == NULL || strncmp(ev->type, RECORDING_TYPE, strlen(RECORDING_TYPE)) != 0))
            status = error_set(err, STATUS_TOO_LARGE, "an event of %zu bytes: at most %d are taken",
                               line->len, JSON_EVENT_MAX);
    }
    line->root = ev->root;
    line->type = ev->type;
    return status;
}

static uint64_t number_of(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0' ? strtoull(text, NULL, 10) : 0;
}

/* An event of a snapshot: handed out as the answer that it came in. */
static bool take_answered(struct replay_file *f, const struct line *line, struct replay_item *item)
{
    buffer_clear(&f->wrapped);
    buffer_add_text(&f->wrapped, "{\"events\":[");
    buffer_add(&f->wrapped, line->text, line->len);
    buffer_add_text(&f->wrapped, "]}");
    item->kind = REPLAY_ANSWER;
    item->what = "events";
    item->text = buffer_text(&f->wrapped);
    item->len = f->wrapped.len;
    item->number = number_of(line->number);
    return true;
}

static bool take_part(struct replay_file *f, const struct line *line, const char *what,
                      struct replay_item *item)
{
    struct slice data = scan_member(line->text, line->len, "data");
    if (data.text == NULL) {
        complain(f, f->input.line, "it has no data");
        return false;
    }
    line->text[data.text - line->text + (ptrdiff_t)data.len] = '\0'; /* a bracket or comma, which was read */
    item->kind = REPLAY_ANSWER;
    item->what = what;
    item->text = data.text;
    item->len = data.len;
    item->number = number_of(line->number);
    return true;
}

static bool take_mark(const cJSON *data, struct replay_item *item)
{
    const char *phase = json_text(data, "phase");
    if (phase == NULL)
        return false;
    item->kind = strcmp(phase, "begin") == 0 ? REPLAY_BEGIN : REPLAY_END;
    item->replaces = cJSON_IsTrue(json_get(data, "replaces"));
    return true;
}

static bool take_link(const cJSON *data, struct replay_item *item)
{
    const char *state = json_text(data, "state"), *why = json_text(data, "why");
    item->kind = REPLAY_LINK;
    if (state != NULL && strcmp(state, "live") != 0 && strcmp(state, "connecting") != 0)
        (void)snprintf(item->why, sizeof item->why, "the recorder was cut off here: %s",
                       why != NULL ? why : state);
    return true;
}

static void say_newer(struct replay_file *f)
{
    if (!f->newer_said)
        say(f, false,
            "line %" PRIu64 ": a newer drawbridge has recorded this; what this one does not know is left out",
            f->input.line);
    f->newer_said = true;
}

/* A line of the recorder's own. False: nothing is to be handed out. */
static bool take_own(struct replay_file *f, const struct line *line, struct replay_item *item)
{
    static const char *const parts[] = {"project", "state", "open"};
    const char *type = line->type + strlen(RECORDING_TYPE);
    const cJSON *data = json_get(line->root, "data"), *version = json_get(data, "version");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(type, parts[i]) == 0)
            return take_part(f, line, parts[i], item);
    if (strcmp(type, "snapshot") == 0)
        return take_mark(data, item);
    if (strcmp(type, "link") == 0)
        return take_link(data, item);
    if (strcmp(type, "begin") != 0 || (cJSON_IsNumber(version) && version->valuedouble > RECORDING_VERSION))
        say_newer(f);
    return false;
}

static bool take_event(struct replay_file *f, char *text, size_t len, struct replay_item *item)
{
    struct line line = {.text = text, .len = len};
    struct error err = ERROR_NONE;
    bool taken_off = take_off(&line.text, &line.len, line.time, line.number);
    if (decode(f, &line, &err) != STATUS_OK) {
        complain(f, f->input.line, err.text);
        return false;
    }
    if (!taken_off) { /* in another order, as a program writes it that has read it */
        keep_text(line.time, sizeof line.time, json_text(line.root, RECORDING_RECEIVED));
        keep_text(line.number, sizeof line.number, json_text(line.root, RECORDING_NUMBER));
    }
    *item = (struct replay_item){.kind = REPLAY_EVENT, .text = line.text, .len = line.len};
    item->received = clock_parse(line.time, &item->time_ns) && item->time_ns > 0;
    if (!item->received)
        item->time_ns = f->event.time_ns > 0 ? f->event.time_ns : 0;
    item->number = f->event.number;
    if (strncmp(line.type, RECORDING_TYPE, strlen(RECORDING_TYPE)) == 0)
        return take_own(f, &line, item);
    return line.number[0] != '\0' ? take_answered(f, &line, item) : true;
}

/* --- answers --- */

static uint64_t line_of(const struct replay_file *f, const char *from, const char *to)
{
    uint64_t line = f->input.line;
    for (const char *p = from; p < to; p++)
        line += *p == '\n';
    return line;
}

static void later_of(int64_t *newest, const char *time)
{
    int64_t ns;
    if (time != NULL && clock_parse(time, &ns) && ns > *newest)
        *newest = ns;
}

/* When a state tells that something happened last. */
static int64_t state_time(const cJSON *state)
{
    int64_t newest = 0;
    const cJSON *stage = NULL;
    later_of(&newest, json_text(state, "time"));
    cJSON_ArrayForEach(stage, json_get(state, "stages"))
    {
        later_of(&newest, json_text(json_get(stage, "latestEvent"), "time"));
    }
    return newest;
}

static enum status read_element(struct replay_file *f, struct element *e, struct error *err)
{
    enum status status;
    if (f->answer == ANSWER_EVENTS) {
        status = event_decode(e->text, e->len, EVENT_FORM_COMPLETE, &f->event, err);
        e->time_ns = f->event.time_ns > 0 ? f->event.time_ns : 0;
        e->number = f->event.number;
        return status;
    }
    struct arena arena = {0};
    cJSON *root = NULL;
    status = json_parse_in_arena(e->text, e->len, &arena, &root, err);
    if (status == STATUS_OK && f->answer == ANSWER_STATES)
        e->time_ns = state_time(root);
    arena_free(&arena);
    return status;
}

static int in_time(const void *a, const void *b)
{
    const struct element *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

/* The event store answers newest first; two of one time are turned round likewise. States are one picture, of
 * the time of the newest thing in it. */
static void put_in_order(struct replay_file *f)
{
    struct element *e = f->elements;
    size_t count = f->element_count;
    int64_t newest = 0;
    if (count == 0)
        return;
    bool newest_first = e[0].time_ns > e[count - 1].time_ns;
    for (size_t i = 0; i < count; i++) {
        newest = e[i].time_ns > newest ? e[i].time_ns : newest;
        if (newest_first)
            e[i].place = count - i;
    }
    if (f->answer == ANSWER_EVENTS)
        qsort(e, count, sizeof *e, in_time);
    for (size_t i = 0; i < count && f->answer == ANSWER_STATES; i++)
        e[i].time_ns = newest;
}

static void begin_answer(struct replay_file *f, enum answer answer, const char *text, struct slice list)
{
    size_t at = 0;
    f->answer = answer;
    f->element_count = f->step = 0;
    for (struct slice item; (item = scan_item(list, &at)).text != NULL;) {
        struct error err = ERROR_NONE;
        /* the input is ours to write into */
        struct element e = {.text = (char *)(uintptr_t)item.text, .len = item.len, .place = f->element_count};
        if (read_element(f, &e, &err) != STATUS_OK) {
            complain(f, line_of(f, text, item.text), err.text);
            continue;
        }
        MEM_GROW(f->elements, f->element_count, f->element_capacity);
        f->elements[f->element_count++] = e;
    }
    for (size_t i = 0; i < f->element_count; i++) /* a comma or bracket, which was read */
        f->elements[i].text[f->elements[i].len] = '\0';
    put_in_order(f);
}

/* The registered integrations are on no screen: they are told in words. */
static bool tell_integrations(struct replay_file *f, struct slice list)
{
    struct buffer names = BUFFER_LIMIT(1500);
    size_t at = 0, count = 0;
    for (struct slice item; (item = scan_item(list, &at)).text != NULL;) {
        struct arena arena = {0};
        cJSON *root = NULL;
        bool fits = json_parse_in_arena(item.text, item.len, &arena, &root, NULL) == STATUS_OK &&
                    json_text(root, "name") != NULL && cJSON_IsObject(json_get(root, "metadata"));
        const char *version = json_text(json_get(root, "metadata"), "integrationversion");
        if (fits && ++count > 0)
            buffer_printf(&names, "%s%s %s", count > 1 ? ", " : "", json_text(root, "name"),
                          version != NULL ? version : "");
        arena_free(&arena);
        if (!fits)
            break;
    }
    if (count > 0)
        say(f, false, "%zu integrations were registered: %s", count, buffer_text(&names));
    buffer_free(&names);
    return count > 0;
}

static bool is_blank(const char *text, size_t len)
{
    return strspn(text, " \t\r") >= len; /* it ends somewhere behind them */
}

/* True where the value is an answer; then it is being handed out. */
static bool take_answer(struct replay_file *f, const char *text, size_t len)
{
    static const struct {
        const char *key;
        enum answer answer;
    } answers[] = {{"events", ANSWER_EVENTS}, {"projects", ANSWER_PROJECTS}, {"states", ANSWER_STATES}};
    const size_t end = scan_value(text, len);
    if (end == 0 || !is_blank(text + end, len - end))
        return false; /* no JSON: whoever takes it for an event says why */
    if (text[0] == '[') {
        struct slice list = {text, len};
        if (!tell_integrations(f, list))
            begin_answer(f, ANSWER_EVENTS, text, list);
        return true;
    }
    if (scan_member(text, len, "specversion").text != NULL)
        return false;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct slice list = scan_member(text, len, answers[i].key);
        if (list.text != NULL && list.text[0] == '[') {
            begin_answer(f, answers[i].answer, text, list);
            return true;
        }
    }
    return false;
}

/* The next part of an answer; a picture has a beginning and an end around it. False: it is complete. */
static bool next_element(struct replay_file *f, struct replay_item *item)
{
    const bool picture = f->answer != ANSWER_EVENTS;
    const size_t count = f->element_count, step = f->step++;
    if (step == count + (picture ? 2 : 0)) {
        f->answer = ANSWER_NONE;
        return false;
    }
    size_t i = step;
    *item = (struct replay_item){.kind = REPLAY_EVENT};
    if (picture) {
        item->kind = step == 0 ? REPLAY_BEGIN : step > count ? REPLAY_END : REPLAY_ANSWER;
        item->what = f->answer == ANSWER_STATES ? "state" : "project";
        i = step == 0 ? 0 : step > count ? count - 1 : step - 1;
    }
    if (count > 0) {
        const struct element *e = &f->elements[i];
        item->time_ns = e->time_ns;
        item->text = e->text;
        item->len = e->len;
        item->number = e->number;
    }
    return true;
}

/* --- the file --- */

/* A value over several lines, which starts at `at`. Returns false where it is none that can be taken. */
static bool take_value(struct replay_file *f, size_t len, struct replay_item *item, bool *handed)
{
    size_t rest;
    char *text = replay_input_at(&f->input, &rest);
    size_t faults = f->faults;
    *handed = false;
    f->input.line++; /* its first one */
    if (!take_answer(f, text, len)) {
        buffer_clear(&f->value); /* a copy: what stands behind it is still to be read */
        buffer_add(&f->value, text, len);
        *handed = take_event(f, f->value.data, len, item);
    }
    bool taken = *handed || f->answer != ANSWER_NONE || f->faults == faults;
    f->input.line--;
    if (taken) {
        f->input.line = line_of(f, text, text + len); /* what stands behind it counts as a line */
        replay_input_pass(&f->input, len);
    }
    return taken;
}

/* At the beginning: as long as values go over several lines, they are taken whole; then all is read by lines.
 * *handed: item is one. */
static enum replay_reading begin_file(struct replay_file *f, struct replay_item *item, bool *handed)
{
    size_t len = 0, rest;
    char *text;
    *handed = false;
    size_t skipped;
    do { /* until a line that is whole begins with what is no blank */
        if (replay_input_find_line(&f->input, &len) == REPLAY_LATER)
            return REPLAY_LATER;
        if (strncmp(replay_input_at(&f->input, &rest), "\xEF\xBB\xBF", 3) == 0)
            replay_input_pass(&f->input, 3);
        skipped = replay_input_skip_blanks(&f->input);
    } while (skipped > 0);
    text = replay_input_at(&f->input, &rest);
    const char *end = memchr(text, '\n', rest);
    bool several = rest > 0 && (*text == '{' || *text == '[') &&
                   scan_value(text, end != NULL ? (size_t)(end - text) : rest) == 0;
    if (several && replay_input_find_value(&f->input, &len) == REPLAY_LATER)
        return REPLAY_LATER;
    f->begun = !several || len == 0 || !take_value(f, len, item, handed);
    return REPLAY_READ;
}

static void end_file(struct replay_file *f)
{
    if (f->input.fault != 0)
        say(f, true, "cannot be read any further: %s", strerror(f->input.fault));
    f->input.fault = 0;
    if (f->faults > FAULTS_MAX)
        say(f, true, "%zu lines were left out in all", f->faults);
    f->faults = 0;
}

/* The next line that hands something out, or begins an answer. */
static enum replay_reading next_line(struct replay_file *f, struct replay_item *item, bool *handed)
{
    static const char own[] = "{\"" RECORDING_RECEIVED;
    char *text;
    size_t len;
    *handed = false;
    enum replay_reading reading = replay_input_line(&f->input, &text, &len);
    if (reading == REPLAY_TOO_LONG) {
        char why[80];
        (void)snprintf(why, sizeof why, "it is longer than %zu MiB", RECORDING_LINE_MAX >> 20); /* fits */
        complain(f, f->input.line + 1, why);
        return REPLAY_READ;
    }
    if (reading != REPLAY_READ || is_blank(text, len))
        return reading;
    bool is_own = strncmp(text, own, sizeof own - 1) == 0;
    if (is_own || (text[0] != '{' && text[0] != '[') || !take_answer(f, text, len))
        *handed = take_event(f, text, len, item);
    return REPLAY_READ;
}

enum replay_reading replay_file_next(struct replay_file *f, struct replay_item *item)
{
    enum replay_reading reading = REPLAY_READ;
    bool handed = false;
    while (reading == REPLAY_READ && !handed) {
        if (f->answer != ANSWER_NONE)
            handed = next_element(f, item);
        else
            reading = f->begun ? next_line(f, item, &handed) : begin_file(f, item, &handed);
    }
    if (reading == REPLAY_OVER)
        end_file(f);
    return reading;
}
