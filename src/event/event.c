#include "config.h"

#include "event/event.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

/* --- types --- */

static enum event_kind kind_of(const char *text)
{
    static const struct {
        const char *name;
        enum event_kind kind;
    } kinds[] = {{"triggered", EVENT_KIND_TRIGGERED},
                 {"started", EVENT_KIND_STARTED},
                 {"finished", EVENT_KIND_FINISHED},
                 {"invalidated", EVENT_KIND_INVALIDATED}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(text, kinds[i].name) == 0)
            return kinds[i].kind;
    return EVENT_KIND_OTHER;
}

void event_type_parse(const char *type, struct event_type *out)
{
    const char *parts[6];
    size_t lengths[6], count = 0;
    out->class = EVENT_CLASS_OTHER;
    out->kind = EVENT_KIND_OTHER;
    out->stage[0] = out->name[0] = '\0';
    if (strcmp(type, EVENT_TYPE_STATE) == 0) {
        out->class = EVENT_CLASS_STATE;
        return;
    }
    for (const char *at = type;;) {
        const char *dot = strchrnul(at, '.');
        if (count == 6 || dot == at || dot - at > EVENT_NAME_MAX)
            return;
        parts[count] = at;
        lengths[count++] = (size_t)(dot - at);
        if (*dot == '\0')
            break;
        at = dot + 1;
    }
    if (count < 5)
        return;
    out->class = count == 5 ? EVENT_CLASS_TASK : EVENT_CLASS_SEQUENCE;
    out->kind = kind_of(parts[count - 1]);
    memcpy(out->name, parts[count - 2], lengths[count - 2]);
    out->name[lengths[count - 2]] = '\0';
    if (count == 6) {
        memcpy(out->stage, parts[3], lengths[3]);
        out->stage[lengths[3]] = '\0';
    }
}

/* --- decoding --- */

/* The attributes that are texts, and where they go. */
static const struct attribute {
    const char *name;
    size_t offset;
} attributes[] = {
    {"id", offsetof(struct event, id)},
    {"source", offsetof(struct event, source)},
    {"type", offsetof(struct event, type)},
    {"time", offsetof(struct event, time)},
    {"specversion", offsetof(struct event, specversion)},
    {"datacontenttype", offsetof(struct event, contenttype)},
    {"contenttype", offsetof(struct event, contenttype)},
    {"shkeptncontext", offsetof(struct event, context)},
    {"triggeredid", offsetof(struct event, triggeredid)},
    {"gitcommitid", offsetof(struct event, gitcommitid)},
    {"shkeptnspecversion", offsetof(struct event, shkeptnspecversion)},
    {"shipyardcommit", offsetof(struct event, shipyardcommit)},
    {"decisionid", offsetof(struct event, decisionid)},
    {"decidedby", offsetof(struct event, decidedby)},
    {"decidedvia", offsetof(struct event, decidedvia)},
};
static const struct attribute data_members[] = {
    {"project", offsetof(struct event, project)}, {"stage", offsetof(struct event, stage)},
    {"service", offsetof(struct event, service)}, {"status", offsetof(struct event, status)},
    {"result", offsetof(struct event, result)},   {"message", offsetof(struct event, message)},
};

/* Two characters tell nearly all names apart, without a call; `name` has at least two. */
static bool is_named(const cJSON *item, const char *name)
{
    const char *key = item->string;
    return key[0] == name[0] && key[1] == name[1] && strcmp(key, name) == 0;
}

/* Puts the item into ev where the table has it. An empty text or null counts as absent. */
static enum status take_text(struct event *ev, const cJSON *item, const struct attribute *table, size_t count,
                             const char *where, struct error *err)
{
    size_t i = 0;
    while (i < count && !is_named(item, table[i].name))
        i++;
    if (i == count || cJSON_IsNull(item))
        return STATUS_OK;
    if (!cJSON_IsString(item))
        return error_set(err, STATUS_INVALID, "%s%s must be a string", where, table[i].name);
    if (item->valuestring[0] != '\0')
        memcpy((char *)ev + table[i].offset, &item->valuestring, sizeof item->valuestring);
    return STATUS_OK;
}

static enum status take_time(struct event *ev, struct error *err)
{
    if (ev->time == NULL)
        return STATUS_OK;
    if (!clock_parse(ev->time, &ev->time_ns))
        return error_set(err, STATUS_INVALID,
                         "time must be as in \"2023-05-04T10:00:00Z\" (RFC 3339), not \"%.60s\"", ev->time);
    if (strncmp(ev->time, "0001-", 5) == 0) { /* Go's zero time: not set */
        ev->time = NULL;
        ev->time_ns = 0;
    }
    return STATUS_OK;
}

/* The extension "sequence": decimal digits. */
static enum status take_number(struct event *ev, const cJSON *item, struct error *err)
{
    if (cJSON_IsNull(item))
        return STATUS_OK;
    const char *text = cJSON_IsString(item) ? item->valuestring : "";
    size_t digits = strspn(text, "0123456789");
    errno = 0;
    unsigned long long number = digits == 0 ? 0 : strtoull(text, NULL, 10);
    if (digits == 0 || digits > 20 || text[digits] != '\0' || errno != 0)
        return error_set(err, STATUS_INVALID,
                         "sequence must be a string of 1 to 20 decimal digits, at most 18446744073709551615");
    ev->number = number;
    return STATUS_OK;
}

static enum status take_data(struct event *ev, const cJSON *data, struct error *err)
{
    enum status status = STATUS_OK;
    if (cJSON_IsNull(data))
        return STATUS_OK;
    if (!cJSON_IsObject(data))
        return error_set(err, STATUS_INVALID, "data must be an object");
    ev->data = data;
    for (const cJSON *item = data->child; status == STATUS_OK && item != NULL; item = item->next)
        status = take_text(ev, item, data_members, sizeof data_members / sizeof *data_members, "data.", err);
    return status;
}

/* In one walk, as an event has few attributes and the look-ups of cJSON walk anew for each. */
static enum status take_attributes(struct event *ev, struct error *err)
{
    enum status status = STATUS_OK;
    for (const cJSON *item = ev->root->child; status == STATUS_OK && item != NULL; item = item->next) {
        if (is_named(item, "data"))
            status = take_data(ev, item, err);
        else if (is_named(item, "sequence"))
            status = take_number(ev, item, err);
        else
            status = take_text(ev, item, attributes, sizeof attributes / sizeof *attributes, "", err);
    }
    return status == STATUS_OK ? take_time(ev, err) : status;
}

static enum status require(const char *value, const char *name, enum event_form form, struct error *err)
{
    if (value != NULL)
        return STATUS_OK;
    /* The words of Keptn's api-service, which its clients show. */
    return form == EVENT_FORM_POSTED ? error_set(err, STATUS_UNPROCESSABLE, "%s in body is required", name)
                                     : error_set(err, STATUS_INVALID, "%s is missing", name);
}

/* Keptn's schema wants a source to be there; an empty one stands for its own (source: keptn-events.md, 1). */
static void complete_source(struct event *ev)
{
    if (ev->source == NULL && json_text(ev->root, "source") != NULL)
        ev->source = "https://github.com/keptn/keptn/api";
}

static enum status require_attributes(struct event *ev, enum event_form form, struct error *err)
{
    if (form == EVENT_FORM_POSTED)
        complete_source(ev);
    enum status status = require(ev->type, "type", form, err);
    if (status == STATUS_OK)
        status = require(ev->source, "source", form, err);
    if (form == EVENT_FORM_POSTED)
        return status != STATUS_OK || ev->data != NULL ? status : require(NULL, "data", form, err);
    if (status == STATUS_OK)
        status = require(ev->id, "id", form, err);
    if (status == STATUS_OK)
        status = require(ev->specversion, "specversion", form, err);
    if (status == STATUS_OK && strncmp(ev->specversion, "1.", 2) != 0)
        status = error_set(err, STATUS_INVALID, "specversion must be 1.x");
    return status;
}

enum status event_decode(const char *text, size_t len, enum event_form form, struct event *ev,
                         struct error *err)
{
    struct arena arena = ev->arena;
    arena_reset(&arena);
    *ev = (struct event){.arena = arena};
    if (len > JSON_EVENT_MAX)
        return error_set(err, STATUS_TOO_LARGE, "an event of %zu bytes: at most %d are taken", len,
                         JSON_EVENT_MAX);
    cJSON *root = NULL;
    enum status status = json_parse_in_arena(text, len, &ev->arena, &root, err);
    if (status != STATUS_OK)
        return status;
    if (!cJSON_IsObject(root))
        return error_set(err, STATUS_INVALID, "an event must be a JSON object");
    ev->root = root;
    status = take_attributes(ev, err);
    if (status == STATUS_OK)
        status = require_attributes(ev, form, err);
    if (status == STATUS_OK)
        event_type_parse(ev->type, &ev->parsed_type);
    return status;
}

void event_free(struct event *ev)
{
    arena_free(&ev->arena);
    *ev = (struct event){0};
}

/* --- printing --- */

static bool add_member(struct buffer *out, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return true;
    return buffer_printf(out, ",\"%s\":", name) && json_print_text(value, out);
}

bool event_print(const struct event_draft *draft, struct buffer *out)
{
    char time[CLOCK_TEXT_SIZE] = "";
    size_t before = out->len;
    if (draft->time_ns != 0)
        clock_format(draft->time_ns, time);
    bool fits = buffer_add_text(out, "{\"specversion\":\"1.0\",\"datacontenttype\":\"application/json\"") &&
                add_member(out, "id", draft->id) && add_member(out, "source", draft->source) &&
                add_member(out, "type", draft->type) && add_member(out, "time", time) &&
                add_member(out, "shkeptncontext", draft->context) &&
                add_member(out, "triggeredid", draft->triggeredid) &&
                add_member(out, "gitcommitid", draft->gitcommitid) &&
                add_member(out, "shkeptnspecversion", draft->shkeptnspecversion) &&
                add_member(out, "shipyardcommit", draft->shipyardcommit) &&
                add_member(out, "decisionid", draft->decisionid) &&
                add_member(out, "decidedby", draft->decidedby) &&
                add_member(out, "decidedvia", draft->decidedvia);
    if (fits && draft->extensions != NULL)
        fits = buffer_add_text(out, ",\"extensions\":") && json_print(draft->extensions, out);
    fits = fits && buffer_add_text(out, ",\"data\":");
    fits = fits && (draft->data != NULL ? json_print(draft->data, out) : buffer_add_text(out, "{}"));
    fits = fits && buffer_add_char(out, '}');
    if (!fits && out->data != NULL) { /* half an event is none */
        out->len = before;
        out->data[before] = '\0';
    }
    return fits;
}

static void add_text(cJSON *object, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        cJSON_AddStringToObject(object, name, value);
}

cJSON *event_data_new(const char *project, const char *stage, const char *service, const cJSON *labels,
                      const char *status, const char *result, const char *message)
{
    cJSON *data = cJSON_CreateObject();
    add_text(data, "project", project);
    add_text(data, "stage", stage);
    add_text(data, "service", service);
    if (labels != NULL && labels->child != NULL)
        cJSON_AddItemToObject(data, "labels", cJSON_Duplicate(labels, true));
    add_text(data, "status", status);
    add_text(data, "result", result);
    add_text(data, "message", message);
    return data;
}

/* --- images --- */

const char *event_image_tag(const char *image)
{
    if (image == NULL || strchr(image, '@') != NULL)
        return NULL;
    const char *slash = strrchr(image, '/');
    const char *colon = strrchr(slash != NULL ? slash : image, ':');
    return colon != NULL && colon[1] != '\0' ? colon + 1 : NULL;
}

const char *event_image(const cJSON *data)
{
    const cJSON *image = json_path(data, "configurationChange", "values", "image", NULL);
    return cJSON_IsString(image) && image->valuestring[0] != '\0' ? image->valuestring : NULL;
}
