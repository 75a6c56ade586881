#include "config.h"

#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

#define NOW_S      INT64_C(1795514400) /* 2026-11-24T10:00:00Z */
#define REPOSITORY "ghcr.io/podtato-head/podtatoserver"

static const char shipyard[] = "apiVersion: spec.keptn.sh/0.2.2\n"
                               "kind: Shipyard\n"
                               "metadata:\n"
                               "  name: tour\n"
                               "spec:\n"
                               "  stages:\n"
                               "    - name: qa\n"
                               "      sequences:\n"
                               "        - name: delivery\n"
                               "          tasks:\n"
                               "            - name: je-deployment\n"
                               "            - name: je-test\n"
                               "    - name: production\n"
                               "      sequences:\n"
                               "        - name: delivery\n"
                               "          triggeredOn:\n"
                               "            - event: qa.delivery.finished\n"
                               "          tasks:\n"
                               "            - name: approval\n"
                               "              properties: {pass: manual, warning: manual}\n"
                               "            - name: je-deployment\n";

struct draft {
    const char *type, *id, *triggeredid, *source, *result, *message, *by;
    bool has_strategy;
    int ago_s;
};

static void add_text(struct buffer *to, const char *key, const char *value)
{
    if (!value)
        return;
    (void)buffer_printf(to, ",\"%s\":", key);
    (void)json_print_text(value, to);
}

static void add_event(struct buffer *to, const struct scene_run *run, const struct draft *d)
{
    char time[CLOCK_TEXT_SIZE], context[64];
    clock_format_ms((NOW_S - d->ago_s) * CLOCK_S, time);
    (void)snprintf(context, sizeof context, "%s-0000-4000-8000-000000000000", run->context);
    (void)buffer_printf(to, "{\"specversion\":\"1.0\",\"type\":\"%s\",\"time\":\"%s\"", d->type, time);
    add_text(to, "id", d->id);
    add_text(to, "source", d->source);
    add_text(to, "shkeptncontext", context);
    add_text(to, "triggeredid", d->triggeredid);
    add_text(to, "gitcommitid", "eb5fc3d0c5d3b3a1f2e4d5c6b7a8990011223344");
    add_text(to, "decidedby", d->by);
    (void)buffer_add_text(to, ",\"data\":{\"status\":\"succeeded\"");
    add_text(to, "project", run->project);
    add_text(to, "stage", run->stage);
    add_text(to, "service", run->service);
    add_text(to, "result", d->result);
    add_text(to, "message", d->message);
    (void)buffer_add_text(to, ",\"labels\":{\"image\":\"" REPOSITORY "\"");
    add_text(to, "version", run->label ? run->label : run->version);
    (void)buffer_printf(to, "},\"configurationChange\":{\"values\":{\"image\":\"" REPOSITORY ":%s\"}}",
                        run->version);
    if (d->has_strategy)
        (void)buffer_add_text(to, ",\"approval\":{\"pass\":\"manual\",\"warning\":\"manual\"}");
    (void)buffer_add_text(to, "}}\n");
}

void scene_project(struct buffer *to, const char *name)
{
    (void)buffer_printf(to, "project {\"projectName\":\"%s\",\"shipyard\":", name);
    (void)json_print_text(shipyard, to);
    (void)buffer_add_text(to, ",\"stages\":[{\"stageName\":\"qa\"},{\"stageName\":\"production\"}]}\n");
}

void scene_triggered(struct buffer *to, const struct scene_run *run, int ago_s)
{
    char type[300], id[300];
    const bool first = strcmp(run->stage, "qa") == 0;
    (void)snprintf(type, sizeof type, "sh.keptn.event.%s.delivery.triggered", run->stage);
    (void)snprintf(id, sizeof id, "%s.delivery.%s", run->stage, run->context);
    add_event(
        to, run,
        &(struct draft){
            .type = type, .id = id, .source = first ? "keptn-cli" : "shipyard-controller", .ago_s = ago_s});
}

static void add_task(struct buffer *to, const struct scene_run *run, const char *task, const char *kind,
                     struct draft d)
{
    char type[300], id[400], triggeredid[300];
    (void)snprintf(type, sizeof type, "sh.keptn.event.%s.%s", task, kind);
    (void)snprintf(triggeredid, sizeof triggeredid, "%s.%s.%s", run->stage, task, run->context);
    (void)snprintf(id, sizeof id, "%s.%s.%s", triggeredid, kind, d.source);
    const bool triggered = strcmp(kind, "triggered") == 0;
    d.type = type;
    d.id = triggered ? triggeredid : id;
    d.triggeredid = triggered ? NULL : triggeredid;
    add_event(to, run, &d);
}

void scene_task(struct buffer *to, const struct scene_run *run, const char *task, int ago_s)
{
    add_task(to, run, task, "triggered",
             (struct draft){.source = "shipyard-controller",
                            .ago_s = ago_s,
                            .result = "pass",
                            .has_strategy = strcmp(task, "approval") == 0});
}

void scene_task_started(struct buffer *to, const struct scene_run *run, const char *task, const char *source,
                        int ago_s)
{
    add_task(to, run, task, "started", (struct draft){.source = source, .ago_s = ago_s});
}

void scene_task_finished(struct buffer *to, const struct scene_run *run, const char *task, const char *source,
                         const char *result, const char *message, int ago_s)
{
    add_task(to, run, task, "finished",
             (struct draft){.source = source, .ago_s = ago_s, .result = result, .message = message});
}

void scene_finished(struct buffer *to, const struct scene_run *run, const char *result, int ago_s)
{
    char type[300], id[320], triggeredid[300];
    (void)snprintf(type, sizeof type, "sh.keptn.event.%s.delivery.finished", run->stage);
    (void)snprintf(triggeredid, sizeof triggeredid, "%s.delivery.%s", run->stage, run->context);
    (void)snprintf(id, sizeof id, "%s.finished", triggeredid);
    add_event(to, run,
              &(struct draft){.type = type,
                              .id = id,
                              .triggeredid = triggeredid,
                              .source = "shipyard-controller",
                              .result = result,
                              .ago_s = ago_s});
}

static void add_job(struct buffer *to, const struct scene_run *run, const char *task, int ago_s, int seconds)
{
    scene_task(to, run, task, ago_s);
    scene_task_started(to, run, task, "job-executor-service", ago_s);
    scene_task_finished(to, run, task, "job-executor-service", "pass", "ok", ago_s - seconds);
}

void scene_decided(struct buffer *to, const struct scene_run *run, const char *by, const char *result,
                   const char *comment, int ago_s)
{
    add_task(to, run, "approval", "finished",
             (struct draft){
                 .source = "drawbridge", .ago_s = ago_s, .result = result, .message = comment, .by = by});
}

static void open_approval(struct buffer *to, const struct scene_run *run, int ago_s)
{
    scene_triggered(to, run, ago_s);
    scene_task(to, run, "approval", ago_s);
    scene_task_started(to, run, "approval", "approval-service", ago_s);
}

void scene_delivered(struct buffer *to, const struct scene_run *run, int ago_s)
{
    struct scene_run qa = *run;
    qa.stage = "qa";
    scene_triggered(to, &qa, ago_s + 80);
    add_job(to, &qa, "je-deployment", ago_s + 80, 12);
    add_job(to, &qa, "je-test", ago_s + 68, 41);
    scene_finished(to, &qa, "pass", ago_s + 27);
    if (strcmp(run->stage, "qa") == 0)
        return;
    open_approval(to, run, ago_s + 26);
    scene_decided(to, run, "maria", "pass", "", ago_s + 20);
    add_job(to, run, "je-deployment", ago_s + 20, 14);
    scene_finished(to, run, "pass", ago_s);
}

void scene_waiting(struct buffer *to, const struct scene_run *run, int ago_s)
{
    struct scene_run qa = *run;
    qa.stage = "qa";
    scene_delivered(to, &qa, ago_s);
    open_approval(to, run, ago_s);
}

static struct scene_run run_of(const char *project, const char *service, const char *context,
                               const char *version)
{
    return (struct scene_run){.project = project,
                              .stage = "production",
                              .service = service,
                              .context = context,
                              .version = version};
}

static void start(struct buffer *to)
{
    (void)buffer_add_text(to, "clock 2026-11-24T10:00:00Z\nidentity maria approver\nlink live 0\n");
}

static void script_waiting(struct buffer *to)
{
    const struct scene_run old = run_of("fulltour", "helloservice", "11aa22bb", "v0.1.0");
    const struct scene_run new = run_of("fulltour", "helloservice", "5d1a2b3c", "v0.1.1");
    start(to);
    scene_project(to, "fulltour");
    scene_delivered(to, &old, 2 * 86400);
    scene_waiting(to, &new, 12 * 60);
}

static void script_tour(struct buffer *to)
{
    char context[24], version[24];
    start(to);
    scene_project(to, "fulltour");
    scene_project(to, "sockshop");
    scene_project(to, "payments");
    for (int i = 0; i < 44; i++) {
        (void)snprintf(context, sizeof context, "0000%04x", i);
        (void)snprintf(version, sizeof version, "v0.0.%d", i);
        const struct scene_run run = run_of("fulltour", "helloservice", context, version);
        scene_delivered(to, &run, 86400 * (50 - i));
    }
    script_waiting(to);
    struct scene_run next = run_of("fulltour", "helloservice", "7c2e9f01", "v0.1.2");
    next.stage = "qa";
    scene_triggered(to, &next, 53);
    add_job(to, &next, "je-deployment", 53, 12);
    scene_task(to, &next, "je-test", 41);
    scene_task_started(to, &next, "je-test", "job-executor-service", 41);
    struct scene_run carts = run_of("sockshop", "carts", "c0ffee00", "1.4.0");
    carts.label = "1.5.0-rc1";
    scene_waiting(to, &carts, 3 * 60);
    struct scene_run failed = run_of("payments", "ledger", "badcafe0", "v9");
    failed.stage = "qa";
    scene_triggered(to, &failed, 7260);
    add_job(to, &failed, "je-deployment", 7260, 12);
    scene_task(to, &failed, "je-test", 7240);
    scene_task_started(to, &failed, "je-test", "job-executor-service", 7240);
    scene_task_finished(
        to, &failed, "je-test", "job-executor-service", "fail",
        "asked http://127.0.0.1:18081/version: expected v9, got v8; the old copy still answers on its port",
        7200);
    scene_finished(to, &failed, "fail", 7200);
}

static void script_back(struct buffer *to)
{
    const struct scene_run old = run_of("fulltour", "helloservice", "5d1a2b3c", "v0.1.1");
    const struct scene_run new = run_of("fulltour", "helloservice", "7c2e9f01", "v0.1.2");
    start(to);
    scene_project(to, "fulltour");
    scene_waiting(to, &old, 5 * 3600);
    scene_delivered(to, &new, 2 * 3600);
}

static void script_many(struct buffer *to)
{
    char context[24], version[24], service[32];
    start(to);
    for (int p = 0; p < 3; p++) {
        char project[24];
        (void)snprintf(project, sizeof project, "project-%c", 'a' + p);
        scene_project(to, project);
        for (int i = 0; i < 167; i++) {
            (void)snprintf(context, sizeof context, "%02x00%04x", p, i);
            (void)snprintf(version, sizeof version, "v1.0.%d", i);
            (void)snprintf(service, sizeof service, "service-%d", i % 20);
            const struct scene_run run = run_of(project, service, context, version);
            if (i % 10 == 9)
                scene_waiting(to, &run, 86400 - i * 300);
            else
                scene_delivered(to, &run, 86400 - i * 300);
        }
    }
}

static void script_odd(struct buffer *to)
{
    static const char *const services[] = {
        "你好服务你好服务",
        "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86\xcc\x87-marks",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7-family",
        "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa-flag",
        "\u202Edrawkcab",
        "\x1b[31mred\x1b[0m",
        "zero\xe2\x80\x8bwidth",
        "क्षि",
        "a-very-long-name-of-a-service-that-does-not-fit-into-any-column-at-all",
        "\xe2\x9c\x85-check"};
    start(to);
    scene_project(to, "fulltour");
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        char context[24];
        (void)snprintf(context, sizeof context, "00dd%04zx", i);
        struct scene_run run = run_of("fulltour", services[i], context, "v1");
        scene_waiting(to, &run, (int)(100 + i) * 60);
    }
}

bool scene_script(struct buffer *to, const char *name)
{
    static const struct {
        const char *name;
        void (*make)(struct buffer *to);
    } scenes[] = {{"waiting", script_waiting}, {"tour", script_tour}, {"back", script_back},
                  {"many", script_many},       {"odd", script_odd},   {"empty", start}};
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        if (strcmp(scenes[i].name, name) == 0) {
            scenes[i].make(to);
            return true;
        }
    }
    return false;
}
