/* Runs through stages: the scenarios that Keptn's shipyard-controller is tested with (keptn-events.md, 7). */
#include "config.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define TUTORIAL                                                                                             \
    "apiVersion: spec.keptn.sh/0.2.2\n"                                                                      \
    "kind: Shipyard\n"                                                                                       \
    "metadata: {name: shipyard-delivery}\n"                                                                  \
    "spec:\n"                                                                                                \
    "  stages:\n"                                                                                            \
    "    - name: qa\n"                                                                                       \
    "      sequences:\n"                                                                                     \
    "        - name: delivery\n"                                                                             \
    "          tasks: [{name: je-deployment}, {name: je-test}]\n"                                            \
    "    - name: production\n"                                                                               \
    "      sequences:\n"                                                                                     \
    "        - name: delivery\n"                                                                             \
    "          triggeredOn: [{event: qa.delivery.finished}]\n"                                               \
    "          tasks:\n"                                                                                     \
    "            - {name: approval, properties: {pass: manual, warning: manual}}\n"                          \
    "            - {name: je-deployment}\n"

#define DELIVERY_DATA                                                                                        \
    "\"labels\":{\"version\":\"v0.1.1\"},\"configurationChange\":{\"values\":{\"image\":\"x/y:v0.1.1\"}}"

static struct world *deliver_to_approval(void)
{
    struct world *w = world_new(TUTORIAL);
    world_apply(w, &(struct input){.type = "sh.keptn.event.qa.delivery.triggered",
                                   .context = "A",
                                   .stage = "qa",
                                   .data = DELIVERY_DATA});
    world_expect(w, "je-deployment.triggered");
    world_done(w, world_last(w, "A", "je-deployment.triggered"), "pass");
    world_expect(w, "je-test.triggered");
    world_done(w, world_last(w, "A", "je-test.triggered"), "pass");
    world_expect(w, "qa.delivery.finished(succeeded/pass) production.delivery.triggered approval.triggered");
    return w;
}

static void the_tutorial_waits_for_a_person_then_deploys(void **unused)
{
    (void)unused;
    struct world *w = deliver_to_approval();
    const struct sent *approval = world_last(w, "A", "approval.triggered");
    world_expect_data(approval,
                      "{\"project\":\"p\",\"stage\":\"production\",\"service\":\"svc\"," DELIVERY_DATA
                      ",\"status\":\"succeeded\",\"result\":\"pass\","
                      "\"approval\":{\"pass\":\"manual\",\"warning\":\"manual\"}}");
    assert_string_equal(world_execution(w, "A", "production"), "waitingForApproval");
    assert_string_equal(world_overall(w, "A"), "started");
    assert_true(sequencer_task_is_open(w->sequencer, "p", "A", approval->id));
    assert_true(world_is_open(w, approval->id));
    world_pass_time(w, 30 * 24 * 3600 * CLOCK_S); /* as long as it must */
    world_expect(w, "");
    world_finished(w, approval, "succeeded", "pass");
    world_expect(w, "je-deployment.triggered");
    assert_false(
        sequencer_task_is_open(w->sequencer, "p", "A", world_last(w, "A", "approval.triggered")->id));
    world_done(w, world_last(w, "A", "je-deployment.triggered"), "pass");
    world_expect(w, "production.delivery.finished(succeeded/pass)");
    assert_string_equal(world_overall(w, "A"), "finished");
    assert_int_equal(w->open.count, 0);
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

static void declining_ends_the_sequence_as_failed_with_nothing_deployed(void **unused)
{
    (void)unused;
    struct world *w = deliver_to_approval();
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "fail");
    world_expect(w, "production.delivery.finished(succeeded/fail)");
    assert_string_equal(world_overall(w, "A"), "finished");
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tutorial_waits_for_a_person_then_deploys),
        cmocka_unit_test(declining_ends_the_sequence_as_failed_with_nothing_deployed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
