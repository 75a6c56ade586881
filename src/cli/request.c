/* request.c: the calls of the subcommands, one after the other. */
#include "config.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/internal.h"

#define TIMEOUT_MS (30 * 1000)
#define PAGES_MAX  10000

static enum status ask_url(struct cli_context *ctx, const char *method, const char *url, const cJSON *body,
                           cJSON **out, struct error *err)
{
    struct buffer text = BUFFER_LIMIT(JSON_BODY_MAX);
    struct http_request request = {
        .method = method, .url = url, .token = ctx->token, .timeout_ms = TIMEOUT_MS};
    struct http_answer answer = {0};
    enum status status = STATUS_OK;
    if (out != NULL)
        *out = NULL;
    if (body != NULL && !json_print(body, &text)) {
        status = error_set(err, STATUS_TOO_LARGE, "%s %s: what is to be sent is longer than %d MiB", method,
                           url, JSON_BODY_MAX >> 20);
        goto out;
    }
    if (body != NULL) {
        request.body = buffer_text(&text);
        request.body_len = text.len;
    }
    status = http_ask(ctx->http, &request, &answer, err);
    if (status == STATUS_OK)
        status = http_error(&request, answer.code, answer.body, answer.body_len, err);
    if (status != STATUS_OK)
        goto out;
    if (out != NULL && answer.body_len > 0) {
        status = json_parse(answer.body, answer.body_len, out, err);
        if (status != STATUS_OK) {
            err->status = status = STATUS_FAILED;
            error_prefix(err, "%s %s: the answer is no JSON that this program can read; is it a Keptn API?",
                         method, url);
        }
    }
out:
    free(answer.body);
    buffer_free(&text);
    return status;
}

enum status cli_ask(struct cli_context *ctx, const char *method, const cJSON *body, cJSON **out,
                    struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *url = http_url_args(ctx->server, format, args);
    va_end(args);
    enum status status = ask_url(ctx, method, url, body, out, err);
    free(url);
    return status;
}

/* Moves the items of a page to the end of all. Returns false where the page has no such list. */
static bool take_items(cJSON *page, const char *key, cJSON *all)
{
    cJSON *items = cJSON_DetachItemFromObjectCaseSensitive(page, key);
    if (!cJSON_IsArray(items) && !cJSON_IsNull(items)) {
        cJSON_Delete(items);
        return false;
    }
    while (items->child != NULL)
        cJSON_AddItemToArray(all, cJSON_DetachItemViaPointer(items, items->child));
    cJSON_Delete(items);
    return true;
}

long long cli_next_page(const cJSON *page)
{
    const cJSON *next = json_get(page, "nextPageKey");
    if (cJSON_IsNumber(next) && next->valuedouble > 0 && next->valuedouble < 1e15)
        return (long long)next->valuedouble;
    if (cJSON_IsString(next)) {
        char *end;
        long long offset = strtoll(next->valuestring, &end, 10);
        return *end == '\0' && offset > 0 ? offset : 0;
    }
    return 0;
}

enum status cli_ask_pages(struct cli_context *ctx, const char *key, cJSON **out, struct error *err,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *base = http_url_args(ctx->server, format, args);
    va_end(args);
    enum status status = STATUS_OK;
    long long offset = 0;
    *out = cJSON_CreateArray();
    for (int pages = 0; status == STATUS_OK && pages < PAGES_MAX; pages++) {
        cJSON *page = NULL;
        char *url = mem_printf("%s%cpageSize=100&nextPageKey=%lld", base,
                               strchr(base, '?') != NULL ? '&' : '?', offset);
        status = ask_url(ctx, "GET", url, NULL, &page, err);
        if (status == STATUS_OK && !take_items(page, key, *out))
            status = error_set(err, STATUS_FAILED,
                               "GET %s: the answer has no list \"%s\"; is it a Keptn API?", url, key);
        long long next = status == STATUS_OK ? cli_next_page(page) : 0;
        cJSON_Delete(page);
        free(url);
        if (next <= offset) /* the last page; a key that does not grow would go on for ever */
            break;
        offset = next;
    }
    if (status != STATUS_OK) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    free(base);
    return status;
}

enum status cli_send_event(struct cli_context *ctx, const cJSON *event, char **context, struct error *err)
{
    cJSON *answer = NULL;
    enum status status = cli_ask(ctx, "POST", event, &answer, err, "/v1/event");
    if (context != NULL)
        *context = NULL;
    if (status == STATUS_OK && context != NULL) {
        *context = mem_string(json_text(answer, "keptnContext"));
        if (*context == NULL)
            status = error_set(err, STATUS_FAILED,
                               "POST %s/v1/event: the server took the event but told no Keptn context",
                               ctx->server);
    }
    cJSON_Delete(answer);
    return status;
}

char *cli_base64(const char *bytes, size_t len)
{
    const size_t size = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
    char *text = mem_alloc(size);
    return sodium_bin2base64(text, size, (const unsigned char *)bytes, len, sodium_base64_VARIANT_ORIGINAL);
}
