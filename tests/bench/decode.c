/* Events of 1 KB, decoded and applied to a model of 1,000 sequences, against cJSON's parse and delete of the
 * same texts. */
#include "config.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "bench/bench.h"
#include "event/event.h"
#include "model/model.h"

#define SEQUENCES 1000
#define KINDS     6 /* events of one sequence */
#define EVENTS    (SEQUENCES * KINDS)

struct corpus {
    char *texts[EVENTS];
    size_t lengths[EVENTS];
};

static void add_event(struct corpus *c, size_t at, const struct event_draft *draft)
{
    struct buffer text = BUFFER_LIMIT(64 * 1024);
    if (!event_print(draft, &text))
        abort();
    c->texts[at] = buffer_take(&text, &c->lengths[at]);
}

/* What one delivery through qa sends: its trigger, then triggered, started, finished of a task, the next
 * task, its start. Payloads as the sequencer makes them, filled up to 1 KB by labels and the objects of tasks
 * before. */
static void add_sequence(struct corpus *c, size_t index)
{
    static const struct {
        const char *type, *source, *status, *result;
        bool answers;
    } kinds[KINDS] = {
        {"sh.keptn.event.qa.delivery.triggered", "https://github.com/keptn/keptn/cli", NULL, NULL, false},
        {"sh.keptn.event.je-deployment.triggered", "shipyard-controller", NULL, NULL, false},
        {"sh.keptn.event.je-deployment.started", "job-executor-service", "succeeded", NULL, true},
        {"sh.keptn.event.je-deployment.finished", "job-executor-service", "succeeded", "pass", true},
        {"sh.keptn.event.je-test.triggered", "shipyard-controller", "succeeded", "pass", false},
        {"sh.keptn.event.je-test.started", "job-executor-service", "succeeded", NULL, true}};
    char context[UUID_SIZE], id[UUID_SIZE], triggered[UUID_SIZE] = "", service[32], image[96];
    uuid_new(context);
    (void)snprintf(service, sizeof service, "service-%zu", index % 50);
    (void)snprintf(image, sizeof image, "ghcr.io/podtato-head/podtatoserver:v0.%zu.%zu", index / 100,
                   index % 100);
    for (size_t k = 0; k < KINDS; k++) {
        cJSON *labels = cJSON_CreateObject();
        cJSON_AddStringToObject(labels, "version", strrchr(image, ':') + 1);
        cJSON_AddStringToObject(labels, "build", "https://ci.example/job/podtatoserver/4711/console");
        cJSON *data =
            event_data_new("fulltour", "qa", service, labels, kinds[k].status, kinds[k].result, NULL);
        cJSON *values =
            cJSON_AddObjectToObject(cJSON_AddObjectToObject(data, "configurationChange"), "values");
        cJSON_AddStringToObject(values, "image", image);
        cJSON *deployment = cJSON_AddObjectToObject(data, "deployment");
        cJSON *uris = cJSON_AddArrayToObject(deployment, "deploymentURIsPublic");
        cJSON_AddItemToArray(uris,
                             cJSON_CreateString("http://podtatoserver.fulltour-qa.svc.cluster.local:80"));
        cJSON_AddStringToObject(deployment, "deploymentstrategy", "direct");
        cJSON_AddStringToObject(
            data, "message",
            "Task 'Deploy with helm' finished successfully!\n\nLogs:\nRelease \"podtato\" has been "
            "upgraded. Happy Helming!\nNAME: podtato\nSTATUS: deployed\nREVISION: 12\n");
        uuid_new(id);
        const struct event_draft draft = {.id = id,
                                          .source = kinds[k].source,
                                          .type = kinds[k].type,
                                          .context = context,
                                          .triggeredid = kinds[k].answers ? triggered : NULL,
                                          .gitcommitid = "05f241d1c1f022d65ab6af60bd2ef1272c1fbfbb",
                                          .shkeptnspecversion = "0.2.4",
                                          .time_ns =
                                              1700000000 * CLOCK_S + (int64_t)(index * KINDS + k) * CLOCK_S,
                                          .data = data};
        add_event(c, k * SEQUENCES + index, &draft);
        if (!kinds[k].answers)
            memcpy(triggered, id, sizeof triggered);
        cJSON_Delete(data);
        cJSON_Delete(labels);
    }
}

static double time_cjson(const struct corpus *c)
{
    int64_t begun = bench_now_ns();
    for (size_t i = 0; i < EVENTS; i++)
        cJSON_Delete(cJSON_ParseWithLength(c->texts[i], c->lengths[i]));
    return (double)(bench_now_ns() - begun);
}

static double time_ours(const struct corpus *c)
{
    struct model *m = model_new();
    struct event ev = {0};
    struct error err = ERROR_NONE;
    int64_t begun = bench_now_ns();
    for (size_t i = 0; i < EVENTS; i++)
        if (event_decode(c->texts[i], c->lengths[i], EVENT_FORM_COMPLETE, &ev, &err) != STATUS_OK ||
            model_apply_event(m, &ev, i + 1, &err) != STATUS_OK) {
            (void)fprintf(stderr, "bench: %s\n", err.text);
            abort();
        }
    double took = (double)(bench_now_ns() - begun);
    event_free(&ev);
    model_free(m);
    return took;
}

void bench_decode(const struct bench_run *run)
{
    enum { ROUNDS = 15 };
    struct corpus *c = MEM_NEW(struct corpus);
    double ours[ROUNDS], theirs[ROUNDS];
    size_t rounds = run->smoke ? 3 : ROUNDS, bytes = 0;
    char our_rate[40], their_rate[56], figure[96];
    for (size_t i = 0; i < SEQUENCES; i++)
        add_sequence(c, i);
    for (size_t i = 0; i < EVENTS; i++)
        bytes += c->lengths[i];
    for (size_t i = 0; i < rounds; i++) { /* side by side, so that what disturbs one disturbs both */
        theirs[i] = time_cjson(c);
        ours[i] = time_ours(c);
    }
    double our_ns = bench_percentile(ours, rounds, 0.5) / EVENTS,
           their_ns = bench_percentile(theirs, rounds, 0.5) / EVENTS;
    (void)snprintf(figure, sizeof figure, "events of %zu bytes decoded and applied, 1/s", bytes / EVENTS);
    (void)snprintf(our_rate, sizeof our_rate, "%.0f", 1e9 / our_ns);
    (void)snprintf(their_rate, sizeof their_rate, "%.0f (cJSON parse and delete)", 1e9 / their_ns);
    bench_row(figure, our_rate, their_rate, their_ns / our_ns, ">= 0.60", their_ns / our_ns >= 0.6);
    for (size_t i = 0; i < EVENTS; i++)
        free(c->texts[i]);
    free(c);
}
