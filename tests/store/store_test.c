/* The store against a real database: what is written is there, in order, after a restart too. */
#include "config.h"

#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

#define TASK(name, kind) "sh.keptn.event." name "." kind

static void numbers_are_contiguous_and_survive_a_restart(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    assert_int_equal(store_last_number(f->store), 0);
    struct store_batch *b = store_batch_new(f->store);
    for (int i = 0; i < 3; i++)
        add_event(f->store, b, &(struct sample){.type = "a.b", .context = "c"});
    assert_int_equal(store_last_number(f->store), 0); /* not durable yet */
    commit_ok(b);
    assert_int_equal(put_event(f->store, &(struct sample){.type = "a.b"}), 4);
    char epoch[32];
    (void)snprintf(epoch, sizeof epoch, "%s", store_epoch(f->store));
    assert_int_equal(strlen(epoch), 16);
    fixture_reopen(f);
    assert_string_equal(store_epoch(f->store), epoch);
    assert_int_equal(store_last_number(f->store), 4);
    assert_int_equal(put_event(f->store, &(struct sample){.type = "a.b"}), 5);
    struct seen seen = {0};
    assert_int_equal(store_events_after(f->store, 0, 0, see_number, &seen, &err), STATUS_OK);
    assert_string_equal(seen.text, "1 2 3 4 5 ");
    seen = (struct seen){0};
    assert_int_equal(store_events_after(f->store, 2, 2, see_number, &seen, &err), STATUS_OK);
    assert_string_equal(seen.text, "3 4 ");
    seen = (struct seen){.stop_after = 1};
    assert_int_equal(store_events_after(f->store, 2, 0, see_number, &seen, &err), STATUS_OK);
    assert_string_equal(seen.text, "3 ");
}

/* --- queries --- */

static const struct sample queried[] = {
    /* 1 */ {.id = "t1",
             .type = "sh.keptn.event.qa.delivery.triggered",
             .context = "c1",
             .project = "p",
             .stage = "qa",
             .service = "s",
             .time_ns = 100 * CLOCK_S},
    /* 2 */
    {.id = "t2",
     .type = TASK("test", "triggered"),
     .context = "c1",
     .project = "p",
     .stage = "qa",
     .service = "s",
     .time_ns = 200 * CLOCK_S},
    /* 3 */
    {.id = "f2",
     .type = TASK("test", "finished"),
     .context = "c1",
     .triggeredid = "t2",
     .source = "jobs",
     .project = "p",
     .stage = "qa",
     .service = "s",
     .result = "fail",
     .time_ns = 300 * CLOCK_S},
    /* 4 */
    {.id = "t4",
     .type = TASK("test", "triggered"),
     .context = "c2",
     .project = "p",
     .stage = "prod",
     .service = "z",
     .time_ns = 400 * CLOCK_S},
    /* 5 */
    {.id = "t5",
     .type = TASK("test", "triggered"),
     .context = "c3",
     .project = "q",
     .time_ns = 500 * CLOCK_S},
    /* 6 */ {.id = "n6", .type = "sh.keptn.log.error", .time_ns = 600 * CLOCK_S},
    /* 7 */
    {.id = "s7", .type = EVENT_TYPE_STATE, .context = "c1", .project = "p", .time_ns = 700 * CLOCK_S},
    /* 8: its context is known in another project only */
    {.id = "t8",
     .type = TASK("test", "triggered"),
     .context = "c1",
     .project = "q",
     .time_ns = 800 * CLOCK_S},
};

static void every_filter_of_a_query_holds_and_they_are_anded(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name, *seen;
        size_t total;
        struct store_event_query q;
    } rows[] = {
        {"all", "8 6 5 4 3 2 1 ", 7, {0}},
        {"with states", "8 7 6 5 4 3 2 1 ", 8, {.with_states = true}},
        {"project", "4 3 2 1 ", 4, {.project = "p"}},
        {"project with states", "7 4 3 2 1 ", 5, {.project = "p", .with_states = true}},
        {"no project", "6 ", 1, {.project = ""}},
        {"unknown project", "", 0, {.project = "x"}},
        {"context", "8 3 2 1 ", 4, {.context = "c1"}},
        {"context and project", "3 2 1 ", 3, {.context = "c1", .project = "p"}},
        {"context with states", "8 7 3 2 1 ", 5, {.context = "c1", .with_states = true}},
        {"stage", "4 ", 1, {.project = "p", .stage = "prod"}},
        {"service", "3 2 1 ", 3, {.project = "p", .service = "s"}},
        {"type", "8 5 4 2 ", 4, {.type = TASK("test", "triggered")}},
        {"type and project", "4 2 ", 2, {.type = TASK("test", "triggered"), .project = "p"}},
        {"state type", "7 ", 1, {.type = EVENT_TYPE_STATE, .project = "p", .with_states = true}},
        {"source", "3 ", 1, {.source = "jobs"}},
        {"event id", "3 ", 1, {.event_id = "f2"}},
        {"event id in another project", "", 0, {.event_id = "f2", .project = "q"}},
        {"triggeredid", "3 ", 1, {.triggeredid = "t2"}},
        {"result", "3 ", 1, {.result = "fail", .project = "p"}},
        {"from is exclusive", "4 3 ", 2, {.project = "p", .from_ns = 200 * CLOCK_S}},
        {"before is exclusive", "1 ", 1, {.project = "p", .before_ns = 200 * CLOCK_S}},
        {"a range", "5 4 ", 2, {.from_ns = 300 * CLOCK_S, .before_ns = 600 * CLOCK_S}},
        {"roots", "8 5 4 1 ", 4, {.root_only = true}},
        {"roots of a project", "4 1 ", 2, {.root_only = true, .project = "p"}},
        {"root of a context", "1 ", 1, {.root_only = true, .context = "c1", .project = "p"}},
        {"oldest first", "1 2 3 4 ", 4, {.project = "p", .oldest_first = true}},
        {"a page", "3 2 ", 4, {.project = "p", .offset = 1, .limit = 2}},
        {"behind the end", "", 4, {.project = "p", .offset = 9, .limit = 2}},
    };
    for (size_t i = 0; i < sizeof queried / sizeof *queried; i++)
        assert_int_equal(put_event(f->store, &queried[i]), i + 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = ERROR_NONE;
        struct seen seen = {0};
        size_t total = 99;
        if (store_events(f->store, &rows[i].q, see_number, &seen, &total, &err) != STATUS_OK)
            fail_msg("%s: %s", rows[i].name, err.text);
        if (strcmp(seen.text, rows[i].seen) != 0 || total != rows[i].total)
            fail_msg("%s: %s(%zu), not %s(%zu)", rows[i].name, seen.text, total, rows[i].seen, rows[i].total);
    }
}

struct nested {
    struct store *store;
    struct seen inner;
};

static bool query_again(void *arg, const struct store_event *e)
{
    struct nested *n = arg;
    struct error err = ERROR_NONE;
    (void)e;
    assert_int_equal(store_events(n->store, &(struct store_event_query){.project = "p"}, see_number,
                                  &n->inner, NULL, &err),
                     STATUS_OK);
    return true;
}

static void a_query_inside_the_walk_of_the_same_query_disturbs_nothing(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    for (int i = 0; i < 2; i++)
        put_event(f->store, &(struct sample){.type = "a.b", .project = "p"});
    struct nested n = {.store = f->store};
    assert_int_equal(
        store_events(f->store, &(struct store_event_query){.project = "p"}, query_again, &n, NULL, &err),
        STATUS_OK);
    assert_string_equal(n.inner.text, "2 1 2 1 ");
}

static bool keep_text(void *arg, const struct store_event *e)
{
    (void)snprintf(arg, 256, "%s", e->text);
    return true;
}

static void the_text_of_an_event_comes_back_as_it_was_stored(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    static const char text[] =
        "{ \"specversion\":\"1.0\", \"id\":\"\\u00e4\",\"source\":\"s\",\"type\":\"a.b\","
        "\"data\":{\"n\":12345678901234567890} }";
    struct event ev = {0};
    assert_int_equal(event_decode(text, strlen(text), EVENT_FORM_COMPLETE, &ev, &err), STATUS_OK);
    struct store_batch *b = store_batch_new(f->store);
    store_batch_event(b, store_next_number(f->store), text, strlen(text), &ev, 0);
    event_free(&ev);
    commit_ok(b);
    char seen[256] = "";
    const struct store_event_query q = {.event_id = "ä"};
    assert_int_equal(store_events(f->store, &q, keep_text, seen, NULL, &err), STATUS_OK);
    assert_string_equal(seen, text);
}

/* --- pending, open --- */

static void what_is_pending_stays_so_until_it_is_handled(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    put_event(f->store, &(struct sample){.type = "a", .pending = STORE_FOR_SEQUENCER});
    put_event(f->store, &(struct sample){.type = "b", .pending = STORE_FOR_JOBS});
    put_event(f->store, &(struct sample){.type = "c", .pending = STORE_FOR_JOBS | STORE_FOR_SEQUENCER});
    put_event(f->store, &(struct sample){.type = "d"});
    fixture_reopen(f);
    struct seen sequencer = {0}, jobs = {0};
    assert_int_equal(store_pending(f->store, STORE_FOR_SEQUENCER, see_number, &sequencer, &err), STATUS_OK);
    assert_int_equal(store_pending(f->store, STORE_FOR_JOBS, see_number, &jobs, &err), STATUS_OK);
    assert_string_equal(sequencer.text, "1 3 ");
    assert_string_equal(jobs.text, "2 3 ");
    struct store_batch *b = store_batch_new(f->store);
    store_batch_handled(b, 3, STORE_FOR_JOBS);
    store_batch_handled(b, 4, STORE_FOR_JOBS); /* never was: nothing to do */
    commit_ok(b);
    sequencer = jobs = (struct seen){0};
    assert_int_equal(store_pending(f->store, STORE_FOR_SEQUENCER, see_number, &sequencer, &err), STATUS_OK);
    assert_int_equal(store_pending(f->store, STORE_FOR_JOBS, see_number, &jobs, &err), STATUS_OK);
    assert_string_equal(sequencer.text, "1 3 ");
    assert_string_equal(jobs.text, "2 ");
}

static void open_events_are_listed_by_type_newest_first_until_closed(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    for (size_t i = 0; i < sizeof queried / sizeof *queried; i++)
        put_event(f->store, &queried[i]);
    static const char *const open[] = {"t1", "t2", "t4", "t5"};
    struct store_batch *b = store_batch_new(f->store);
    for (size_t i = 0; i < 4; i++)
        store_batch_open_event(b, open[i]);
    add_event(f->store, b, &(struct sample){.id = "t9", .type = TASK("test", "triggered"), .project = "p"});
    store_batch_open_event(b, "t9");
    store_batch_open_event(b, "t9"); /* twice is once */
    commit_ok(b);
    static const struct {
        const char *name, *seen;
        size_t total;
        struct store_event_query q;
    } rows[] = {
        {"all types", "9 5 4 2 1 ", 5, {0}},
        {"a type", "9 5 4 2 ", 4, {.type = TASK("test", "triggered")}},
        {"a project", "9 4 2 ", 3, {.type = TASK("test", "triggered"), .project = "p"}},
        {"a stage", "4 ", 1, {.type = TASK("test", "triggered"), .project = "p", .stage = "prod"}},
        {"an id", "4 ", 1, {.type = TASK("test", "triggered"), .event_id = "t4"}},
        {"a page", "5 4 ", 4, {.type = TASK("test", "triggered"), .offset = 1, .limit = 2}},
        {"nothing", "", 0, {.type = TASK("approval", "triggered")}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seen seen = {0};
        size_t total = 99;
        if (store_open_events(f->store, &rows[i].q, see_number, &seen, &total, &err) != STATUS_OK)
            fail_msg("%s: %s", rows[i].name, err.text);
        if (strcmp(seen.text, rows[i].seen) != 0 || total != rows[i].total)
            fail_msg("%s: %s(%zu), not %s(%zu)", rows[i].name, seen.text, total, rows[i].seen, rows[i].total);
    }
    b = store_batch_new(f->store);
    store_batch_close_event(b, "t4");
    store_batch_close_event(b, "t4");
    commit_ok(b);
    fixture_reopen(f);
    struct seen seen = {0};
    assert_int_equal(store_open_events(f->store, &rows[0].q, see_number, &seen, NULL, &err), STATUS_OK);
    assert_string_equal(seen.text, "9 5 2 1 ");
}

static void keep_error(void *arg, enum status status, const struct error *err)
{
    *(struct error *)arg = status == STATUS_OK ? ERROR_NONE : *err;
}

static void opening_an_event_that_is_not_stored_fails_its_batch_whole(void **state)
{
    struct fixture *f = *state;
    struct error failed = ERROR_NONE;
    struct store_batch *b = store_batch_new(f->store);
    add_event(f->store, b, &(struct sample){.type = "a"});
    store_batch_open_event(b, "nowhere");
    store_commit(b, keep_error, &failed);
    assert_int_equal(failed.status, STATUS_NOT_FOUND);
    assert_non_null(strstr(failed.text, "nowhere"));
    assert_int_equal(store_last_number(f->store), 0);
    assert_int_equal(put_event(f->store, &(struct sample){.type = "a"}), 1); /* the number is used again */
}

static void a_number_that_is_lost_between_others_is_held_by_a_void_event(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    put_event(f->store, &(struct sample){.type = "a"});
    struct store_batch *dropped = store_batch_new(f->store);
    add_event(f->store, dropped, &(struct sample){.type = "a"});
    store_batch_free(dropped);
    assert_int_equal(put_event(f->store, &(struct sample){.type = "a"}), 3);
    struct seen all = {0}, keptn = {0};
    assert_int_equal(store_events_after(f->store, 0, 0, see_number, &all, &err), STATUS_OK);
    assert_string_equal(all.text, "1 2 3 ");
    assert_int_equal(store_events(f->store, &(struct store_event_query){0}, see_number, &keptn, NULL, &err),
                     STATUS_OK);
    assert_string_equal(keptn.text, "3 1 ");
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        WITH_STORE(numbers_are_contiguous_and_survive_a_restart),
        WITH_STORE(every_filter_of_a_query_holds_and_they_are_anded),
        WITH_STORE(a_query_inside_the_walk_of_the_same_query_disturbs_nothing),
        WITH_STORE(the_text_of_an_event_comes_back_as_it_was_stored),
        WITH_STORE(what_is_pending_stays_so_until_it_is_handled),
        WITH_STORE(open_events_are_listed_by_type_newest_first_until_closed),
        WITH_STORE(opening_an_event_that_is_not_stored_fails_its_batch_whole),
        WITH_STORE(a_number_that_is_lost_between_others_is_held_by_a_void_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
