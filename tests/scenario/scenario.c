/* scenario.c: stories of today, told one by one, and a month of history before them, which fills each stage
 * up to its number of sequences. */
#include "config.h"

#include "scenario.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "shipyards.h"
#include "story.h"

#define AGO(ns)       (SCENARIO_NOW_NS - (ns))
#define RECORDED_FROM AGO(HOURS(4)) /* before it lies what the recorder's snapshot brought */
#define HISTORY_FIRST 1000          /* number of the first context of the history */
#define JOBS          "job-executor-service"
#define HELM          "helm-service"
#define CLI           "https://github.com/keptn/keptn/cli#configuration-change"
#define SEQUENCER     "shipyard-controller"
#define DASHBOARD     "drawbridge"
#define BRIDGE        "https://github.com/keptn/keptn/bridge#approval.finished"

enum place {
    FULLTOUR_QA,
    FULLTOUR_PRODUCTION,
    SOCKSHOP_DEV,
    SOCKSHOP_STAGING,
    SOCKSHOP_PRODUCTION,
    PAYMENTS,
    PLACES
};
static const size_t quota[PLACES] = {44, 40, 36, 32, 26, 22};

struct scenario {
    struct tale tale;
    size_t rows[PLACES];
    uint64_t next; /* context of the history */
};

void scenario_context(enum scenario_context which, char out[UUID_SIZE])
{
    tale_id((uint64_t)which, out);
}

/* --- pieces that several stories share --- */

/* image: "registry/name:version", kept by the scenario's caller as long as the story. */
static struct story begin(struct scenario *c, uint64_t number, const char *project, const char *service,
                          const char *version, const char *image, int64_t ago_ns)
{
    struct story s = story_begin(&c->tale, number, project, service, version, AGO(ago_ns));
    s.image = image;
    return s;
}

static void enter(struct scenario *c, struct story *s, enum place place, const char *sequence,
                  const char *source)
{
    static const char *const stages[PLACES] = {"qa",      "production", "dev",
                                               "staging", "production", "production"};
    c->rows[place]++;
    story_sequence(s, stages[place], sequence, source);
    s->now_ns += SECONDS(1);
}

static void leave(struct story *s)
{
    story_sequence_ends(s, "succeeded", s->result, NULL);
    s->now_ns += SECONDS(1);
}

static void pass_qa(struct scenario *c, struct story *s)
{
    enter(c, s, FULLTOUR_QA, "delivery", CLI);
    story_job(s, "je-deployment", JOBS, SECONDS(12), "pass", "Task 'deploy' finished successfully!");
    story_job(s, "je-test", JOBS, SECONDS(41), "pass", "Task 'test' finished successfully!");
    leave(s);
}

static void pass_dev(struct scenario *c, struct story *s)
{
    enter(c, s, SOCKSHOP_DEV, "delivery", CLI);
    story_job(s, "deployment", HELM, SECONDS(38), "pass", NULL);
    story_job(s, "test", "jmeter-service", SECONDS(95), "pass", NULL);
    leave(s);
}

static void pass_staging(struct scenario *c, struct story *s, const char *result, double score)
{
    enter(c, s, SOCKSHOP_STAGING, "delivery", SEQUENCER);
    story_job(s, "deployment", HELM, SECONDS(52), "pass", NULL);
    story_job(s, "test", "jmeter-service", SECONDS(210), "pass", NULL);
    story_evaluation(s, result, score);
    leave(s);
}

/* Up to the open approval, which opens so long ago. */
static void wait_in(struct scenario *c, struct story *s, enum place place, int64_t ago_ns)
{
    s->now_ns = AGO(ago_ns) - SECONDS(1);
    enter(c, s, place, "delivery", SEQUENCER);
    story_approval(s, "manual", "manual");
}

static void release(struct story *s)
{
    story_job(s, "deployment", HELM, SECONDS(64), "pass", NULL);
    story_job(s, "release", HELM, SECONDS(20), "pass", NULL);
    leave(s);
}

/* payments has one stage: a check, whose warning asks a person, then the rest. */
static void check_payment(struct scenario *c, struct story *s, const char *result, const char *message)
{
    enter(c, s, PAYMENTS, "delivery", CLI);
    story_job(s, "je-check", JOBS, SECONDS(18), result, message);
    story_approval(s, "automatic", "manual");
    if (strcmp(result, "pass") == 0) {
        s->now_ns += SECONDS(1) / 4;
        story_decision(s, NULL, NULL, "pass", NULL);
    }
}

static void deploy_payment(struct story *s)
{
    story_job(s, "je-deployment", JOBS, SECONDS(33), "pass", "Task 'deploy' finished successfully!");
    story_job(s, "smoke-test", JOBS, SECONDS(15), "pass", NULL);
    leave(s);
}

/* --- what waits --- */

#define PODTATO "ghcr.io/podtato-head/podtatoserver:"
#define SOCKS   "docker.io/weaveworksdemos/"
#define PAY     "registry.pay.example/"

static void tell_hello(struct scenario *c)
{
    struct story old =
        begin(c, 30, "fulltour", "helloservice", "v0.1.0", PODTATO "v0.1.0", DAYS(2) + MINUTES(50));
    pass_qa(c, &old);
    wait_in(c, &old, FULLTOUR_PRODUCTION, DAYS(2) + MINUTES(40));
    old.now_ns += MINUTES(7);
    story_decision(&old, "maria", DASHBOARD, "pass", "release of the week");
    story_job(&old, "je-deployment", JOBS, SECONDS(14), "pass", NULL);
    leave(&old);
    struct story s =
        begin(c, SCENARIO_HELLO, "fulltour", "helloservice", "v0.1.1", PODTATO "v0.1.1", MINUTES(14));
    pass_qa(c, &s);
    wait_in(c, &s, FULLTOUR_PRODUCTION, MINUTES(12));
}

static void tell_podtato(struct scenario *c)
{
    struct story s = begin(c, SCENARIO_PODTATO, "fulltour", "podtato", "v0.4.0", NULL, MINUTES(64));
    s.ticket = "OPS-1123";
    pass_qa(c, &s);
    wait_in(c, &s, FULLTOUR_PRODUCTION, HOURS(1));
}

static void tell_carts(struct scenario *c)
{
    struct story s =
        begin(c, SCENARIO_CARTS, "sockshop", "carts", "1.5.0-rc1", SOCKS "carts:1.4.0", MINUTES(14));
    s.build = "4711";
    pass_dev(c, &s);
    pass_staging(c, &s, "pass", 95);
    wait_in(c, &s, SOCKSHOP_PRODUCTION, MINUTES(3));
}

static void tell_orders(struct scenario *c)
{
    struct story old =
        begin(c, SCENARIO_WARNED, "sockshop", "orders", "2.1.0", SOCKS "orders:2.1.0", HOURS(31));
    pass_dev(c, &old);
    pass_staging(c, &old, "warning", 81.25);
    wait_in(c, &old, SOCKSHOP_PRODUCTION, HOURS(30) + MINUTES(40));
    old.now_ns += MINUTES(38);
    story_decision(&old, "maria", BRIDGE, "pass",
                   "response time is known, ticket SHOP-88; goes out all the same");
    story_job(&old, "deployment", HELM, SECONDS(64), "pass", NULL);
    story_job(&old, "release", HELM, SECONDS(20), "warning", "one replica came late");
    leave(&old);
    struct story s =
        begin(c, SCENARIO_ORDERS, "sockshop", "orders", "2.2.0", SOCKS "orders:2.2.0", MINUTES(58));
    s.ticket = "SHOP-93";
    pass_dev(c, &s);
    pass_staging(c, &s, "warning", 78.5);
    wait_in(c, &s, SOCKSHOP_PRODUCTION, MINUTES(47));
}

static void tell_catalogue(struct scenario *c)
{
    struct story s = begin(c, SCENARIO_CATALOGUE, "sockshop", "catalogue", "0.9.3", SOCKS "catalogue:0.9.3",
                           HOURS(5) + MINUTES(10));
    pass_dev(c, &s);
    pass_staging(c, &s, "pass", 100);
    wait_in(c, &s, SOCKSHOP_PRODUCTION, HOURS(5));
    struct story newer =
        begin(c, 31, "sockshop", "catalogue", "0.9.4", SOCKS "catalogue:0.9.4", HOURS(2) + MINUTES(20));
    pass_dev(c, &newer);
    pass_staging(c, &newer, "pass", 98.75);
    wait_in(c, &newer, SOCKSHOP_PRODUCTION, HOURS(2) + MINUTES(8));
    newer.now_ns += MINUTES(4);
    story_decision(&newer, "tom", DASHBOARD, "pass", NULL);
    release(&newer);
}

static void tell_user(struct scenario *c)
{
    struct story s = begin(c, SCENARIO_USER, "sockshop", "user", "1.8.1", SOCKS "user:1.8.1", MINUTES(46));
    pass_dev(c, &s);
    pass_staging(c, &s, "pass", 92.5);
    wait_in(c, &s, SOCKSHOP_PRODUCTION, MINUTES(35));
    s.now_ns = AGO(MINUTES(30));
    story_state(&s, "paused", "triggered");
}

static void tell_payments_that_wait(struct scenario *c)
{
    struct story ledger =
        begin(c, SCENARIO_LEDGER, "payments", "ledger", "v9", PAY "ledger:v9", DAYS(2) + HOURS(3));
    ledger.ticket = "PAY-7";
    check_payment(c, &ledger, "warning", "2 findings of the licence scan");
    struct story billing = begin(c, SCENARIO_BILLING, "payments", "账单服务", "3.0.1", PAY "billing:3.0.1",
                                 MINUTES(26) + SECONDS(20));
    billing.build = "夜间 82";
    check_payment(c, &billing, "warning", "覆盖率 71 %, expected 75 %");
}

/* --- what runs, is queued, is paused --- */

static void tell_running(struct scenario *c)
{
    struct story s =
        begin(c, SCENARIO_TESTING, "fulltour", "helloservice", "v0.1.2", PODTATO "v0.1.2", SECONDS(55));
    enter(c, &s, FULLTOUR_QA, "delivery", CLI);
    story_job(&s, "je-deployment", JOBS, SECONDS(12), "pass", NULL);
    s.now_ns = AGO(SECONDS(41));
    story_task(&s, "je-test");
    s.now_ns += SECONDS(1);
    story_starts(&s, JOBS);
    struct story queued =
        begin(c, SCENARIO_QUEUED, "fulltour", "helloservice", "v0.1.3", PODTATO "v0.1.3", SECONDS(35));
    enter(c, &queued, FULLTOUR_QA, "delivery", "https://github.com/keptn/keptn/bridge");
    struct story executors =
        begin(c, SCENARIO_EXECUTORS, "sockshop", "payment", "1.1.0", SOCKS "payment:1.1.0", MINUTES(6));
    pass_dev(c, &executors);
    enter(c, &executors, SOCKSHOP_STAGING, "delivery", SEQUENCER);
    executors.now_ns = AGO(MINUTES(2));
    story_task(&executors, "deployment");
    executors.now_ns += SECONDS(2);
    story_starts(&executors, HELM);
    story_starts(&executors, "argo-service");
    executors.now_ns += SECONDS(58);
    story_ends(&executors, HELM, "pass", "chart payment-1.1.0 is deployed");
    struct story first = begin(c, 32, "sockshop", "front-end", "4.0.0", SOCKS "front-end:4.0.0", SECONDS(22));
    enter(c, &first, SOCKSHOP_DEV, "delivery", CLI);
    story_task(&first, "deployment");
    first.now_ns += SECONDS(1);
    story_starts(&first, HELM);
    struct story second = begin(c, 33, "sockshop", "front-end", "4.0.1", SOCKS "front-end:4.0.1", SECONDS(5));
    enter(c, &second, SOCKSHOP_DEV, "delivery", CLI);
    struct story cafe =
        begin(c, SCENARIO_DEPLOYING, "payments", "cafe\u0301-app", "12", PAY "cafe:12", MINUTES(7));
    check_payment(c, &cafe, "pass", NULL);
    cafe.now_ns = AGO(MINUTES(6));
    story_task(&cafe, "je-deployment");
    cafe.now_ns += SECONDS(2);
    story_starts(&cafe, JOBS);
}

static void tell_paused(struct scenario *c)
{
    struct story s =
        begin(c, SCENARIO_PAUSED, "sockshop", "shipping", "0.7.0", SOCKS "shipping:0.7.0", MINUTES(25));
    pass_dev(c, &s);
    enter(c, &s, SOCKSHOP_STAGING, "delivery", SEQUENCER);
    story_job(&s, "deployment", HELM, SECONDS(52), "pass", NULL);
    story_task(&s, "test");
    story_starts(&s, "jmeter-service");
    s.now_ns = AGO(MINUTES(18));
    story_state(&s, "paused", "triggered");
    struct story reports = begin(c, SCENARIO_PAUSED_RTL, "payments", "\u05d3\u05d5\u05d7\u05d5\u05ea", "5",
                                 PAY "reports:5", HOURS(1) + MINUTES(2));
    check_payment(c, &reports, "pass", NULL);
    story_task(&reports, "je-deployment");
    story_starts(&reports, JOBS);
    reports.now_ns = AGO(HOURS(1));
    story_state(&reports, "paused", "triggered");
}

/* --- what ended badly --- */

static void tell_failures(struct scenario *c)
{
    struct story gateway =
        begin(c, SCENARIO_FAILED, "payments", "gateway", "v9", PAY "gateway:v9", HOURS(2) + MINUTES(3));
    check_payment(c, &gateway, "pass", NULL);
    story_job(&gateway, "je-deployment", JOBS, SECONDS(33), "pass", NULL);
    story_job(
        &gateway, "smoke-test", JOBS, MINUTES(1), "fail",
        "asked https://gateway.pay.example/version 12 times in 60 s: expected v9, got v8 each time; the old "
        "replica set still answers on its port\nsee the log of the job for the answers");
    story_sequence_ends(&gateway, "errored", "fail", NULL);
    struct story timed_out = begin(c, SCENARIO_TIMED_OUT, "sockshop", "session", "0.3.0",
                                   SOCKS "session:0.3.0", HOURS(3) + MINUTES(11));
    enter(c, &timed_out, SOCKSHOP_DEV, "delivery", CLI);
    story_task(&timed_out, "deployment");
    timed_out.now_ns = AGO(HOURS(3));
    story_sequence_ends(
        &timed_out, "errored", "fail",
        "sequence timed out while waiting for task sh.keptn.event.deployment.triggered to receive a "
        "correlating .started or .finished event");
    struct story aborted =
        begin(c, SCENARIO_ABORTED, "sockshop", "shipping", "0.6.9", SOCKS "shipping:0.6.9", MINUTES(58));
    pass_dev(c, &aborted);
    enter(c, &aborted, SOCKSHOP_STAGING, "delivery", SEQUENCER);
    story_job(&aborted, "deployment", HELM, SECONDS(52), "pass", NULL);
    story_task(&aborted, "test");
    story_starts(&aborted, "jmeter-service");
    aborted.now_ns = AGO(MINUTES(50));
    story_sequence_ends(&aborted, "aborted", "pass", NULL);
    struct story evaluated = begin(c, SCENARIO_EVALUATED, "sockshop", "carts", NULL, NULL, HOURS(9));
    enter(c, &evaluated, SOCKSHOP_STAGING, "evaluation", "https://github.com/keptn/keptn/api");
    story_evaluation(&evaluated, "fail", 66.66666666666667);
    leave(&evaluated);
}

static void tell_declined(struct scenario *c)
{
    struct story s = begin(c, SCENARIO_DECLINED, "fulltour", "podtato", "v0.3.0", PODTATO "v0.3.0",
                           HOURS(4) + MINUTES(40));
    pass_qa(c, &s);
    wait_in(c, &s, FULLTOUR_PRODUCTION, HOURS(4) + MINUTES(30));
    s.now_ns = AGO(HOURS(4));
    story_decision(&s, "tom", DASHBOARD, "fail",
                   "the colours of the hat are wrong \xf0\x9f\x8e\xa9, wait for v0.4.0");
    leave(&s);
    struct story silent =
        begin(c, 34, "fulltour", "helloservice", "v0.1.0-rc2", PODTATO "v0.1.0-rc2", DAYS(3) + MINUTES(9));
    pass_qa(c, &silent);
    wait_in(c, &silent, FULLTOUR_PRODUCTION, DAYS(3));
    silent.now_ns += MINUTES(2);
    story_decision(&silent, "maria", BRIDGE, "fail", NULL);
    leave(&silent);
    struct story aborted = begin(c, 35, "fulltour", "podtato", "v0.2.9", PODTATO "v0.2.9", HOURS(27));
    pass_qa(c, &aborted);
    wait_in(c, &aborted, FULLTOUR_PRODUCTION, HOURS(26) + MINUTES(50));
    aborted.now_ns = AGO(HOURS(25));
    story_sequence_ends(&aborted, "aborted", "pass", NULL);
}

static void tell_rollback(struct scenario *c)
{
    struct story s = begin(c, SCENARIO_ROLLED_BACK, "sockshop", "payment", "1.0.9", SOCKS "payment:1.0.9",
                           HOURS(26) + MINUTES(30));
    pass_dev(c, &s);
    pass_staging(c, &s, "pass", 90);
    wait_in(c, &s, SOCKSHOP_PRODUCTION, HOURS(26) + MINUTES(18));
    s.now_ns += MINUTES(12);
    story_decision(&s, "tom", BRIDGE, "pass", "looks good");
    story_job(&s, "deployment", HELM, MINUTES(5), "fail",
              "UPGRADE FAILED: timed out waiting for the condition");
    story_sequence_ends(&s, "succeeded", "fail", NULL);
    s.now_ns += SECONDS(1);
    enter(c, &s, SOCKSHOP_PRODUCTION, "rollback", SEQUENCER);
    story_job(&s, "rollback", HELM, SECONDS(44), "pass", NULL);
    leave(&s);
}

/* --- the month before --- */

static const char *const comments[] = {NULL,
                                       "ok",
                                       NULL,
                                       "tested by hand in qa",
                                       "agreed with the shop team",
                                       NULL,
                                       "hotfix, see the incident of this night",
                                       NULL};

static void decide(struct story *s, uint64_t i)
{
    s->now_ns += MINUTES(2 + i * 7 % 90);
    story_decision(s, i % 3 == 0 ? "tom" : "maria", i % 4 == 0 ? BRIDGE : DASHBOARD, "pass", comments[i % 8]);
}

struct past {
    struct story story;
    char *image, *version;
};

/* The i-th of the history of a project, of `count`: evenly over four weeks, the oldest first. */
static struct past past_begin(struct scenario *c, const char *project, const char *service,
                              const char *registry, uint64_t i, uint64_t count)
{
    const int64_t first = DAYS(30), last = DAYS(4);
    const int64_t ago = first - (first - last) / (int64_t)count * (int64_t)i - MINUTES(i * 37 % 240);
    struct past p = {.version = mem_printf("0.%d.%d", (int)(i / 10), (int)(i % 10))};
    p.image = mem_printf("%s:%s", registry, p.version);
    p.story = begin(c, HISTORY_FIRST + c->next++, project, service, p.version, p.image, ago);
    return p;
}

static void past_end(struct past *p)
{
    free(p->image);
    free(p->version);
}

static void fill_fulltour(struct scenario *c)
{
    const uint64_t whole = quota[FULLTOUR_PRODUCTION] - c->rows[FULLTOUR_PRODUCTION];
    const uint64_t all = quota[FULLTOUR_QA] - c->rows[FULLTOUR_QA];
    assert(all >= whole);
    for (uint64_t i = 0; i < all; i++) {
        struct past p = past_begin(c, "fulltour", i % 3 == 2 ? "podtato" : "helloservice",
                                   "ghcr.io/podtato-head/podtatoserver", i, all);
        const uint64_t bad = all - whole;
        if (i % 7 == 3 && i / 7 < bad) {
            enter(c, &p.story, FULLTOUR_QA, "delivery", CLI);
            story_job(&p.story, "je-deployment", JOBS, SECONDS(12), "pass", NULL);
            story_job(&p.story, "je-test", JOBS, SECONDS(41), "fail", "3 of 40 checks failed");
            story_sequence_ends(&p.story, "errored", "fail", NULL);
        } else {
            pass_qa(c, &p.story);
            wait_in(c, &p.story, FULLTOUR_PRODUCTION, SCENARIO_NOW_NS - p.story.now_ns - SECONDS(2));
            decide(&p.story, i);
            story_job(&p.story, "je-deployment", JOBS, SECONDS(14), "pass", NULL);
            leave(&p.story);
        }
        past_end(&p);
    }
}

static const char *const socks[] = {"carts",     "orders",    "payment",      "user",
                                    "catalogue", "front-end", "queue-master", "shipping"};

/* Those that end in dev come first in a row of eight, then those that end in staging. */
static void fill_sockshop(struct scenario *c)
{
    uint64_t i = 0;
    const uint64_t all = quota[SOCKSHOP_DEV] - c->rows[SOCKSHOP_DEV];
    while (c->rows[SOCKSHOP_DEV] < quota[SOCKSHOP_DEV]) {
        const size_t to_dev = quota[SOCKSHOP_DEV] - c->rows[SOCKSHOP_DEV],
                     to_staging = quota[SOCKSHOP_STAGING] - c->rows[SOCKSHOP_STAGING],
                     to_production = quota[SOCKSHOP_PRODUCTION] - c->rows[SOCKSHOP_PRODUCTION];
        const char *service = socks[i % 8];
        char registry[80];
        (void)snprintf(registry, sizeof registry, SOCKS "%s", service);
        struct past p = past_begin(c, "sockshop", service, registry, i, all);
        if (to_dev > to_staging && (i % 4 == 1 || to_staging == 0)) {
            enter(c, &p.story, SOCKSHOP_DEV, "delivery", CLI);
            story_job(&p.story, "deployment", HELM, SECONDS(38), "fail", "ImagePullBackOff");
            story_sequence_ends(&p.story, "succeeded", "fail", NULL);
        } else {
            pass_dev(c, &p.story);
            const bool stays = to_staging > to_production && (i % 4 == 2 || to_production == 0);
            pass_staging(c, &p.story,
                         stays        ? "fail"
                         : i % 5 == 0 ? "warning"
                                      : "pass",
                         stays        ? 41.5
                         : i % 5 == 0 ? 82
                                      : 97.5);
            if (!stays) {
                wait_in(c, &p.story, SOCKSHOP_PRODUCTION, SCENARIO_NOW_NS - p.story.now_ns - SECONDS(2));
                decide(&p.story, i + 1);
                release(&p.story);
            }
        }
        past_end(&p);
        i++;
    }
}

static void fill_payments(struct scenario *c)
{
    static const char *const services[][2] = {
        {"ledger", "ledger"},
        {"gateway", "gateway"},
        {"账单服务", "billing"},
        {"cafe\u0301-app", "cafe"},
        {"\xf0\x9f\x9a\x9a-dispatch", "dispatch"},
        {"\u05d3\u05d5\u05d7\u05d5\u05ea", "reports"},
        {"settlement-and-reconciliation-of-transfers", "settlement"},
        {"تقارير", "reports-ar"},
    };
    const uint64_t all = quota[PAYMENTS] - c->rows[PAYMENTS];
    for (uint64_t i = 0; i < all; i++) {
        char registry[80];
        (void)snprintf(registry, sizeof registry, PAY "%s", services[i % 8][1]);
        struct past p = past_begin(c, "payments", services[i % 8][0], registry, i, all);
        const bool warned = i % 5 == 4;
        check_payment(c, &p.story, warned ? "warning" : "pass",
                      warned ? "1 finding of the licence scan" : NULL);
        if (warned)
            decide(&p.story, i);
        deploy_payment(&p.story);
        past_end(&p);
    }
}

/* --- the recording --- */

static void tell_all(struct scenario *c)
{
    tell_hello(c);
    tell_podtato(c);
    tell_carts(c);
    tell_orders(c);
    tell_catalogue(c);
    tell_user(c);
    tell_payments_that_wait(c);
    tell_running(c);
    tell_paused(c);
    tell_failures(c);
    tell_declined(c);
    tell_rollback(c);
    fill_fulltour(c);
    fill_sockshop(c);
    fill_payments(c);
    for (size_t i = 0; i < PLACES; i++)
        assert(c->rows[i] == quota[i]);
}

/* What a snapshot would have brought when the recorder began. */
static enum status write_snapshot(struct scenario *c, struct recording *r, struct error *err)
{
    const int64_t at = RECORDED_FROM;
    enum status status = recording_add_begin(r, at, "http://127.0.0.1:8080/api", err);
    if (status == STATUS_OK)
        status = recording_add_snapshot_begin(r, at, false, err);
    if (status == STATUS_OK)
        status = shipyards_write(r, at, err);
    if (status == STATUS_OK)
        status = tale_write_history(&c->tale, r, at, at, err);
    if (status == STATUS_OK)
        status = recording_add_snapshot_end(r, at, false, err);
    return status;
}

enum status scenario_write(const char *path, struct error *err)
{
    struct scenario c = {0};
    struct recording *r = NULL;
    enum status status = recording_open(path, RECORDING_REPLACE, &r, err);
    if (status != STATUS_OK)
        return status;
    tell_all(&c);
    status = write_snapshot(&c, r, err);
    if (status == STATUS_OK)
        status = recording_add_link(r, RECORDED_FROM, "live", "", err);
    if (status == STATUS_OK)
        status = tale_write(&c.tale, r, SCENARIO_NOW_NS, err);
    assert(status != STATUS_OK || c.tale.count == 0); /* nothing lies ahead */
    if (status == STATUS_OK)
        status = recording_add_link(r, SCENARIO_NOW_NS, "live", "", err);
    tale_free(&c.tale);
    const enum status closed = recording_close(r, status == STATUS_OK ? err : NULL);
    return status != STATUS_OK ? status : closed;
}

/* --- load --- */

static void tell_load(struct scenario *c, uint64_t i, int64_t now_ns)
{
    char *service = mem_printf("service-%d", (int)(i % 40)), *version = mem_printf("1.%d.0", (int)i);
    char *image = mem_printf("registry.example/%s:%s", service, version);
    struct story s =
        begin(c, HISTORY_FIRST + i, "fulltour", service, version, image, SCENARIO_NOW_NS - now_ns);
    pass_qa(c, &s);
    wait_in(c, &s, FULLTOUR_PRODUCTION, SCENARIO_NOW_NS - s.now_ns - SECONDS(2));
    if (i % 100 == 99) { /* aborted: a state that no event tells comes before it */
        s.now_ns += MINUTES(3);
        story_state(&s, "paused", "triggered");
        s.now_ns += MINUTES(3);
        story_sequence_ends(&s, "aborted", "pass", NULL);
    } else {
        s.now_ns += MINUTES(1 + i % 20);
        story_decision(&s, i % 3 == 0 ? "tom" : "maria", DASHBOARD, i % 25 == 24 ? "fail" : "pass",
                       comments[i % 8]);
        if (i % 25 != 24)
            story_job(&s, "je-deployment", JOBS, SECONDS(14), i % 50 == 10 ? "fail" : "pass", NULL);
        leave(&s);
    }
    free(image);
    free(version);
    free(service);
}

enum status scenario_write_load(const char *path, unsigned days, unsigned deliveries_a_day, struct error *err)
{
    struct scenario c = {0};
    struct recording *r = NULL;
    enum status status = recording_open(path, RECORDING_REPLACE, &r, err);
    if (status != STATUS_OK)
        return status;
    const int64_t first = AGO(DAYS((int64_t)days)), step = DAYS(1) / deliveries_a_day;
    status = recording_add_snapshot_begin(r, first, false, err);
    if (status == STATUS_OK)
        status = shipyards_write(r, first, err);
    if (status == STATUS_OK)
        status = recording_add_snapshot_end(r, first, false, err);
    for (uint64_t i = 0; i < (uint64_t)days * deliveries_a_day && status == STATUS_OK; i++) {
        const int64_t now = first + step * (int64_t)i;
        tell_load(&c, i, now);
        status = tale_write(&c.tale, r, now, err);
    }
    if (status == STATUS_OK)
        status = tale_write(&c.tale, r, INT64_MAX, err);
    tale_free(&c.tale);
    const enum status closed = recording_close(r, status == STATUS_OK ? err : NULL);
    return status != STATUS_OK ? status : closed;
}
