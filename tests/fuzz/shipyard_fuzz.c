/* A shipyard and a job file keep what their structs promise; a refusal has a reason. */
#include "config.h"

#include <string.h>

#include "event/event.h"
#include "fuzz.h"
#include "shipyard/jobconfig.h"
#include "shipyard/shipyard.h"

static void check_stage(const struct shipyard *yard, const struct shipyard_stage *stage)
{
    const struct shipyard_stage *found = shipyard_find_stage(yard, stage->name);
    FUZZ_MUST(found != NULL && strcmp(found->name, stage->name) == 0);
    FUZZ_MUST(shipyard_find_sequence(stage, "evaluation") != NULL);
    for (size_t i = 0; i < stage->sequence_count; i++) {
        const struct shipyard_sequence *sequence = &stage->sequences[i];
        FUZZ_MUST(sequence->name != NULL && shipyard_find_sequence(stage, sequence->name) != NULL);
        for (size_t j = 0; j < sequence->task_count; j++) {
            FUZZ_MUST(sequence->tasks[j].name != NULL);
            FUZZ_MUST(sequence->tasks[j].properties == NULL || cJSON_IsObject(sequence->tasks[j].properties));
        }
        for (size_t j = 0; j < sequence->trigger_count; j++)
            FUZZ_MUST(sequence->triggers[j].event != NULL);
    }
}

static void check_shipyard(const char *text, size_t size)
{
    struct error err = ERROR_NONE;
    struct shipyard *yard = NULL;
    enum status status = shipyard_parse(text, size, "f", &yard, &err);
    FUZZ_MUST((yard != NULL) == (status == STATUS_OK) && status == err.status);
    if (yard == NULL)
        return;
    FUZZ_MUST(yard->stage_count > 0);
    for (size_t i = 0; i < yard->stage_count; i++)
        check_stage(yard, &yard->stages[i]);
    shipyard_free(yard);
}

static void check_action(const struct jobconfig_action *action, const struct event *ev)
{
    (void)jobconfig_action_fits(action, ev); /* either is right; it has to come to an end */
    for (size_t i = 0; i < action->task_count; i++) {
        const struct jobconfig_task *task = &action->tasks[i];
        for (size_t j = 0; j < task->env_count; j++) {
            struct buffer value = BUFFER_LIMIT(4096);
            struct error err = ERROR_NONE;
            FUZZ_MUST(task->env[j].name != NULL);
            if (task->env[j].from != JOBCONFIG_ENV_EVENT || task->env[j].value == NULL)
                continue;
            enum status status = jobconfig_event_value(ev, task->env[j].value, task->env[j].as, &value, &err);
            FUZZ_MUST(status == err.status);
            buffer_free(&value);
        }
    }
}

static void check_jobconfig(const char *text, size_t size)
{
    static const char event[] = "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\",\"type\":\"sh.keptn."
                                "event.deployment.triggered\","
                                "\"data\":{\"project\":\"p\",\"list\":[1,{\"a\":[true,null,1.5]},\"x\"],"
                                "\"labels\":{\"a\":\"aaaaaaaaaaaaaaaa\"}}}";
    struct error err = ERROR_NONE;
    struct jobconfig *config = NULL;
    struct event ev = {0};
    enum status status = jobconfig_parse(text, size, "f", &config, &err);
    FUZZ_MUST((config != NULL) == (status == STATUS_OK) && status == err.status);
    if (config == NULL)
        return;
    FUZZ_MUST(event_decode(event, sizeof event - 1, EVENT_FORM_COMPLETE, &ev, &err) == STATUS_OK);
    for (size_t i = 0; i < config->action_count; i++)
        check_action(&config->actions[i], &ev);
    event_free(&ev);
    jobconfig_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_shipyard((const char *)data, size);
    check_jobconfig((const char *)data, size);
    return 0;
}
