/* api/audit.c: who did what, when, from where, why. Source: interfaces.md, "HTTP". */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/json.h"

#define PAGE_MAX 1000 /* entries of one answer */

struct audit_page {
    struct api_request *rq;
    struct buffer out;
    size_t size, count;
    int64_t last; /* row of the newest entry in it */
    bool more;
};

static void add_field(struct buffer *out, const char *key, const char *value)
{
    (void)buffer_printf(out, ",\"%s\":", key);
    (void)json_print_text(value != NULL ? value : "", out);
}

/* What belongs to no project (tokens, secrets) is the administrator's. */
static bool may_see(const struct api_request *rq, const struct store_audit_entry *entry)
{
    if (entry->project == NULL || entry->project[0] == '\0')
        return rq->token->role == API_ROLE_ADMIN && rq->token->all_projects;
    return api_request_sees(rq, entry->project);
}

static bool add_entry(void *arg, const struct store_audit_entry *entry)
{
    struct audit_page *page = arg;
    char time[CLOCK_TEXT_SIZE];
    if (!may_see(page->rq, entry))
        return true;
    page->more = page->count == page->size;
    if (page->more)
        return false;
    clock_format(entry->time_ns, time);
    (void)buffer_printf(&page->out, "%s{\"row\":%lld,\"time\":\"%s\"", page->count++ > 0 ? "," : "",
                        (long long)entry->row, time);
    add_field(&page->out, "who", entry->who);
    add_field(&page->out, "what", entry->what);
    add_field(&page->out, "project", entry->project);
    add_field(&page->out, "from", entry->from);
    add_field(&page->out, "why", entry->why);
    add_field(&page->out, "hash", entry->hash);
    page->last = entry->row;
    return buffer_add_char(&page->out, '}');
}

void api_get_audit(struct api_request *rq)
{
    struct error err = ERROR_NONE;
    struct api_page asked = api_page_read(rq, PAGE_MAX);
    struct audit_page page = {
        .rq = rq, .out = BUFFER_LIMIT(API_ANSWER_MAX), .size = asked.size < PAGE_MAX ? asked.size : PAGE_MAX};
    struct store_audit_query q = {.project = api_query(rq, "project"), .after = (int64_t)asked.offset};
    if (!api_time_read(rq, "since", &q.from_ns)) {
        api_answer_error(rq, 400, "since must be a time like 2023-05-04T10:11:12.123Z");
        return;
    }
    (void)buffer_add_text(&page.out, "{\"entries\":[");
    if (store_audit(rq->api->store, &q, add_entry, &page, &err) != STATUS_OK) {
        buffer_free(&page.out);
        api_answer_status(rq, &err);
        return;
    }
    (void)buffer_add_char(&page.out, ']');
    if (page.more)
        (void)buffer_printf(&page.out, ",\"nextPageKey\":%lld", (long long)page.last);
    (void)buffer_add_char(&page.out, '}');
    api_answer_buffer(rq, 200, &page.out);
}
