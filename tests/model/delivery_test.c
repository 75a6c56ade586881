/* What was delivered where, and what goes back (screens.md, "last delivered" and "Going back"). */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"
#include "story.h"

enum fate {
    ABSENT,    /* no such run */
    WAITS,     /* for approval */
    DELIVERED, /* deployed, succeeded */
    WARNED,    /* deployed, with a warning */
    FAILED,    /* half-way: a deployment failed */
    DECLINED,  /* its approval: nothing was deployed */
    ABORTED,   /* half-way */
    RUNS,      /* deploys */
    QUEUES,    /* triggered only */
    ROLLED     /* deployment failed, then another sequence succeeded */
};

/* One context: its version, the second in which it began, that in which its run in production ended (or
 * asked), and what became of it. */
struct past {
    enum fate fate;
    int began, ended;
};

static void add_end(struct story *s, const char *context, int64_t ms, const char *status, const char *result)
{
    char id[60], trigger[60], data[100];
    snprintf(id, sizeof id, "%s-end", context);
    snprintf(trigger, sizeof trigger, "%s-prod", context);
    snprintf(data, sizeof data, ",\"status\":\"%s\",\"result\":\"%s\"", status, result);
    story_event(s, ms, context, "production", "production.delivery.finished", id, trigger, data);
}

static void add_task(struct story *s, const char *context, int64_t ms, const char *name)
{
    char id[60], type[60];
    snprintf(id, sizeof id, "%s-%s", context, name);
    snprintf(type, sizeof type, "%s.triggered", name);
    story_event(s, ms, context, "production", type, id, "", ",\"result\":\"pass\"");
}

static void add_rollback(struct story *s, const char *context, int64_t ms)
{
    story_event(s, ms, context, "production", "production.rollback.triggered", "roll", "",
                ",\"configurationChange\":{\"values\":{\"image\":\"hello:rolled\"}}");
    story_event(s, ms + 1, context, "production", "production.rollback.finished", "roll-end", "roll",
                ",\"status\":\"succeeded\",\"result\":\"pass\"");
}

/* Context "vN" with image hello:vN. */
static void add_past(struct story *s, int version, const struct past *past)
{
    char context[20], image[100], id[60];
    int64_t began = 1000 * past->began, ended = 1000 * past->ended;
    if (past->fate == ABSENT)
        return;
    snprintf(context, sizeof context, "v%d", version);
    snprintf(image, sizeof image, ",\"configurationChange\":{\"values\":{\"image\":\"hello:v%d\"}}", version);
    snprintf(id, sizeof id, "%s-qa", context);
    story_event(s, began, context, "qa", "qa.delivery.triggered", id, "", image);
    snprintf(id, sizeof id, "%s-prod", context);
    story_event(s, began + 100, context, "production", "production.delivery.triggered", id, "", image);
    bool deploys = past->fate != WAITS && past->fate != DECLINED && past->fate != QUEUES;
    if (past->fate == WAITS || past->fate == DECLINED)
        add_task(s, context, ended - 50, "approval");
    if (deploys)
        add_task(s, context, ended - 50, "je-deployment");
    if (past->fate == DELIVERED)
        add_end(s, context, ended, "succeeded", "pass");
    if (past->fate == WARNED)
        add_end(s, context, ended, "succeeded", "warning");
    if (past->fate == FAILED || past->fate == DECLINED || past->fate == ROLLED)
        add_end(s, context, ended, "succeeded", "fail");
    if (past->fate == ABORTED)
        add_end(s, context, ended, "aborted", "pass");
    if (past->fate == ROLLED)
        add_rollback(s, context, ended + 10);
}

/* Seen from v1 in production. */
struct row {
    const char *name;
    struct past runs[4]; /* v1, v2, … */
    bool back;
    const char *last, *failed, *newer;
};
static const struct row rows[] = {
    {"nothing was delivered yet", {{WAITS, 10, 20}}, false, NULL, NULL, NULL},
    {"an older one was delivered", {{WAITS, 10, 20}, {DELIVERED, 1, 5}}, false, "v2", NULL, NULL},
    {"a newer one was delivered", {{WAITS, 10, 20}, {DELIVERED, 11, 30}}, true, "v2", NULL, "v2"},
    {"a newer one was delivered with a warning", {{WAITS, 10, 20}, {WARNED, 11, 30}}, true, "v2", NULL, "v2"},
    {"a newer one waits", {{WAITS, 10, 20}, {WAITS, 11, 21}}, true, NULL, NULL, "v2"},
    {"an older one waits, since later", {{WAITS, 10, 20}, {WAITS, 9, 40}}, false, NULL, NULL, NULL},
    {"a newer one failed", {{WAITS, 10, 20}, {FAILED, 11, 30}}, false, NULL, "v2", NULL},
    {"a newer one was aborted", {{WAITS, 10, 20}, {ABORTED, 11, 30}}, false, NULL, "v2", NULL},
    {"a newer one was declined", {{WAITS, 10, 20}, {DECLINED, 11, 30}}, false, NULL, NULL, NULL},
    {"a newer one runs", {{WAITS, 10, 20}, {RUNS, 11, 30}}, false, NULL, NULL, NULL},
    {"a newer one is queued", {{WAITS, 10, 20}, {QUEUES, 11, 30}}, false, NULL, NULL, NULL},
    {"delivered first, triggered last", {{WAITS, 10, 50}, {DELIVERED, 12, 20}}, true, "v2", NULL, "v2"},
    {"the last delivered is the one that ended last",
     {{WAITS, 10, 20}, {DELIVERED, 5, 9}, {DELIVERED, 4, 12}},
     false,
     "v3",
     NULL,
     NULL},
    {"a newer one was delivered, then an older one",
     {{WAITS, 10, 20}, {DELIVERED, 11, 30}, {DELIVERED, 4, 40}},
     true,
     "v3",
     NULL,
     "v2"},
    {"delivered counts before waiting",
     {{WAITS, 10, 20}, {DELIVERED, 11, 30}, {WAITS, 12, 31}},
     true,
     "v2",
     NULL,
     "v2"},
    {"failed after the last delivery",
     {{WAITS, 10, 20}, {DELIVERED, 1, 5}, {FAILED, 2, 6}},
     false,
     "v2",
     "v3",
     NULL},
    {"failed before the last delivery",
     {{WAITS, 10, 20}, {DELIVERED, 1, 5}, {FAILED, 0, 4}},
     false,
     "v2",
     NULL,
     NULL},
    {"the newest of those that failed",
     {{WAITS, 10, 20}, {DELIVERED, 1, 5}, {FAILED, 2, 6}, {ABORTED, 3, 7}},
     false,
     "v2",
     "v4",
     NULL},
    {"a rollback delivers nothing",
     {{WAITS, 10, 20}, {DELIVERED, 1, 5}, {ROLLED, 2, 6}},
     false,
     "v2",
     "v3",
     NULL},
    {"a newer one that was rolled back", {{WAITS, 10, 20}, {ROLLED, 11, 30}}, false, NULL, "v2", NULL},
    {"one that runs goes back too", {{RUNS, 10, 20}, {DELIVERED, 11, 30}}, true, "v2", NULL, "v2"},
    {"one that is queued goes back too", {{QUEUES, 10, 20}, {WAITS, 11, 30}}, true, NULL, NULL, "v2"},
    {"one that has ended goes nowhere",
     {{DELIVERED, 10, 20}, {DELIVERED, 11, 30}, {DELIVERED, 1, 5}},
     false,
     "v3",
     NULL,
     NULL},
    {"what came before one that has ended",
     {{DELIVERED, 10, 20}, {DELIVERED, 1, 5}, {FAILED, 2, 6}, {FAILED, 3, 25}},
     false,
     "v2",
     "v3",
     NULL},
};

static void compare(const char *name, const char *what, const struct model_sequence *is, const char *wanted)
{
    if ((is == NULL) != (wanted == NULL) || (is != NULL && strcmp(is->context, wanted) != 0))
        fail_msg("%s: %s is %s", name, what, is != NULL ? is->context : "none");
}

static void check_row(const struct model *m, const struct row *row)
{
    const struct model_sequence *seq = story_find(m, "v1", "production");
    struct model_delivery delivery;
    if (seq->goes_back != row->back)
        fail_msg("%s: goes back: %d", row->name, seq->goes_back);
    model_delivery_of(m, seq, &delivery);
    compare(row->name, "the last delivered", delivery.last, row->last);
    compare(row->name, "the one that failed", delivery.failed_after, row->failed);
    compare(row->name, "the newer one", delivery.newer, row->newer);
}

static void deliveries_are_compared_by_trigger_and_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct story s = {0};
        for (int k = 0; k < 4; k++)
            add_past(&s, k + 1, &rows[i].runs[k]);
        struct model *m = model_new();
        story_tell(m, &s);
        check_row(m, &rows[i]);
        model_free(m);
        /* and told backwards */
        m = model_new();
        for (size_t k = s.count; k-- > 0;) {
            assert_int_equal(story_apply(m, &s.items[k], NULL), STATUS_OK);
            model_check(m);
        }
        check_row(m, &rows[i]);
        model_free(m);
        story_free(&s);
    }
}

/* v2 waits (or was delivered) elsewhere: it stands against nothing here. */
static void another_service_or_stage_does_not_count(void **state)
{
    (void)state;
    const struct past waits = {WAITS, 10, 20}, delivered = {DELIVERED, 11, 30};
    struct story s = {0};
    struct model *m = model_new();
    add_past(&s, 1, &waits);
    s.service = "otherservice";
    add_past(&s, 2, &delivered);
    s.service = NULL;
    s.project = "otherproject";
    add_past(&s, 3, &delivered);
    s.project = NULL;
    story_event(&s, 12000, "v4", "qa", "qa.delivery.triggered", "v4-qa", "", "");
    story_event(&s, 12100, "v4", "qa", "approval.triggered", "v4-a", "", "");
    story_tell(m, &s);
    const struct row alone = {"elsewhere", {{0}}, false, NULL, NULL, NULL};
    check_row(m, &alone);
    model_free(m);
    story_free(&s);
}

/* The context's first event counts, not when the run in this stage was triggered, nor the version's text. */
static void an_older_context_that_comes_late_goes_back(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    story_event(&s, 1000, "old", "qa", "qa.delivery.triggered", "old-qa", "", "");
    story_event(&s, 2000, "new", "qa", "qa.delivery.triggered", "new-qa", "", "");
    story_event(&s, 3000, "new", "production", "approval.triggered", "new-a", "",
                ",\"configurationChange\":{\"values\":{\"image\":\"x:v1\"}}");
    story_event(&s, 9000, "old", "production", "approval.triggered", "old-a", "",
                ",\"configurationChange\":{\"values\":{\"image\":\"x:v9\"}}");
    story_tell(m, &s);
    assert_true(story_find(m, "old", "production")->goes_back);
    assert_false(story_find(m, "new", "production")->goes_back);
    /* decided: nothing stands against the old one any more */
    uint64_t revision = story_find(m, "old", "production")->revision;
    story_event(&s, 9500, "new", "production", "approval.started", "new-s", "new-a", "");
    story_event(&s, 9501, "new", "production", "approval.finished", "new-f", "new-a", ",\"result\":\"pass\"");
    for (size_t i = 4; i < s.count; i++)
        assert_int_equal(story_apply(m, &s.items[i], NULL), STATUS_OK);
    model_check(m);
    assert_false(story_find(m, "old", "production")->goes_back);
    assert_true(story_find(m, "old", "production")->revision > revision);
    model_free(m);
    story_free(&s);
}

/* Of a run that only a state tells of, nobody knows what it changed. */
static void a_failure_known_from_a_state_counts_as_half_way(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    const struct past waits = {WAITS, 10, 20};
    add_past(&s, 1, &waits);
    story_state(&s, 1000, "v2", "finished", "production", "errored", "production.delivery.finished", "e",
                1500);
    story_tell(m, &s);
    struct model_delivery delivery;
    model_delivery_of(m, story_find(m, "v1", "production"), &delivery);
    compare("a state", "the one that failed", delivery.failed_after, "v2");
    model_free(m);
    story_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deliveries_are_compared_by_trigger_and_end),
        cmocka_unit_test(another_service_or_stage_does_not_count),
        cmocka_unit_test(an_older_context_that_comes_late_goes_back),
        cmocka_unit_test(a_failure_known_from_a_state_counts_as_half_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
