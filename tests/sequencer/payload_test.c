/* Merge and aggregation: the tables of keptn-events.md, 3.3 and 3.4. */
#include "config.h"

#include "sequencer/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/mem.h"

struct merge_row {
    const char *name, *old, *new, *merged;
};

static const struct merge_row merge_rows[] = {
    {"objects key by key", "{\"a\":{\"b\":\"1\",\"c\":\"2\"}}", "{\"a\":{\"c\":\"3\",\"d\":\"4\"}}",
     "{\"a\":{\"b\":\"1\",\"c\":\"3\",\"d\":\"4\"}}"},
    {"arrays: new items, then old ones", "{\"a\":[1,2]}", "{\"a\":[2,3]}", "{\"a\":[2,3,1,2]}"},
    {"arrays: nothing new", "{\"a\":[1,2]}", "{\"a\":[]}", "{\"a\":[1,2]}"},
    {"arrays: nothing old", "{\"a\":[]}", "{\"a\":[{\"x\":1}]}", "{\"a\":[{\"x\":1}]}"},
    {"strings: new", "{\"a\":\"old\"}", "{\"a\":\"new\"}", "{\"a\":\"new\"}"},
    {"strings: new, even if empty", "{\"a\":\"old\"}", "{\"a\":\"\"}", "{\"a\":\"\"}"},
    {"different kinds: new", "{\"a\":\"old\",\"b\":[1],\"c\":{\"x\":1}}", "{\"a\":[1],\"b\":{},\"c\":\"s\"}",
     "{\"a\":[1],\"b\":{},\"c\":\"s\"}"},
    {"old null: new", "{\"a\":null}", "{\"a\":\"new\"}", "{\"a\":\"new\"}"},
    {"old missing: new", "{}", "{\"a\":{\"b\":[1]}}", "{\"a\":{\"b\":[1]}}"},
    {"old missing, new null", "{}", "{\"a\":null}", "{\"a\":null}"},
    {"both null", "{\"a\":null}", "{\"a\":null}", "{\"a\":null}"},
    {"new null: old object", "{\"a\":{\"b\":\"c\"}}", "{\"a\":null}", "{\"a\":{\"b\":\"c\"}}"},
    {"new null: old array", "{\"a\":[1]}", "{\"a\":null}", "{\"a\":[1]}"},
    {"new null: an old string is emptied", "{\"a\":\"old\"}", "{\"a\":null}", "{\"a\":\"\"}"},
    {"new null: old number", "{\"a\":5}", "{\"a\":null}", "{\"a\":5}"},
    {"numbers: new (Keptn keeps the old)", "{\"e\":{\"score\":50}}", "{\"e\":{\"score\":100}}",
     "{\"e\":{\"score\":100}}"},
    {"booleans: new (Keptn keeps the old)", "{\"a\":true}", "{\"a\":false}", "{\"a\":false}"},
    {"number to string: new", "{\"a\":1}", "{\"a\":\"1\"}", "{\"a\":\"1\"}"},
    {"names differ by case", "{\"a\":\"1\"}", "{\"A\":\"2\"}", "{\"a\":\"1\",\"A\":\"2\"}"},
    {"an empty name", "{\"\":\"1\"}", "{\"\":\"2\"}", "{\"\":\"2\"}"},
};

static cJSON *parse(const char *text)
{
    cJSON *value = cJSON_Parse(text);
    assert_non_null(value);
    return value;
}

static void merging_follows_the_table(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof merge_rows / sizeof *merge_rows; i++) {
        const struct merge_row *row = &merge_rows[i];
        cJSON *into = parse(row->old), *from = parse(row->new);
        payload_merge(into, from);
        char *text = cJSON_PrintUnformatted(into);
        if (strcmp(text, row->merged) != 0)
            fail_msg("%s: %s", row->name, text);
        char *untouched = cJSON_PrintUnformatted(from);
        assert_string_equal(untouched, row->new);
        cJSON_free(text);
        cJSON_free(untouched);
        cJSON_Delete(into);
        cJSON_Delete(from);
    }
}

static cJSON *numbered(size_t first, size_t count, const char *value)
{
    cJSON *object = cJSON_CreateObject();
    for (size_t i = first; i < first + count; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "key-%zu", i);
        cJSON_AddStringToObject(object, key, value);
    }
    return object;
}

/* 50,000 keys on each side: key by key along a list that is 2.5 billion steps. */
static void merging_large_objects_does_not_cost_their_product(void **unused)
{
    (void)unused;
    const size_t count = 50000;
    cJSON *into = numbered(0, count, "old"), *from = numbered(count / 2, count, "new");
    payload_merge(into, from);
    assert_int_equal(cJSON_GetArraySize(into), count + count / 2);
    size_t i = 0;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, into)
    {
        assert_string_equal(item->valuestring, i < count / 2 ? "old" : "new");
        i++;
    }
    cJSON_Delete(into);
    cJSON_Delete(from);
}

static void an_array_that_was_merged_can_grow_further(void **unused)
{
    (void)unused;
    cJSON *into = parse("{\"a\":[1]}"), *from = parse("{\"a\":[2]}");
    for (int i = 0; i < 3; i++)
        payload_merge(into, from);
    cJSON_AddItemToArray(cJSON_GetObjectItem(into, "a"), cJSON_CreateNumber(9));
    char *text = cJSON_PrintUnformatted(into);
    assert_string_equal(text, "{\"a\":[2,2,2,1,9]}");
    cJSON_free(text);
    cJSON_Delete(into);
    cJSON_Delete(from);
}

struct verdict_row {
    const char *name;
    const char *events[4]; /* "status/result" of a finished, "-" a started */
    const char *status, *result;
};

static const struct verdict_row verdict_rows[] = {
    {"one passes", {"-", "succeeded/pass"}, "succeeded", "pass"},
    {"one warns", {"-", "succeeded/warning"}, "succeeded", "warning"},
    {"one fails", {"-", "succeeded/fail"}, "succeeded", "fail"},
    {"pass and warning", {"-", "-", "succeeded/pass", "succeeded/warning"}, "succeeded", "warning"},
    {"warning and pass", {"-", "-", "succeeded/warning", "succeeded/pass"}, "succeeded", "warning"},
    {"pass and fail", {"-", "-", "succeeded/pass", "succeeded/fail"}, "succeeded", "fail"},
    {"warning and fail", {"-", "-", "succeeded/warning", "succeeded/fail"}, "succeeded", "fail"},
    {"no result", {"-", "succeeded/"}, "succeeded", "fail"},
    {"another result", {"-", "succeeded/great"}, "succeeded", "fail"},
    {"one is errored", {"-", "-", "succeeded/pass", "errored/pass"}, "errored", "pass"},
    {"errored before aborted", {"-", "-", "aborted/pass", "errored/fail"}, "errored", "fail"},
    {"one is aborted", {"-", "-", "succeeded/pass", "aborted/pass"}, "aborted", "pass"},
    {"aborted, and an unknown one", {"-", "-", "aborted/pass", "strange/pass"}, "aborted", "pass"},
    {"an unknown status", {"-", "strange/pass"}, "unknown", "fail"},
    {"the status unknown", {"-", "unknown/pass"}, "unknown", "fail"},
    {"no status", {"-", "/pass"}, "unknown", "fail"},
    {"succeeded and no status", {"-", "-", "succeeded/pass", "/pass"}, "unknown", "fail"},
};

static void aggregating_follows_the_table(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof verdict_rows / sizeof *verdict_rows; i++) {
        const struct verdict_row *row = &verdict_rows[i];
        struct task_event events[4] = {0};
        char *texts[4] = {0};
        size_t count = 0;
        for (; count < 4 && row->events[count] != NULL; count++) {
            texts[count] = mem_string(row->events[count]);
            char *slash = strchr(texts[count], '/');
            if (slash == NULL)
                continue;
            *slash = '\0';
            events[count] = (struct task_event){.finished = true,
                                                .status = texts[count][0] != '\0' ? texts[count] : NULL,
                                                .result = slash[1] != '\0' ? slash + 1 : NULL};
        }
        struct verdict v = payload_verdict(events, count);
        if (strcmp(v.status, row->status) != 0 || strcmp(v.result, row->result) != 0)
            fail_msg("%s: %s/%s", row->name, v.status, v.result);
        for (size_t j = 0; j < 4; j++)
            free(texts[j]);
    }
}

/* --- what a payload is built of --- */

static void payload_is(const struct execution *x, const char *stage, const struct plan_task *task,
                       const char *json)
{
    cJSON *built = payload_build(x, stage, task);
    char *text = cJSON_PrintUnformatted(built);
    assert_string_equal(text, json);
    cJSON_free(text);
    cJSON_Delete(built);
}

static char name_p[] = "p", name_c[] = "c", name_qa[] = "qa", name_svc[] = "svc", name_test[] = "test";
static char word_succeeded[] = "succeeded", word_warning[] = "warning";

static void the_first_task_gets_the_input_with_its_result_and_properties(void **unused)
{
    (void)unused;
    struct record r = {.project = name_p, .context = name_c};
    struct execution x = {.record = &r, .stage = name_qa, .service = name_svc};
    struct plan_task task = {.name = name_test, .properties = parse("{\"teststrategy\":\"performance\"}")};
    x.input = parse("{\"project\":\"p\",\"stage\":\"dev\",\"service\":\"svc\",\"labels\":{\"b\":\"7\"},"
                    "\"status\":\"errored\","
                    "\"result\":\"fail\",\"message\":\"went wrong\",\"x\":[1],\"test\":{\"start\":\"1\"}}");
    payload_is(&x, "qa", &task,
               "{\"project\":\"p\",\"stage\":\"qa\",\"service\":\"svc\",\"labels\":{\"b\":\"7\"},\"status\":"
               "\"errored\","
               "\"result\":\"fail\",\"message\":\"\",\"x\":[1],\"test\":{\"start\":\"1\",\"teststrategy\":"
               "\"performance\"}}");
    cJSON_Delete(task.properties);
    task.properties = NULL;
    payload_is(&x, "production", &task,
               "{\"project\":\"p\",\"stage\":\"production\",\"service\":\"svc\",\"labels\":{\"b\":\"7\"},"
               "\"status\":\"errored\","
               "\"result\":\"fail\",\"message\":\"\",\"x\":[1],\"test\":{\"start\":\"1\"}}");
    cJSON_Delete(x.input);
}

static void later_tasks_get_what_all_before_answered_and_the_last_verdict(void **unused)
{
    (void)unused;
    struct record r = {.project = name_p, .context = name_c};
    struct past_task past[2] = {
        {.name = name_test,
         .status = word_succeeded,
         .result = word_succeeded,
         .data =
             parse("{\"stage\":\"elsewhere\",\"score\":1,\"uris\":[\"a\"],\"deployment\":{\"n\":\"1\"}}")},
        {.name = name_test,
         .status = word_succeeded,
         .result = word_warning,
         .data = parse("{\"project\":\"other\",\"score\":2,\"uris\":[\"b\"],\"message\":\"hello\"}")}};
    struct execution x = {.record = &r, .stage = name_qa, .service = name_svc, .past = past, .past_count = 2};
    x.input = parse("{}");
    payload_is(
        &x, "qa", NULL,
        "{\"stage\":\"qa\",\"score\":2,\"uris\":[\"b\",\"a\"],\"deployment\":{\"n\":\"1\"},\"project\":\"p\","
        "\"message\":\"\",\"service\":\"svc\",\"status\":\"succeeded\",\"result\":\"warning\"}");
    /* Built again it is the same: nothing doubles. */
    payload_is(&x, "prod", NULL,
               "{\"stage\":\"prod\",\"score\":2,\"uris\":[\"b\",\"a\"],\"deployment\":{\"n\":\"1\"},"
               "\"project\":\"p\","
               "\"message\":\"\",\"service\":\"svc\",\"status\":\"succeeded\",\"result\":\"warning\"}");
    cJSON_Delete(x.input);
    cJSON_Delete(past[0].data);
    cJSON_Delete(past[1].data);
}

static void a_payload_that_no_event_can_carry_is_found_out(void **unused)
{
    (void)unused;
    cJSON *deep = cJSON_CreateObject(), *inner = deep;
    for (int i = 1; i < PAYLOAD_DEPTH_MAX; i++)
        inner = cJSON_AddObjectToObject(inner, "d");
    assert_true(payload_fits(deep));
    (void)cJSON_AddObjectToObject(inner, "d");
    assert_false(payload_fits(deep));
    cJSON_Delete(deep);
    char *text = mem_alloc(PAYLOAD_BYTES_MAX + 1);
    memset(text, 'x', PAYLOAD_BYTES_MAX - 8); /* {"a":""} */
    cJSON *large = cJSON_CreateObject();
    cJSON_AddStringToObject(large, "a", text);
    assert_true(payload_fits(large));
    cJSON_Delete(large);
    text[PAYLOAD_BYTES_MAX - 8] = 'x';
    large = cJSON_CreateObject();
    cJSON_AddStringToObject(large, "a", text);
    assert_false(payload_fits(large));
    cJSON_Delete(large);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_follows_the_table),
        cmocka_unit_test(merging_large_objects_does_not_cost_their_product),
        cmocka_unit_test(an_array_that_was_merged_can_grow_further),
        cmocka_unit_test(aggregating_follows_the_table),
        cmocka_unit_test(the_first_task_gets_the_input_with_its_result_and_properties),
        cmocka_unit_test(later_tasks_get_what_all_before_answered_and_the_last_verdict),
        cmocka_unit_test(a_payload_that_no_event_can_carry_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
