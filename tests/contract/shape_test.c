/* Patterns of answers: they find what differs, and answers recorded of a real Keptn (older releases, each an
 * excerpt of one item) fit the patterns that drawbridged's answers are held to. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "contract/contract.h"
#include "contract/shapes.h"

static const char *compare(const char *shape, const char *text)
{
    struct error err = ERROR_NONE;
    cJSON *value = NULL;
    if (json_parse(text, strlen(text), &value, &err) != STATUS_OK)
        fail_msg("%s: %s", text, err.text);
    const char *bad = contract_shape(shape, value);
    cJSON_Delete(value);
    return bad;
}

static void a_pattern_finds_what_differs(void **state)
{
    static const struct {
        const char *shape, *text;
        bool fits;
    } rows[] = {
        {"s", "\"\"", true},
        {"s", "1", false},
        {"n", "1.5", true},
        {"n", "\"1\"", false},
        {"b", "false", true},
        {"b", "0", false},
        {"7", "7", true},
        {"7", "\"7\"", false},
        {"'0'", "\"0\"", true},
        {"'0'", "0", false},
        {"'0'", "\"00\"", false},
        {"null", "null", true},
        {"null|[]", "[]", true},
        {"null|[]", "[1]", false},
        {"[n]", "[]", true},
        {"[n]", "[1,\"2\"]", false},
        {"{a:n,b?:s}", "{\"a\":1}", true},
        {"{a:n,b?:s}", "{\"b\":\"x\"}", false},
        {"{a:n,b?:s}", "{\"a\":1,\"b\":2}", false},
        {"{a:n}", "{\"a\":1,\"c\":2}", false},
        {"{a:n,...}", "{\"a\":1,\"c\":2}", true},
        {"{a:n,...}", "{\"c\":2}", false},
        {"{}", "{}", true},
        {"{}", "{\"a\":1}", false},
        {"{}", "[]", false},
        {"{+:{a:n}}", "{\"x.y\":{\"a\":1}}", true},
        {"{+:{a:n}}", "{\"x.y\":{\"a\":\"1\"}}", false},
        {"{a:'x'|'y',b:n}", "{\"a\":\"y\",\"b\":1}", true},
        {"{a:'x'|'y',b:n}", "{\"a\":\"z\",\"b\":1}", false},
        {"ns", "\"1683195072123456789\"", true},
        {"ns", "1683195072123456789", false},
        {"ms", "\"2023-05-04T10:11:12.123Z\"", true},
        {"ms", "\"2023-05-04T10:11:12.1234Z\"", false},
        {"t", "\"2023-05-04T10:11:12Z\"", true},
        {"t", "\"2023-05-04T10:11:12.123456789Z\"", true},
        {"t", "\"2023-05-04T10:11:12.Z\"", false},
        {"t", "\"2023-05-04T10:11:12.1234567890Z\"", false},
        {"t", "\"2023-05-04T10:11:12+00:00\"", false},
        {"u", "\"6d1a5e4b-9d3c-4f8a-8b7e-0123456789ab\"", true},
        {"u", "\"6D1A5E4B-9D3C-4F8A-8B7E-0123456789AB\"", false},
        {"u", "\"6d1a5e4b-9d3c-1f8a-8b7e-0123456789ab\"", false},
        {"h", "\"05f241d1c1f022d65ab6af60bd2ef1272c1fbfbb\"", true},
        {"h", "\"05f241d1c1f0\"", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((compare(rows[i].shape, rows[i].text) == NULL) != rows[i].fits)
            fail_msg("%s and %s", rows[i].shape, rows[i].text);
}

static void recorded_answers_fit_the_patterns_of_ours(void **state)
{
    static const struct {
        const char *shape, *text;
    } rows[] = {
        {"{events:[" SHAPE_EVENT("?") "],nextPageKey?:s,pageSize:n,totalCount?:n}",
         "{\"events\":[{\"data\":{\"approval\":{\"pass\":\"manual\",\"warning\":\"manual\"},"
         "\"project\":\"sockshop\",\"service\":\"carts\",\"stage\":\"production\"},"
         "\"gitcommitid\":\"05f241d1c1f022d65ab6af60bd2ef1272c1fbfbb\","
         "\"id\":\"c0275a97-fc4f-4279-bc3e-c892482c8dbd\","
         "\"shkeptncontext\":\"99a20ef4-d822-4185-bbee-0d7a364c213b\","
         "\"shkeptnspecversion\":\"0.2.3\",\"source\":\"shipyard-controller\","
         "\"specversion\":\"1.0\",\"time\":\"2022-05-25T12:50:52.560Z\","
         "\"type\":\"sh.keptn.event.approval.triggered\"},"
         "{\"data\":{\"evaluation\":{\"indicatorResults\":null,\"result\":\"pass\",\"score\":0,"
         "\"sloFileContent\":\"\",\"timeEnd\":\"2022-03-08T09:50:39.207Z\","
         "\"timeStart\":\"2022-03-08T09:48:39.207Z\"},\"project\":\"sockshop\","
         "\"result\":\"pass\",\"service\":\"carts\",\"stage\":\"production\","
         "\"status\":\"succeeded\"},\"gitcommitid\":\"64fd7e0079a5624d0e25a4dd40323342022236c7\","
         "\"id\":\"8d160d92-8fdc-4389-b81e-b0b33c8ea82b\","
         "\"shkeptncontext\":\"cfaadbb1-3c47-46e5-a230-d0f055f4f518\","
         "\"shkeptnspecversion\":\"0.2.4\",\"source\":\"lighthouse-service\","
         "\"specversion\":\"1.0\",\"time\":\"2022-03-08T09:50:39.416Z\","
         "\"triggeredid\":\"2c9732d6-9651-4dc2-9c42-3362dbccdd0d\","
         "\"type\":\"sh.keptn.event.evaluation.finished\"}],\"pageSize\":100,\"totalCount\":11}"},
        {"{states:[" SHAPE_STATE("?") "],nextPageKey?:n,totalCount?:n}",
         "{\"states\":[{\"name\":\"evaluation\",\"service\":\"carts\",\"project\":\"sockshop\","
         "\"time\":\"2021-07-06T09:21:43.659Z\","
         "\"shkeptncontext\":\"88d5f9c0-1e2c-474b-af27-13fe12e038a7\",\"state\":\"finished\","
         "\"stages\":[{\"name\":\"staging\",\"latestEvaluation\":{\"result\":\"fail\","
         "\"score\":66.66666666666666},"
         "\"latestEvent\":{\"type\":\"sh.keptn.event.staging.evaluation.finished\","
         "\"id\":\"16614663-aea7-4420-bafe-41f480b572d8\",\"time\":\"2021-07-06T09:21:53.145Z\"},"
         "\"latestFailedEvent\":{\"type\":\"sh.keptn.event.staging.evaluation.finished\","
         "\"id\":\"16614663-aea7-4420-bafe-41f480b572d8\","
         "\"time\":\"2021-07-06T09:21:53.145Z\"}}]},{\"name\":\"delivery\",\"service\":\"carts\","
         "\"project\":\"sockshop\",\"time\":\"2021-07-06T08:13:53.766Z\","
         "\"shkeptncontext\":\"1663de8a-a414-47ba-9566-10a9730f406f\",\"state\":\"finished\","
         "\"stages\":[{\"name\":\"dev\",\"image\":\"docker.io/keptnexamples/carts:0.12.3\","
         "\"latestEvaluation\":{\"result\":\"pass\",\"score\":0},"
         "\"latestEvent\":{\"type\":\"sh.keptn.event.dev.delivery.finished\","
         "\"id\":\"92207803-7d49-4081-ad0a-897e3f4229d2\","
         "\"time\":\"2021-07-06T08:17:42.285Z\"}}]}],\"totalCount\":15}"},
        {"{projects:[" SHAPE_PROJECT("?") "],nextPageKey:s,totalCount?:n}",
         "{\"nextPageKey\":\"0\",\"projects\":[{\"stages\":[{\"services\":[{\"lastEventTypes\":{},"
         "\"creationDate\":\"1629190178019300348\",\"serviceName\":\"cartsc\"},"
         "{\"lastEventTypes\":{\"sh.keptn.event.evaluation.finished\":{\"eventId\":\"2ac5bb8e-ab6e-40b2-9e8a-"
         "8440a2d490ca\","
         "\"keptnContext\":\"786ca3ce-407d-45bd-92be-2bec7e0bdb32\","
         "\"time\":\"1633339401236746505\"}},\"creationDate\":\"1633339357114336020\","
         "\"serviceName\":\"health\"}],\"stageName\":\"quality-gate\"}],"
         "\"creationDate\":\"1621493016550266259\","
         "\"gitCredentials\":{\"remoteURL\":\"https://git.example/f.git\",\"user\":\"u\"},"
         "\"projectName\":\"dynatrace\",\"shipyard\":\"apiVersion: spec.keptn.sh/0.2.0\\n\","
         "\"shipyardVersion\":\"spec.keptn.sh/0.2.0\"}],\"totalCount\":1}"},
        {"[" SHAPE_INTEGRATION(",subscription:{...},unreadEventsCount:n") "]",
         "[{\"id\":\"d410b1578c8814bcd0fcdcae81a60c8f95510083\",\"name\":\"remediation-service\","
         "\"metadata\":{\"hostname\":\"Cloud Automation\",\"integrationversion\":\"0.9.0\","
         "\"distributorversion\":\"0.9.0\",\"location\":\"control-plane\","
         "\"kubernetesmetadata\":{\"namespace\":\"Cloud Automation\","
         "\"podname\":\"remediation-service-766ffbb654-whk6j\","
         "\"deploymentname\":\"remediation-service\"},\"lastseen\":\"2021-10-07T12:10:11.115Z\"},"
         "\"subscription\":{\"topics\":null,\"status\":\"\",\"filter\":{\"project\":\"\","
         "\"stage\":\"\",\"service\":\"\"}},"
         "\"subscriptions\":[{\"id\":\"e9057389-62f9-4ee9-b088-68f37989330a\","
         "\"event\":\"sh.keptn.event.get-action.triggered\",\"filter\":{\"projects\":[],"
         "\"stages\":[],\"services\":[]}}],\"unreadEventsCount\":0}]"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *bad = compare(rows[i].shape, rows[i].text);
        if (bad != NULL)
            fail_msg("%s", bad);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_finds_what_differs),
        cmocka_unit_test(recorded_answers_fit_the_patterns_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
