#include "config.h"

#include "sequencer/approval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

static const char *given(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

/* Takes away the part of a character that is left where snprintf has cut. */
static void mend_end(char *text)
{
    size_t len = strlen(text), start = len;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t whole = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (len - (start - 1) < whole)
        text[start - 1] = '\0';
}

void approval_decide(const struct event *ev, struct approval_answer *out)
{
    const cJSON *approval = json_get(ev->data, "approval");
    const char *result = given(ev->result);
    if (result == NULL)
        result = given(json_text(json_get(ev->data, "evaluation"), "result"));
    const char *strategy = "manual";
    out->finished = NULL;
    if (is(result, "fail")) {
        strategy = "automatic";
        out->finished = "fail";
    } else if (is(result, "pass") || is(result, "warning")) {
        const char *text = given(json_text(approval, result));
        strategy = text != NULL ? text : "manual";
        if (is(text, "automatic"))
            out->finished = "pass";
    }
    int len = snprintf(out->message, sizeof out->message, "Approval strategy for result '%s': %s",
                       result != NULL ? result : "", strategy);
    if (len < 0 || (size_t)len >= sizeof out->message)
        mend_end(out->message);
}

static struct event_draft draft_of(const struct event *ev, const char *type, const cJSON *data)
{
    return (struct event_draft){.source = APPROVAL_SOURCE,
                                .type = type,
                                .context = ev->context,
                                .triggeredid = ev->id,
                                .shkeptnspecversion = "0.2.4",
                                .data = data};
}

void approval_draft(const struct event *ev, struct approval_drafts *out)
{
    const cJSON *labels = json_get(ev->data, "labels");
    struct approval_answer answer;
    approval_decide(ev, &answer);
    *out = (struct approval_drafts){.has_finished = answer.finished != NULL};
    out->started_data =
        event_data_new(ev->project, ev->stage, ev->service, labels, "succeeded", NULL, answer.message);
    out->started = draft_of(ev, "sh.keptn.event.approval.started", out->started_data);
    if (!out->has_finished)
        return;
    out->finished_data =
        event_data_new(ev->project, ev->stage, ev->service, labels, "succeeded", answer.finished, NULL);
    out->finished = draft_of(ev, "sh.keptn.event.approval.finished", out->finished_data);
}

void approval_drafts_free(struct approval_drafts *out)
{
    cJSON_Delete(out->started_data);
    cJSON_Delete(out->finished_data);
    *out = (struct approval_drafts){0};
}
