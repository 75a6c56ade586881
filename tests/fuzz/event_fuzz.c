/* An event that decodes prints to one that decodes to the same; a refusal has a reason. */
#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "event/event.h"
#include "fuzz.h"

static void check_same(const char *one, const char *other)
{
    FUZZ_MUST((one == NULL) == (other == NULL));
    FUZZ_MUST(one == NULL || (one[0] != '\0' && utf8_is_valid(one, strlen(one)) && strcmp(one, other) == 0));
}

static void check_type(const struct event *ev)
{
    const struct event_type *type = &ev->parsed_type;
    FUZZ_MUST(strlen(type->name) <= EVENT_NAME_MAX && strlen(type->stage) <= EVENT_NAME_MAX);
    FUZZ_MUST((type->stage[0] != '\0') == (type->class == EVENT_CLASS_SEQUENCE));
    FUZZ_MUST((type->name[0] != '\0') ==
              (type->class == EVENT_CLASS_SEQUENCE || type->class == EVENT_CLASS_TASK));
    FUZZ_MUST(type->name[0] != '\0' || type->kind == EVENT_KIND_OTHER);
}

static void check_print(const struct event *ev)
{
    const struct event_draft draft = {.id = ev->id != NULL ? ev->id : "id",
                                      .source = ev->source,
                                      .type = ev->type,
                                      .context = ev->context,
                                      .triggeredid = ev->triggeredid,
                                      .gitcommitid = ev->gitcommitid,
                                      .shkeptnspecversion = ev->shkeptnspecversion,
                                      .shipyardcommit = ev->shipyardcommit,
                                      .decisionid = ev->decisionid,
                                      .decidedby = ev->decidedby,
                                      .decidedvia = ev->decidedvia,
                                      .time_ns = ev->time_ns,
                                      .data = ev->data,
                                      .extensions = json_get(ev->root, "extensions")};
    struct buffer text = BUFFER_LIMIT((size_t)16 * 1024 * 1024);
    struct error err = ERROR_NONE;
    struct event again = {0};
    FUZZ_MUST(event_print(&draft, &text));
    if (text.len <= JSON_EVENT_MAX) {
        FUZZ_MUST(event_decode(text.data, text.len, EVENT_FORM_COMPLETE, &again, &err) == STATUS_OK);
        check_same(ev->source, again.source);
        check_same(ev->type, again.type);
        check_same(ev->context, again.context);
        check_same(ev->triggeredid, again.triggeredid);
        check_same(ev->decidedby, again.decidedby);
        check_same(ev->project, again.project);
        check_same(ev->message, again.message);
        FUZZ_MUST(again.time_ns == ev->time_ns);
        check_same(event_image(ev->data), event_image(again.data));
        const char *tag = event_image_tag(event_image(ev->data));
        FUZZ_MUST(tag == NULL || tag[0] != '\0');
    }
    event_free(&again);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct event ev; /* one for all inputs, as on a stream */
    static const enum event_form forms[] = {EVENT_FORM_COMPLETE, EVENT_FORM_POSTED};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct error err = ERROR_NONE;
        enum status status = event_decode((const char *)data, size, forms[i], &ev, &err);
        FUZZ_MUST(status == err.status && (status == STATUS_OK) == (err.text[0] == '\0'));
        if (status != STATUS_OK)
            continue;
        FUZZ_MUST(ev.type != NULL && ev.source != NULL && ev.root != NULL);
        check_type(&ev);
        check_print(&ev);
    }
    return 0;
}
