/* daemon/answer.h: answers to the api's ports, in Keptn's form. */
#ifndef DAEMON_ANSWER_H
#define DAEMON_ANSWER_H

#include <cjson/cJSON.h>

#include "api/api.h"
#include "base/error.h"

void answer_text(api_done done, void *done_arg, int http, const char *body);
void answer_json(api_done done, void *done_arg, int http, const cJSON *body);
/* {"code":…,"message":…} with the HTTP status of err. */
void answer_error(api_done done, void *done_arg, const struct error *err);
void answer_refusal(api_done done, void *done_arg, enum status status, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
