/* Keptn's event grammar, decoding of what is hostile and of what was recorded, and printing. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "event/event.h"

#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void a_type_is_split_by_its_number_of_parts(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        enum event_class class;
        enum event_kind kind;
        const char *stage, *name;
    } rows[] = {
        {"sh.keptn.event.approval.triggered", EVENT_CLASS_TASK, EVENT_KIND_TRIGGERED, "", "approval"},
        {"sh.keptn.event.je-test.started", EVENT_CLASS_TASK, EVENT_KIND_STARTED, "", "je-test"},
        {"sh.keptn.event.get-sli.finished", EVENT_CLASS_TASK, EVENT_KIND_FINISHED, "", "get-sli"},
        {"sh.keptn.event.evaluation.invalidated", EVENT_CLASS_TASK, EVENT_KIND_INVALIDATED, "", "evaluation"},
        {"sh.keptn.event.approval.Triggered", EVENT_CLASS_TASK, EVENT_KIND_OTHER, "", "approval"},
        {"sh.keptn.event.service.create", EVENT_CLASS_TASK, EVENT_KIND_OTHER, "", "service"},
        {"a.b.c.task.started", EVENT_CLASS_TASK, EVENT_KIND_STARTED, "", "task"},
        {"sh.keptn.event.qa.delivery.triggered", EVENT_CLASS_SEQUENCE, EVENT_KIND_TRIGGERED, "qa",
         "delivery"},
        {"sh.keptn.event.prod.delivery.finished", EVENT_CLASS_SEQUENCE, EVENT_KIND_FINISHED, "prod",
         "delivery"},
        {"sh.keptn.event.deploy.status.changed", EVENT_CLASS_SEQUENCE, EVENT_KIND_OTHER, "deploy", "status"},
        {"1.2.3.stage.sequence.started", EVENT_CLASS_SEQUENCE, EVENT_KIND_STARTED, "stage", "sequence"},
        {"sh.drawbridge.sequence.state", EVENT_CLASS_STATE, EVENT_KIND_OTHER, "", ""},
        {"sh.keptn.log.error", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {"sh.keptn.event.a.b.c.triggered", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {"", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {".", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {"....", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {"sh.keptn.event..triggered", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {"sh.keptn.event.approval.", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {".keptn.event.approval.triggered", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {"sh.keptn.event.qa..triggered", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {"sh.keptn.event.qa.delivery.triggered.", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {"sh.keptn.event." HUNDRED HUNDRED ".triggered", EVENT_CLASS_TASK, EVENT_KIND_TRIGGERED, "",
         HUNDRED HUNDRED},
        {"sh.keptn.event." HUNDRED HUNDRED "x.triggered", EVENT_CLASS_OTHER, EVENT_KIND_OTHER, "", ""},
        {"sh.keptn.event." HUNDRED HUNDRED ".delivery.triggered", EVENT_CLASS_SEQUENCE, EVENT_KIND_TRIGGERED,
         HUNDRED HUNDRED, "delivery"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct event_type got;
        memset(&got, 0x5A, sizeof got);
        event_type_parse(rows[i].type, &got);
        if (got.class != rows[i].class || got.kind != rows[i].kind || strcmp(got.stage, rows[i].stage) != 0 ||
            strcmp(got.name, rows[i].name) != 0)
            fail_msg("\"%s\": class %d, kind %d, stage \"%s\", name \"%s\"", rows[i].type, got.class,
                     got.kind, got.stage, got.name);
    }
}

/* The members of a complete event but for those that a row brings along. */
#define EVENT "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\",\"type\":\"sh.keptn.event.a.started\""

static const struct {
    const char *name, *text;
    enum event_form form;
    enum status status;
    const char *error;
} refusals[] = {
    {"bad JSON", "{\"id\":}", EVENT_FORM_COMPLETE, STATUS_INVALID, "not valid JSON, line 1, column 7"},
    {"an attribute twice", EVENT ",\"id\":\"j\"}", EVENT_FORM_COMPLETE, STATUS_INVALID,
     "\"id\" stands twice"},
    {"a NUL in an attribute", EVENT ",\"time\":\"a\\u0000b\"}", EVENT_FORM_COMPLETE, STATUS_INVALID,
     "\\u0000"},
    {"a list", "[]", EVENT_FORM_COMPLETE, STATUS_INVALID, "an event must be a JSON object"},
    {"a text", "\"event\"", EVENT_FORM_POSTED, STATUS_INVALID, "an event must be a JSON object"},
    {"an attribute that is a number", EVENT ",\"triggeredid\":1}", EVENT_FORM_COMPLETE, STATUS_INVALID,
     "triggeredid must be a string"},
    {"an attribute that is an object", EVENT ",\"shkeptncontext\":{}}", EVENT_FORM_COMPLETE, STATUS_INVALID,
     "shkeptncontext must be a string"},
    {"a project that is a list", EVENT ",\"data\":{\"project\":[\"p\"]}}", EVENT_FORM_COMPLETE,
     STATUS_INVALID, "data.project must be a string"},
    {"a result that is a boolean", EVENT ",\"data\":{\"result\":true}}", EVENT_FORM_POSTED, STATUS_INVALID,
     "data.result must be a string"},
    {"data that is a text", EVENT ",\"data\":\"x\"}", EVENT_FORM_COMPLETE, STATUS_INVALID,
     "data must be an object"},
    {"data that is a list", EVENT ",\"data\":[]}", EVENT_FORM_POSTED, STATUS_INVALID,
     "data must be an object"},
    {"a time that is none", EVENT ",\"time\":\"yesterday\"}", EVENT_FORM_COMPLETE, STATUS_INVALID,
     "not \"yesterday\""},
    {"a number that is none", EVENT ",\"sequence\":\"12a\"}", EVENT_FORM_COMPLETE, STATUS_INVALID,
     "sequence must be a string of 1 to 20 decimal digits"},
    {"a negative number", EVENT ",\"sequence\":\"-1\"}", EVENT_FORM_COMPLETE, STATUS_INVALID,
     "sequence must be"},
    {"a number that is no text", EVENT ",\"sequence\":12}", EVENT_FORM_COMPLETE, STATUS_INVALID,
     "sequence must be"},
    {"an empty number", EVENT ",\"sequence\":\"\"}", EVENT_FORM_COMPLETE, STATUS_INVALID, "sequence must be"},
    {"a number past 64 bits", EVENT ",\"sequence\":\"18446744073709551616\"}", EVENT_FORM_COMPLETE,
     STATUS_INVALID, "sequence must be"},
    {"no type", "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\"}", EVENT_FORM_COMPLETE,
     STATUS_INVALID, "type is missing"},
    {"no source", "{\"specversion\":\"1.0\",\"id\":\"i\",\"type\":\"t\"}", EVENT_FORM_COMPLETE,
     STATUS_INVALID, "source is missing"},
    {"an empty source", "{\"specversion\":\"1.0\",\"id\":\"i\",\"type\":\"t\",\"source\":\"\"}",
     EVENT_FORM_COMPLETE, STATUS_INVALID, "source is missing"},
    {"no id", "{\"specversion\":\"1.0\",\"source\":\"s\",\"type\":\"t\"}", EVENT_FORM_COMPLETE,
     STATUS_INVALID, "id is missing"},
    {"no specversion", "{\"id\":\"i\",\"source\":\"s\",\"type\":\"t\"}", EVENT_FORM_COMPLETE, STATUS_INVALID,
     "specversion is missing"},
    {"another major version", "{\"specversion\":\"0.3\",\"id\":\"i\",\"source\":\"s\",\"type\":\"t\"}",
     EVENT_FORM_COMPLETE, STATUS_INVALID, "specversion must be 1.x"},
    {"posted without type", "{\"source\":\"s\",\"data\":{}}", EVENT_FORM_POSTED, STATUS_UNPROCESSABLE,
     "type in body is required"},
    {"posted without source", "{\"type\":\"t\",\"data\":{}}", EVENT_FORM_POSTED, STATUS_UNPROCESSABLE,
     "source in body is required"},
    {"posted with a source of null", "{\"type\":\"t\",\"source\":null,\"data\":{}}", EVENT_FORM_POSTED,
     STATUS_UNPROCESSABLE, "source in body is required"},
    {"posted without data", "{\"source\":\"s\",\"type\":\"t\"}", EVENT_FORM_POSTED, STATUS_UNPROCESSABLE,
     "data in body is required"},
    {"posted with data of null", "{\"source\":\"s\",\"type\":\"t\",\"data\":null}", EVENT_FORM_POSTED,
     STATUS_UNPROCESSABLE, "data in body is required"},
    {"posted with nothing", "{}", EVENT_FORM_POSTED, STATUS_UNPROCESSABLE, "type in body is required"},
};

static void what_is_no_event_is_refused_with_the_reason(void **state)
{
    (void)state;
    struct event ev = {0}; /* one for all, as on a stream */
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct error err = ERROR_NONE;
        enum status status =
            event_decode(refusals[i].text, strlen(refusals[i].text), refusals[i].form, &ev, &err);
        if (status != refusals[i].status || err.status != status)
            fail_msg("%s: status %d: %s", refusals[i].name, status, err.text);
        if (strstr(err.text, refusals[i].error) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", refusals[i].name, err.text, refusals[i].error);
    }
    event_free(&ev);
}

static void decode(const char *text, enum event_form form, struct event *ev)
{
    struct error err = ERROR_NONE;
    if (event_decode(text, strlen(text), form, ev, &err) != STATUS_OK)
        fail_msg("%s: %s", text, err.text);
}

static void an_event_over_a_mebibyte_is_too_large(void **state)
{
    (void)state;
    struct event ev = {0};
    struct error err = ERROR_NONE;
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX + 1);
    assert_true(buffer_add_text(&text, EVENT "}"));
    while (text.len < JSON_EVENT_MAX)
        assert_true(buffer_add_char(&text, ' '));
    assert_int_equal(event_decode(text.data, text.len, EVENT_FORM_COMPLETE, &ev, &err), STATUS_OK);
    assert_true(buffer_add_char(&text, ' '));
    assert_int_equal(event_decode(text.data, text.len, EVENT_FORM_COMPLETE, &ev, &err), STATUS_TOO_LARGE);
    assert_string_equal(err.text, "an event of 1048577 bytes: at most 1048576 are taken");
    buffer_free(&text);
    event_free(&ev);
}

static void an_event_is_known_by_its_attributes_and_data(void **state)
{
    (void)state;
    struct event ev = {0};
    decode(EVENT ",\"time\":\"2023-05-04T12:00:00.5+02:00\",\"contenttype\":\"application/json\","
                 "\"shkeptncontext\":\"c\",\"triggeredid\":\"t\",\"gitcommitid\":\"g\","
                 "\"shkeptnspecversion\":\"0.2.4\","
                 "\"shipyardcommit\":\"y\",\"decisionid\":\"d\",\"decidedby\":\"b\",\"decidedvia\":\"v\","
                 "\"sequence\":\"18446744073709551615\",\"extra\":{\"x\":1},"
                 "\"data\":{\"project\":\"p\",\"stage\":\"st\",\"service\":\"se\",\"status\":\"succeeded\","
                 "\"result\":\"pass\","
                 "\"message\":\"m\",\"labels\":{\"a\":\"b\"}}}",
           EVENT_FORM_COMPLETE, &ev);
    const char *const pairs[][2] = {
        {ev.id, "i"},
        {ev.source, "s"},
        {ev.type, "sh.keptn.event.a.started"},
        {ev.specversion, "1.0"},
        {ev.contenttype, "application/json"},
        {ev.context, "c"},
        {ev.triggeredid, "t"},
        {ev.gitcommitid, "g"},
        {ev.shkeptnspecversion, "0.2.4"},
        {ev.shipyardcommit, "y"},
        {ev.decisionid, "d"},
        {ev.decidedby, "b"},
        {ev.decidedvia, "v"},
        {ev.project, "p"},
        {ev.stage, "st"},
        {ev.service, "se"},
        {ev.status, "succeeded"},
        {ev.result, "pass"},
        {ev.message, "m"},
        {json_text(json_get(ev.data, "labels"), "a"), "b"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_non_null(pairs[i][0]);
        assert_string_equal(pairs[i][0], pairs[i][1]);
    }
    int64_t ten;
    assert_true(clock_parse("2023-05-04T10:00:00.5Z", &ten));
    assert_int_equal(ev.time_ns, ten);
    assert_true(ev.number == UINT64_MAX);
    assert_int_equal(ev.parsed_type.class, EVENT_CLASS_TASK);
    assert_int_equal(ev.parsed_type.kind, EVENT_KIND_STARTED);
    assert_int_equal(cJSON_GetNumberValue(json_path(ev.root, "extra", "x", NULL)), 1);
    event_free(&ev);
}

static void an_event_keeps_nothing_of_the_one_before_it(void **state)
{
    (void)state;
    struct event ev = {0};
    struct error err = ERROR_NONE;
    decode(EVENT ",\"triggeredid\":\"t\",\"sequence\":\"7\",\"time\":\"2023-05-04T10:00:00Z\",\"data\":{"
                 "\"project\":\"p\"}}",
           EVENT_FORM_COMPLETE, &ev);
    decode(EVENT "}", EVENT_FORM_COMPLETE, &ev);
    assert_null(ev.triggeredid);
    assert_null(ev.time);
    assert_null(ev.project);
    assert_null(ev.data);
    assert_int_equal(ev.time_ns, 0);
    assert_int_equal(ev.number, 0);
    assert_int_equal(event_decode("{", 1, EVENT_FORM_COMPLETE, &ev, &err), STATUS_INVALID);
    assert_null(ev.root);
    assert_null(ev.id);
    assert_int_equal(ev.parsed_type.class, EVENT_CLASS_OTHER);
    event_free(&ev);
}

static void empty_attributes_null_and_the_year_1_are_absent(void **state)
{
    (void)state;
    struct event ev = {0};
    decode(EVENT
           ",\"triggeredid\":\"\",\"gitcommitid\":null,\"time\":\"0001-01-01T00:00:00Z\",\"sequence\":null,"
           "\"data\":{\"project\":\"\",\"stage\":null,\"labels\":null}}",
           EVENT_FORM_COMPLETE, &ev);
    assert_null(ev.triggeredid);
    assert_null(ev.gitcommitid);
    assert_null(ev.time);
    assert_null(ev.project);
    assert_null(ev.stage);
    assert_non_null(ev.data);
    assert_int_equal(ev.time_ns, 0);
    event_free(&ev);
}

static void what_clients_of_keptn_post_is_taken(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        /* the command line's trigger, its time unset in Go */
        "{\"type\":\"sh.keptn.event.qa.delivery.triggered\",\"source\":\"https://github.com/keptn/keptn/"
        "cli\","
        "\"time\":\"0001-01-01T00:00:00Z\",\"specversion\":\"1.0\",\"id\":\"\",\"data\":{\"project\":\"p\","
        "\"stage\":\"qa\","
        "\"service\":\"s\",\"labels\":{},\"configurationChange\":{\"values\":{\"image\":\"i:1\"}},"
        "\"deployment\":{}}}",
        /* the Bridge's trigger, its approval */
        "{\"contenttype\":\"application/"
        "json\",\"data\":{\"project\":\"p\"},\"type\":\"sh.keptn.event.qa.delivery.triggered\","
        "\"source\":\"bridge\"}",
        "{\"shkeptncontext\":\"c\",\"type\":\"sh.keptn.event.approval.finished\",\"triggeredid\":\"t\","
        "\"source\":\"https://github.com/keptn/keptn/"
        "bridge#approval.finished\",\"data\":{\"project\":\"p\",\"stage\":\"s\","
        "\"service\":\"v\",\"labels\":null,\"message\":\"\",\"result\":\"pass\",\"status\":\"succeeded\"}}",
        /* members that Keptn does not know are ignored */
        "{\"type\":\"t\",\"source\":\"s\",\"data\":{},\"data_base64\":\"eA==\",\"x\":[1,{\"y\":null}]}",
    };
    struct event ev = {0};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        decode(bodies[i], EVENT_FORM_POSTED, &ev);
    decode("{\"type\":\"t\",\"source\":\"\",\"data\":{}}", EVENT_FORM_POSTED, &ev);
    assert_string_equal(ev.source, "https://github.com/keptn/keptn/api");
    event_free(&ev);
}

/* A hostile event decodes, or is refused, in a time that does not depend on its author's choices. */
static void hostile_shapes_are_decoded_in_good_time(void **state)
{
    (void)state;
    struct event ev = {0};
    struct error err = ERROR_NONE;
    static const struct {
        const char *first, *before, *after, *last;
    } shapes[] = {
        {"\"x\":0", ",\"key-", "\":0", "}}"},                    /* many keys */
        {"\"x\":0", ",\"the same first letters ", "\":0", "}}"}, /* many keys that begin alike */
        {"\"x\":[0", ",[", "]", "]}}"},                          /* many values */
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
        assert_true(buffer_printf(&text, EVENT ",\"data\":{%s", shapes[i].first));
        for (int n = 0; text.len < JSON_EVENT_MAX - 100; n++)
            assert_true(buffer_printf(&text, "%s%d%s", shapes[i].before, n, shapes[i].after));
        assert_true(buffer_add_text(&text, shapes[i].last));
        int64_t before = clock_monotonic_ns();
        assert_int_equal(event_decode(text.data, text.len, EVENT_FORM_COMPLETE, &ev, &err), STATUS_OK);
        assert_true(clock_monotonic_ns() - before < 3 * CLOCK_S);
        buffer_free(&text);
    }
    event_free(&ev);
}

static cJSON *recorded(const char *file)
{
    char path[4096];
    struct buffer text = BUFFER_LIMIT(JSON_BODY_MAX);
    struct error err = ERROR_NONE;
    char chunk[4096];
    cJSON *answer = NULL;
    (void)snprintf(path, sizeof path, "%s/%s", TEST_DATA, file); /* a path cut short is not found */
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    for (size_t len; (len = fread(chunk, 1, sizeof chunk, in)) > 0;)
        assert_true(buffer_add(&text, chunk, len));
    (void)fclose(in); /* read only */
    if (json_parse(text.data, text.len, &answer, &err) != STATUS_OK)
        fail_msg("%s: %s", file, err.text);
    buffer_free(&text);
    return answer;
}

static void recorded_events_of_a_real_keptn_decode(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        int index, count;
        enum event_class class;
        enum event_kind kind;
        const char *name, *stage, *context, *triggeredid, *time;
    } rows[] = {
        {"approval.json", 0, 3, EVENT_CLASS_SEQUENCE, EVENT_KIND_TRIGGERED, "delivery", "production",
         "51b96d8c-ff67-4a75-859b-124bcdbb04ff", NULL, "2022-05-25T12:50:44.58Z"},
        {"approval.json", 1, 3, EVENT_CLASS_TASK, EVENT_KIND_TRIGGERED, "approval", "production",
         "99a20ef4-d822-4185-bbee-0d7a364c213b", NULL, "2022-05-25T12:50:52.56Z"},
        {"approval.json", 2, 3, EVENT_CLASS_TASK, EVENT_KIND_STARTED, "approval", "production",
         "99a20ef4-d822-4185-bbee-0d7a364c213b", "c0275a97-fc4f-4279-bc3e-c892482c8dbd",
         "2022-05-25T12:50:52.763Z"},
        {"remediation.json", 0, 11, EVENT_CLASS_SEQUENCE, EVENT_KIND_FINISHED, "remediation", "production",
         "cfaadbb1-3c47-46e5-a230-d0f055f4f518", "d69f66fd-d4f0-4d4f-9856-0b08c557d8fc",
         "2022-03-08T09:50:39.599Z"},
        {"remediation.json", 7, 11, EVENT_CLASS_TASK, EVENT_KIND_FINISHED, "get-action", "production",
         "cfaadbb1-3c47-46e5-a230-d0f055f4f518", "8df20adf-", "2022-03-08T09:48:36.695Z"},
    };
    struct event ev = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *answer = recorded(rows[i].file);
        const cJSON *events = json_get(answer, "events");
        assert_int_equal(cJSON_GetArraySize(events), rows[i].count);
        int at = 0;
        for (const cJSON *item = events->child; item != NULL; item = item->next, at++) {
            struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
            char time[CLOCK_TEXT_SIZE];
            assert_true(json_print(item, &text));
            decode(text.data, EVENT_FORM_COMPLETE, &ev);
            assert_non_null(ev.project);
            assert_non_null(ev.service);
            assert_int_equal(ev.parsed_type.kind != EVENT_KIND_OTHER, 1);
            buffer_free(&text);
            if (at != rows[i].index)
                continue;
            clock_format(ev.time_ns, time);
            assert_string_equal(time, rows[i].time);
            assert_int_equal(ev.parsed_type.class, rows[i].class);
            assert_int_equal(ev.parsed_type.kind, rows[i].kind);
            assert_string_equal(ev.parsed_type.name, rows[i].name);
            assert_string_equal(ev.stage, rows[i].stage);
            assert_string_equal(ev.context, rows[i].context);
            if (rows[i].triggeredid == NULL)
                assert_null(ev.triggeredid);
            else
                assert_memory_equal(ev.triggeredid, rows[i].triggeredid, strlen(rows[i].triggeredid));
        }
        cJSON_Delete(answer);
    }
    event_free(&ev);
}

static void what_is_printed_decodes_to_the_same(void **state)
{
    (void)state;
    cJSON *labels = cJSON_CreateObject();
    cJSON_AddStringToObject(labels, "a \"label\"", "\xE2\x9C\x85\x01");
    cJSON *data = event_data_new("p", "s", "v", labels, "succeeded", "", NULL);
    cJSON *extensions = cJSON_CreateObject();
    cJSON_AddNumberToObject(extensions, "n", 1);
    const struct event_draft draft = {.id = "i",
                                      .source = "so\"urce",
                                      .type = "sh.keptn.event.a.finished",
                                      .context = "c",
                                      .triggeredid = "t",
                                      .decidedby = "b",
                                      .gitcommitid = "",
                                      .time_ns = INT64_C(1683194400500000000),
                                      .data = data,
                                      .extensions = extensions};
    struct buffer text = BUFFER_LIMIT(4096);
    assert_true(event_print(&draft, &text));
    assert_string_equal(
        text.data,
        "{\"specversion\":\"1.0\",\"datacontenttype\":\"application/json\",\"id\":\"i\","
        "\"source\":\"so\\\"urce\",\"type\":\"sh.keptn.event.a.finished\",\"time\":\"2023-05-04T10:00:00."
        "5Z\","
        "\"shkeptncontext\":\"c\",\"triggeredid\":\"t\",\"decidedby\":\"b\",\"extensions\":{\"n\":1},"
        "\"data\":{\"project\":\"p\",\"stage\":\"s\",\"service\":\"v\","
        "\"labels\":{\"a \\\"label\\\"\":\"\xE2\x9C\x85\\u0001\"},\"status\":\"succeeded\"}}");
    struct event ev = {0};
    decode(text.data, EVENT_FORM_COMPLETE, &ev);
    assert_string_equal(ev.source, draft.source);
    assert_int_equal(ev.time_ns, draft.time_ns);
    assert_null(ev.gitcommitid);
    assert_null(ev.result);
    assert_true(cJSON_Compare(ev.data, data, true));
    for (size_t limit = 0; limit <= text.len; limit++) {
        struct buffer small = BUFFER_LIMIT(limit + 1);
        assert_true(buffer_add_char(&small, '>'));
        assert_int_equal(event_print(&draft, &small), limit == text.len);
        if (limit < text.len)
            assert_string_equal(buffer_text(&small), ">");
        buffer_free(&small);
    }
    event_free(&ev);
    buffer_free(&text);
    cJSON_Delete(extensions);
    cJSON_Delete(data);
    cJSON_Delete(labels);
}

static void a_draft_without_data_prints_an_empty_object(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT(4096);
    assert_true(event_print(&(struct event_draft){.type = "t"}, &text));
    assert_string_equal(
        text.data,
        "{\"specversion\":\"1.0\",\"datacontenttype\":\"application/json\",\"type\":\"t\",\"data\":{}}");
    buffer_free(&text);
}

static void a_tag_is_what_stands_behind_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *image, *tag;
    } rows[] = {
        {"ghcr.io/podtato-head/podtatoserver:v0.1.1", "v0.1.1"},
        {"hello:2", "2"},
        {"hello", NULL},
        {"localhost:5000/hello", NULL},
        {"localhost:5000/hello:3", "3"},
        {"hello@sha256:0123", NULL},
        {"hello:", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *tag = event_image_tag(rows[i].image);
        if (rows[i].tag == NULL)
            assert_null(tag);
        else
            assert_string_equal(tag, rows[i].tag);
    }
}

static void the_image_is_found_in_the_configuration_change(void **state)
{
    (void)state;
    struct event ev = {0};
    decode(EVENT ",\"data\":{\"configurationChange\":{\"values\":{\"image\":\"i:1\"}}}}", EVENT_FORM_COMPLETE,
           &ev);
    assert_string_equal(event_image(ev.data), "i:1");
    decode(EVENT ",\"data\":{\"configurationChange\":{\"values\":{\"image\":1}}}}", EVENT_FORM_COMPLETE, &ev);
    assert_null(event_image(ev.data));
    decode(EVENT ",\"data\":{\"configurationChange\":[\"values\"]}}", EVENT_FORM_COMPLETE, &ev);
    assert_null(event_image(ev.data));
    assert_null(event_image(NULL));
    event_free(&ev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_is_split_by_its_number_of_parts),
        cmocka_unit_test(what_is_no_event_is_refused_with_the_reason),
        cmocka_unit_test(an_event_over_a_mebibyte_is_too_large),
        cmocka_unit_test(an_event_is_known_by_its_attributes_and_data),
        cmocka_unit_test(an_event_keeps_nothing_of_the_one_before_it),
        cmocka_unit_test(empty_attributes_null_and_the_year_1_are_absent),
        cmocka_unit_test(what_clients_of_keptn_post_is_taken),
        cmocka_unit_test(hostile_shapes_are_decoded_in_good_time),
        cmocka_unit_test(recorded_events_of_a_real_keptn_decode),
        cmocka_unit_test(what_is_printed_decodes_to_the_same),
        cmocka_unit_test(a_draft_without_data_prints_an_empty_object),
        cmocka_unit_test(a_tag_is_what_stands_behind_the_name),
        cmocka_unit_test(the_image_is_found_in_the_configuration_change),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
