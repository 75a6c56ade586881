/* api/answer.c: answers in Keptn's shapes: errors, pages, events. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define JSON_TYPE "application/json"

void api_answer_text(struct api_request *rq, int http, const char *type, const char *text, size_t len)
{
    free(rq->answer.body);
    rq->answer.http = http;
    rq->answer.type = type;
    rq->answer.body = mem_string_n(text != NULL ? text : "", text != NULL ? len : 0);
    rq->answer.len = text != NULL ? len : 0;
    api_request_ready(rq);
}

void api_answer_json(struct api_request *rq, int http, const char *json)
{
    api_answer_text(rq, http, JSON_TYPE, json, strlen(json));
}

void api_answer_buffer(struct api_request *rq, int http, struct buffer *json)
{
    if (json->overflow) {
        buffer_free(json);
        api_answer_error(rq, 500, "the answer would be over %zu MiB: ask for it in pages (pageSize)",
                         API_ANSWER_MAX / (1024 * 1024));
        return;
    }
    free(rq->answer.body);
    rq->answer.http = http;
    rq->answer.type = JSON_TYPE;
    rq->answer.body = buffer_take(json, &rq->answer.len);
    api_request_ready(rq);
}

void api_answer_code(struct api_request *rq, int http, int code, const char *message)
{
    struct buffer out = BUFFER_LIMIT(API_ANSWER_MAX);
    (void)buffer_printf(&out, "{\"code\":%d,\"message\":", code);
    (void)json_print_text(message[0] != '\0' ? message : "failed",
                          &out); /* Keptn's clients print it: never empty */
    (void)buffer_add_char(&out, '}');
    api_answer_buffer(rq, http, &out);
}

void api_answer_error(struct api_request *rq, int http, const char *format, ...)
{
    char message[ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args); /* what is too long is cut */
    va_end(args);
    api_answer_code(rq, http, http, message);
}

void api_answer_status(struct api_request *rq, const struct error *err)
{
    int http = status_http(err->status);
    api_answer_code(rq, http, http, err->text);
}

/* --- pages --- */

/* A number of a query; false: it is none. Too large ones are cut, which leaves them behind the end. */
static bool number_read(const char *text, size_t *out)
{
    if (text == NULL || text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
        return false;
    *out = strlen(text) > 9 ? 999999999 : (size_t)strtoul(text, NULL, 10);
    return true;
}

struct api_page api_page_read(const struct api_request *rq, size_t default_size)
{
    struct api_page page = {.offset = 0, .size = default_size};
    size_t number = 0;
    if (number_read(api_query(rq, "pageSize"), &number) && number > 0)
        page.size = number;
    if (number_read(api_query(rq, "nextPageKey"), &number))
        page.offset = number;
    return page;
}

bool api_limit_read(struct api_request *rq, const char *key, size_t *size)
{
    const char *text = api_query(rq, key);
    char message[128];
    *size = API_PAGE_SIZE;
    if (text == NULL)
        return true;
    char *rest = NULL;
    long long number = strtoll(text, &rest, 10);
    if (*rest == '\0' && number >= 1 && number <= 100) {
        *size = (size_t)number;
        return true;
    }
    const char *why = *rest != '\0' ? "must be of type int64"
                      : number < 1  ? "should be greater than or equal to 1"
                                    : "should be less than or equal to 100";
    int code = *rest != '\0' ? 601 : number < 1 ? 609 : 608;
    (void)snprintf(message, sizeof message, "%s in query %s", key, why);
    api_answer_code(rq, 422, code, message);
    return false;
}

void api_page_end(struct buffer *out, const struct api_page *page, size_t count, size_t total,
                  enum api_page_key kind)
{
    size_t next = page->offset + count;
    bool more = count > 0 && next < total;
    if (kind == API_PAGE_NUMBER && more)
        (void)buffer_printf(out, ",\"nextPageKey\":%zu", next);
    else if (kind != API_PAGE_NUMBER && more)
        (void)buffer_printf(out, ",\"nextPageKey\":\"%zu\"", next);
    else if (kind == API_PAGE_TEXT_ZERO)
        (void)buffer_add_text(out, ",\"nextPageKey\":\"0\"");
    if (total > 0)
        (void)buffer_printf(out, ",\"totalCount\":%zu", total);
}

bool api_time_read(const struct api_request *rq, const char *key, int64_t *ns)
{
    const char *text = api_query(rq, key);
    *ns = API_TIME_OPEN;
    if (text == NULL || strncmp(text, "0001-", 5) == 0) /* Go's zero time: not set */
        return true;
    return clock_parse(text, ns);
}

bool api_list_take(struct api_list *list)
{
    size_t at = list->seen++;
    if (at < list->page.offset || (list->page.size != 0 && list->count >= list->page.size))
        return false;
    if (list->count++ > 0)
        (void)buffer_add_char(&list->out, ',');
    return true;
}

/* --- events --- */

/* One member of the outermost object of a JSON text. */
struct member {
    const char *key, *value; /* key with its quotes */
    size_t key_len, value_len;
};

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p < end ? p + 1 : end;
}

static const char *skip_value(const char *p, const char *end)
{
    int depth = 0;
    while (p < end) {
        if (*p == '"') {
            p = skip_string(p, end);
            if (depth == 0)
                return p;
            continue;
        }
        if (depth == 0 && (*p == ',' || *p == '}'))
            return p;
        depth += *p == '{' || *p == '[' ? 1 : *p == '}' || *p == ']' ? -1 : 0;
        p++;
        if (depth == 0 && (p[-1] == '}' || p[-1] == ']'))
            return p;
    }
    return end;
}

/* *at stands behind '{' or the last value; the text has been checked when it was stored, so this only splits
 * it. */
static bool next_member(const char **at, const char *end, struct member *m)
{
    const char *p = skip_blanks(*at, end);
    if (p < end && *p == ',')
        p = skip_blanks(p + 1, end);
    if (p >= end || *p != '"')
        return false;
    m->key = p;
    p = skip_string(p, end);
    m->key_len = (size_t)(p - m->key);
    p = skip_blanks(p, end);
    if (p >= end || *p != ':')
        return false;
    p = skip_blanks(p + 1, end);
    m->value = p;
    p = skip_value(p, end);
    while (p > m->value && (p[-1] == ' ' || p[-1] == '\t' || p[-1] == '\n' || p[-1] == '\r'))
        p--; /* a number runs up to the comma */
    m->value_len = (size_t)(p - m->value);
    *at = p;
    return m->value_len > 0;
}

static bool key_is(const struct member *m, const char *name)
{
    size_t len = strlen(name);
    return m->key_len == len + 2 && memcmp(m->key + 1, name, len) == 0;
}

bool api_event_answer(const char *text, size_t len, struct buffer *out)
{
    const char *end = text + len, *at = skip_blanks(text, end);
    if (at >= end || *at != '{')
        return false;
    const char *begin = ++at;
    struct member m;
    bool named = false; /* it has `contenttype` itself */
    while (next_member(&at, end, &m))
        named = named || key_is(&m, "contenttype");
    bool first = true;
    (void)buffer_add_char(out, '{');
    for (at = begin; next_member(&at, end, &m);) {
        bool content = key_is(&m, "datacontenttype");
        if (key_is(&m, "sequence") || (content && named))
            continue;
        if (!first)
            (void)buffer_add_char(out, ',');
        first = false;
        if (content)
            (void)buffer_add_text(out, "\"contenttype\"");
        else
            (void)buffer_add(out, m.key, m.key_len);
        (void)buffer_add_char(out, ':');
        (void)buffer_add(out, m.value, m.value_len);
    }
    return buffer_add_char(out, '}');
}

cJSON *api_body_object(struct api_request *rq, const char *message)
{
    struct error err = ERROR_NONE;
    cJSON *body = NULL;
    if (json_parse(buffer_text(&rq->body), rq->body.len, &body, &err) == STATUS_OK && cJSON_IsObject(body))
        return body;
    if (body != NULL)
        (void)error_set(&err, STATUS_INVALID, "the body is no JSON object");
    cJSON_Delete(body);
    bool open = message[strlen(message) - 1] == ' '; /* "Invalid request format: " goes on with the reason */
    api_answer_error(rq, 400, "%s%s", message, open ? err.text : "");
    return NULL;
}
