/* What comes from outside may be anything: what cannot be used is refused, and the model is as it was. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/model.h"
#include "story.h"

#define EVENT_OF(type, rest)                                                                                 \
    "{\"specversion\":\"1.0\",\"id\":\"x\",\"source\":\"s\",\"type\":\"sh.keptn.event." type "\","           \
    "\"time\":\"2023-05-04T10:00:00Z\"" rest "}"
#define CONTEXT ",\"shkeptncontext\":\"c\""
#define DATA    ",\"data\":{\"project\":\"fulltour\",\"stage\":\"qa\",\"service\":\"hello\"}"

struct row {
    const char *name, *text;
    const char *says; /* a part of the error; NULL: it is taken, and means nothing */
};

static const struct row event_rows[] = {
    {"no context", EVENT_OF("approval.triggered", DATA), "shkeptncontext"},
    {"no data", EVENT_OF("approval.triggered", CONTEXT), "data.project"},
    {"no project", EVENT_OF("approval.triggered", CONTEXT ",\"data\":{\"stage\":\"qa\",\"service\":\"h\"}"),
     "data.project"},
    {"no stage", EVENT_OF("qa.delivery.triggered", CONTEXT ",\"data\":{\"project\":\"p\",\"service\":\"h\"}"),
     "data.stage"},
    {"no service", EVENT_OF("approval.triggered", CONTEXT ",\"data\":{\"project\":\"p\",\"stage\":\"qa\"}"),
     "data.service"},
    {"a started of nothing", EVENT_OF("approval.started", CONTEXT DATA), "triggeredid"},
    {"a finished of nothing", EVENT_OF("qa.delivery.finished", CONTEXT DATA), "triggeredid"},
    {"before 1970",
     "{\"specversion\":\"1.0\",\"id\":\"x\",\"source\":\"s\",\"type\":\"sh.keptn.event.approval.triggered\","
     "\"time\":\"1950-05-04T10:00:00Z\"" CONTEXT DATA "}",
     "1970"},
    {"an unknown kind", EVENT_OF("approval.invalidated", CONTEXT), NULL},
    {"a changed status", EVENT_OF("approval.status.changed", CONTEXT), NULL},
    {"a sequence's started", EVENT_OF("qa.delivery.started", CONTEXT), NULL},
    {"another type",
     "{\"specversion\":\"1.0\",\"id\":\"x\",\"source\":\"s\",\"type\":\"sh.keptn.log.error\"}", NULL},
    {"a state without data",
     "{\"specversion\":\"1.0\",\"id\":\"x\",\"source\":\"s\",\"type\":\"sh.drawbridge.sequence.state\"}",
     "no object"},
    {"a state of wrong kind",
     "{\"specversion\":\"1.0\",\"id\":\"x\",\"source\":\"s\",\"type\":\"sh.drawbridge.sequence.state\","
     "\"data\":{\"project\":\"fulltour\",\"shkeptncontext\":\"c\",\"name\":\"d\",\"service\":\"h\","
     "\"stages\":7}}",
     "no list"},
};

#define STATE(rest)                                                                                          \
    "{\"project\":\"fulltour\",\"shkeptncontext\":\"c\",\"name\":\"delivery\",\"service\":\"h\"" rest "}"
#define STAGE(rest) STATE(",\"state\":\"started\",\"stages\":[{\"name\":\"qa\"},{" rest "}]")

static const struct row state_rows[] = {
    {"no object", "[]", "no object"},
    {"no project", "{\"shkeptncontext\":\"c\",\"name\":\"d\",\"service\":\"h\"}", "project"},
    {"a context that is a number",
     "{\"project\":\"p\",\"shkeptncontext\":7,\"name\":\"d\",\"service\":\"h\"}", "context"},
    {"an empty name", "{\"project\":\"p\",\"shkeptncontext\":\"c\",\"name\":\"\",\"service\":\"h\"}", "name"},
    {"a state that is a list", STATE(",\"state\":[]"), "state"},
    {"a time that is none", STATE(",\"time\":\"yesterday\""), "time"},
    {"a time before 1970", STATE(",\"time\":\"1950-01-01T00:00:00Z\""), "time"},
    {"stages that are a text", STATE(",\"stages\":\"qa\""), "no list"},
    {"a stage that is a number", STATE(",\"stages\":[1]"), "without a usable name"},
    {"a stage without a name", STAGE("\"state\":\"\""), "without a usable name"},
    {"an image that is an object", STAGE("\"name\":\"b\",\"image\":{}"), "image"},
    {"an event that is a text", STAGE("\"name\":\"b\",\"latestEvent\":\"x\""), "latest event"},
    {"an event without an id", STAGE("\"name\":\"b\",\"latestEvent\":{\"type\":\"a.b.c.d.triggered\"}"),
     "latest event"},
    {"an event of an impossible time",
     STAGE("\"name\":\"b\",\"latestEvent\":{\"type\":\"a\",\"id\":\"i\",\"time\":\"2023-13-01T00:00:00Z\"}"),
     "latest event"},
    {"an evaluation that is a number", STAGE("\"name\":\"b\",\"latestEvaluation\":3"), "evaluation"},
    {"nulls everywhere", STATE(",\"time\":null,\"state\":null,\"stages\":null"), NULL},
};

static const struct row project_rows[] = {
    {"no object", "7", "projectName"},
    {"no name", "{\"stages\":[]}", "projectName"},
    {"stages that are an object", "{\"projectName\":\"p\",\"stages\":{}}", "no list"},
    {"a stage without a name", "{\"projectName\":\"p\",\"stages\":[{\"stageName\":\"a\"},{}]}", "stageName"},
    {"a shipyard that is a number", "{\"projectName\":\"p\",\"shipyard\":1}", "no text"},
};

static const struct row open_rows[] = {
    {"no object", "7", "no list"},
    {"no events", "{\"states\":[]}", "no list"},
    {"events that are a text", "{\"events\":\"\"}", "no list"},
    {"events that are none",
     "{\"events\":[1,null,{},{\"type\":\"a.b.c.approval.triggered\"},{\"type\":\"a.b.c.approval.triggered\","
     "\"id\":\"i\",\"data\":[],\"time\":\"never\"}],\"nextPageKey\":\"1\"}",
     NULL},
};

static struct model *model_with_something(void)
{
    struct story s = {0};
    struct model *m = model_new();
    story_event(&s, 0, "c", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 1, "c", "qa", "approval.triggered", "a1", "", "");
    story_state(&s, 0, "d", "started", "qa", "triggered", "test.started", "e1", 5);
    story_tell(m, &s);
    story_free(&s);
    return m;
}

static void check_rows(enum story_kind kind, const struct row *rows, size_t count)
{
    struct model *m = model_with_something();
    uint64_t digest = model_digest(m), revision = model_revision(m);
    for (size_t i = 0; i < count; i++) {
        struct story_item item = {kind, mem_string(rows[i].text), 77};
        struct error err = ERROR_NONE;
        enum status status = story_apply(m, &item, &err);
        if (status != (rows[i].says != NULL ? STATUS_INVALID : STATUS_OK))
            fail_msg("%s: status %s %s", rows[i].name, status_words(status), err.text);
        if (rows[i].says != NULL && strstr(err.text, rows[i].says) == NULL)
            fail_msg("%s: says %s", rows[i].name, err.text);
        model_check(m);
        if (model_digest(m) != digest)
            fail_msg("%s: the model is another", rows[i].name);
        if (rows[i].says != NULL)
            assert_int_equal(model_revision(m), revision);
        revision = model_revision(m);
        free(item.text);
    }
    model_free(m);
}

static void an_event_that_cannot_be_used_leaves_the_model_as_it_was(void **state)
{
    (void)state;
    check_rows(STORY_EVENT, event_rows, sizeof event_rows / sizeof event_rows[0]);
}

static void a_state_that_cannot_be_used_leaves_the_model_as_it_was(void **state)
{
    (void)state;
    check_rows(STORY_STATE, state_rows, sizeof state_rows / sizeof state_rows[0]);
}

static void a_project_that_cannot_be_used_leaves_the_model_as_it_was(void **state)
{
    (void)state;
    check_rows(STORY_PROJECT, project_rows, sizeof project_rows / sizeof project_rows[0]);
}

static void an_answer_that_cannot_be_used_leaves_the_model_as_it_was(void **state)
{
    (void)state;
    check_rows(STORY_OPEN, open_rows, sizeof open_rows / sizeof open_rows[0]);
}

/* --- what is too much --- */

static char *long_text(size_t len)
{
    char *text = mem_alloc(len + 1);
    memset(text, 'x', len);
    return text;
}

/* Each name once too long; index: which. */
static struct story_item *event_with_long(struct story *s, int index, const char *text)
{
    const char *project = "fulltour";
    const char *part[8] = {"c9", "qa", "hello", "i9", "t9", "src", "4f", "hello:1"};
    if (index < 8)
        part[index] = text;
    else
        project = text;
    return story_add(
        s, STORY_EVENT,
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"%s\",\"type\":\"sh.keptn.event.test.%s\","
        "\"triggeredid\":\"%s\",\"shkeptncontext\":\"%s\",\"gitcommitid\":\"%s\",\"data\":{\"project\":\"%"
        "s\","
        "\"stage\":\"%s\",\"service\":\"%s\",\"configurationChange\":{\"values\":{\"image\":\"%s\"}}}}",
        part[3], part[5], index == 7 ? "triggered" : "started", part[4], part[0], part[6], project, part[1],
        part[2], part[7]);
}

static void names_that_are_too_long_are_refused(void **state)
{
    (void)state;
    char *text = long_text(5000);
    struct story s = {0};
    struct model *m = model_with_something();
    uint64_t digest = model_digest(m);
    for (int i = 0; i <= 8; i++) {
        struct error err = ERROR_NONE;
        if (story_apply(m, event_with_long(&s, i, text), &err) != STATUS_INVALID)
            fail_msg("part %d was taken", i);
        assert_non_null(strstr(err.text, "longer than any"));
        model_check(m);
    }
    assert_int_equal(model_digest(m), digest);
    char *stage = mem_printf("{\"name\":\"%s\"}", text);
    story_add(&s, STORY_STATE, STATE(",\"stages\":[%s]"), stage);
    assert_int_equal(story_apply(m, &s.items[s.count - 1], NULL), STATUS_INVALID);
    assert_int_equal(model_digest(m), digest);
    free(stage);
    free(text);
    story_free(&s);
    model_free(m);
}

static void one_context_cannot_fill_the_memory(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct error err = ERROR_NONE;
    size_t taken = 0;
    for (int i = 0; i < 2100; i++) {
        struct story s = {0};
        char id[30];
        snprintf(id, sizeof id, "e%d", i);
        story_event(&s, i, "c1", "qa", "test.triggered", id, "", "");
        taken += story_apply(m, &s.items[0], &err) == STATUS_OK;
        story_free(&s);
    }
    model_check(m);
    assert_int_equal(taken, 2000);
    assert_non_null(strstr(err.text, "2000 tasks"));
    taken = 0;
    for (int i = 0; i < 100; i++) {
        struct story s = {0};
        char id[30];
        snprintf(id, sizeof id, "s%d", i);
        story_event(&s, i, "c1", "qa", "test.started", id, "e7", "");
        taken += story_apply(m, &s.items[0], &err) == STATUS_OK;
        story_free(&s);
    }
    model_check(m);
    assert_int_equal(taken, 64);
    model_free(m);
}

static void labels_without_end_are_cut_off(void **state)
{
    (void)state;
    struct buffer labels = BUFFER_LIMIT(1 << 20);
    char *text = long_text(4000);
    for (int i = 0; i < 200; i++)
        buffer_printf(&labels, "%s\"k%d\":\"%s\"", i > 0 ? "," : "", i, text);
    struct story s = {0};
    struct model *m = model_new();
    char *data = mem_printf(",\"labels\":{%s}", buffer_text(&labels));
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", data);
    story_event(&s, 1, "c1", "qa", "test.triggered", "e1", "", data);
    story_tell(m, &s);
    const struct model_sequence *seq = story_find(m, "c1", "qa");
    assert_int_equal(seq->label_count, 64);
    assert_int_equal(strlen(seq->labels[63].value), 512);
    free(data);
    free(text);
    buffer_free(&labels);
    story_free(&s);
    model_free(m);
}

/* Times at the ends of what can be told, and none at all. */
static void times_that_lead_astray_break_nothing(void **state)
{
    (void)state;
    struct model *m = model_new();
    static const char *const times[] = {"1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
                                        "2262-04-11T23:47:16Z", "2023-05-04T10:00:00.000000001Z"};
    static const char *const types[] = {"qa.delivery.triggered", "approval.triggered", "approval.started",
                                        "approval.finished", "qa.delivery.finished"};
    for (size_t i = 0; i < 20; i++) {
        struct story s = {0};
        story_add(&s, STORY_EVENT,
                  "{\"specversion\":\"1.0\",\"id\":\"%s%zu\",\"source\":\"s\",\"type\":\"sh.keptn.event.%s\","
                  "\"time\":\"%s\",\"triggeredid\":\"%s\"" CONTEXT DATA "}",
                  i / 4 == 1 ? "a" : "i", i / 4 == 1 ? (size_t)1 : i, types[i / 4], times[i % 4],
                  i / 4 == 4 ? "i0" : "a1");
        (void)story_apply(m, &s.items[0], NULL); /* taken or refused, both are right */
        model_check(m);
        story_free(&s);
    }
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_that_cannot_be_used_leaves_the_model_as_it_was),
        cmocka_unit_test(a_state_that_cannot_be_used_leaves_the_model_as_it_was),
        cmocka_unit_test(a_project_that_cannot_be_used_leaves_the_model_as_it_was),
        cmocka_unit_test(an_answer_that_cannot_be_used_leaves_the_model_as_it_was),
        cmocka_unit_test(names_that_are_too_long_are_refused),
        cmocka_unit_test(one_context_cannot_fill_the_memory),
        cmocka_unit_test(labels_without_end_are_cut_off),
        cmocka_unit_test(times_that_lead_astray_break_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
