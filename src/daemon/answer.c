#include "config.h"

#include "daemon/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"

void answer_text(api_done done, void *done_arg, int http, const char *body)
{
    done(done_arg, http, body, strlen(body));
}

void answer_json(api_done done, void *done_arg, int http, const cJSON *body)
{
    struct buffer text = BUFFER_LIMIT(64 * 1024 * 1024);
    if (json_print(body, &text))
        done(done_arg, http, buffer_text(&text), text.len);
    else
        answer_refusal(done, done_arg, STATUS_FAILED, "the answer is over 64 MiB");
    buffer_free(&text);
}

void answer_error(api_done done, void *done_arg, const struct error *err)
{
    cJSON *body = cJSON_CreateObject();
    int http = status_http(err->status);
    cJSON_AddNumberToObject(body, "code", http);
    cJSON_AddStringToObject(body, "message", err->text[0] != '\0' ? err->text : status_words(err->status));
    answer_json(done, done_arg, http, body);
    cJSON_Delete(body);
}

void answer_refusal(api_done done, void *done_arg, enum status status, const char *format, ...)
{
    struct error err = {.status = status};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err.text, sizeof err.text, format, args); /* cut where it is too long */
    va_end(args);
    answer_error(done, done_arg, &err);
}
