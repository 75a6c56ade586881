/* tests/scenario/scenario.h: the one recorded scenario that the tests of screens share: 3 projects, 6 stages,
 * 200 sequences, everything that can happen to one, at a clock of 2026-11-24T10:00:00Z. Every time and id is
 * the same in each run. And a load: deliveries without end. */
#ifndef TESTS_SCENARIO_SCENARIO_H
#define TESTS_SCENARIO_SCENARIO_H

#include <stdint.h>

#include "base/error.h"
#include "base/ids.h"

#define SCENARIO_NOW       "2026-11-24T10:00:00Z" /* where its recording ends */
#define SCENARIO_NOW_NS    INT64_C(1795514400000000000)
#define SCENARIO_PROJECTS  3
#define SCENARIO_STAGES    6 /* of all projects */
#define SCENARIO_SEQUENCES 200
#define SCENARIO_WAITING   8

/* The contexts that tests look for. */
enum scenario_context {
    SCENARIO_HELLO = 1,   /* fulltour/production helloservice v0.1.1, waits 12m */
    SCENARIO_CARTS,       /* sockshop/production carts 1.4.0, waits 3m; its label says 1.5.0-rc1 */
    SCENARIO_ORDERS,      /* sockshop/production orders 2.2.0, waits 47m with a warning */
    SCENARIO_CATALOGUE,   /* sockshop/production catalogue 0.9.3, waits 5h; 0.9.4 was delivered: goes back */
    SCENARIO_LEDGER,      /* payments/production ledger v9, waits 2d: the longest */
    SCENARIO_BILLING,     /* payments/production 账单服务 3.0.1, waits 26m */
    SCENARIO_PODTATO,     /* fulltour/production podtato, waits 1h: no image, only a label */
    SCENARIO_USER,        /* sockshop/production user 1.8.1, waits 35m and is paused */
    SCENARIO_TESTING,     /* fulltour/qa helloservice v0.1.2, runs je-test for 41s */
    SCENARIO_QUEUED,      /* fulltour/qa helloservice v0.1.3, queued for 35s */
    SCENARIO_EXECUTORS,   /* sockshop/staging payment 1.1.0: two executors deploy, one is through */
    SCENARIO_DEPLOYING,   /* payments/production café-app 12: je-deployment runs for 6m */
    SCENARIO_PAUSED,      /* sockshop/staging shipping 0.7.0, paused for 18m */
    SCENARIO_PAUSED_RTL,  /* payments/production דוחות 5, paused for 1h */
    SCENARIO_FAILED,      /* payments/production gateway v9: smoke-test failed 2h ago, with a long message */
    SCENARIO_TIMED_OUT,   /* sockshop/dev session 0.3.0, timed out 3h ago */
    SCENARIO_ABORTED,     /* sockshop/staging shipping 0.6.9, aborted 50m ago */
    SCENARIO_DECLINED,    /* fulltour/production podtato v0.3.0, declined by tom 4h ago, with a comment */
    SCENARIO_ROLLED_BACK, /* sockshop/production payment 1.0.9 failed 26h ago and was rolled back */
    SCENARIO_WARNED, /* sockshop/production orders 2.1.0, approved by maria in spite of a warning, 30h ago */
    SCENARIO_EVALUATED, /* sockshop/staging: an evaluation alone, fail, 66.67 */
    SCENARIO_NAMED_CONTEXTS
};
void scenario_context(enum scenario_context which, char out[UUID_SIZE]);

/* Writes the recording; the file is replaced. */
MUST_CHECK enum status scenario_write(const char *path, struct error *err);

/* Writes so many days of deliveries, up to SCENARIO_NOW; in one piece of memory however many. */
MUST_CHECK enum status scenario_write_load(const char *path, unsigned days, unsigned deliveries_a_day,
                                           struct error *err);

#endif
