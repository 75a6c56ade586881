/* What a statement costs: SQLite's plans for everything that the store reads and writes. */
#include "config.h"

#include "support.h"

#include "base/mem.h"
#include "store/internal.h"

static bool see_nothing(void *arg, const struct store_event *e)
{
    (void)arg;
    (void)e;
    return true;
}

static bool see_no_text(void *arg, const char *project, const char *context, const char *text)
{
    (void)arg;
    (void)project;
    (void)context;
    (void)text;
    return true;
}

/* Writing an event does not cost more when there are more: what is looked up comes from the index of one
 * thing. */
static void check_write_plan(struct store *s, const char *sql)
{
    struct error err = ERROR_NONE;
    enum status status = STATUS_OK;
    char *explain = mem_printf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *stmt = db_prepare(s->writer, explain, &err);
    assert_non_null(stmt);
    while (db_step(s->writer, stmt, &status, &err)) {
        const char *step = db_text(stmt, 3);
        if ((strncmp(step, "SCAN", 4) == 0 && strcmp(step, "SCAN CONSTANT ROW") != 0) ||
            (strncmp(step, "SEARCH events", 13) == 0 && strstr(step, "(context=?)") == NULL &&
             strstr(step, "(id=?)") == NULL && strstr(step, "max") == NULL &&
             strcmp(step, "SEARCH events") != 0))
            fail_msg("%s\n%s", sql, step);
    }
    db_release(s->writer, stmt);
    free(explain);
}

static void every_write_finds_what_it_needs_in_an_index(void **state)
{
    struct fixture *f = *state;
    const struct sample finished = {.type = "sh.keptn.event.deployment.finished",
                                    .context = "c",
                                    .triggeredid = "t",
                                    .project = "p",
                                    .stage = "qa",
                                    .service = "s",
                                    .pending = 1};
    struct store_batch *b = store_batch_new(f->store);
    uint64_t number = add_event(f->store, b, &finished);
    store_batch_open_event(b, "event-1");
    store_batch_close_event(b, "event-1");
    store_batch_handled(b, number, STORE_FOR_SEQUENCER);
    store_batch_record(b, "p", "c", true, NULL, NULL);
    store_batch_project(b, &(struct store_project){.name = "p"});
    store_batch_job(b, &(struct store_job){.id = "j", .state = "starting"});
    commit_ok(b);
    const struct db *writer = f->store->writer;
    size_t forms = writer->cache_count, checked = 0;
    for (size_t i = 0; i < forms; i++) {
        bool writes = strncmp(writer->cache[i].sql, "INSERT", 6) == 0 ||
                      strncmp(writer->cache[i].sql, "DELETE", 6) == 0;
        checked += writes;
        if (writes)
            check_write_plan(f->store, writer->cache[i].sql);
    }
    assert_int_equal(checked, 10);
}

static void check_plan(struct store *s, const char *sql)
{
    struct error err = ERROR_NONE;
    enum status status = STATUS_OK;
    char *explain = mem_printf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *stmt = db_prepare(s->reader, explain, &err);
    assert_non_null(stmt);
    bool sorts_contexts = strstr(sql, "json_each") != NULL;
    while (db_step(s->reader, stmt, &status, &err)) {
        const char *step = db_text(stmt, 3);
        if ((strstr(step, "USE TEMP B-TREE") != NULL && !sorts_contexts) ||
            (strncmp(step, "SCAN e", 6) == 0 && strstr(sql, " WHERE e.internal") == NULL) ||
            strncmp(step, "SCAN records", 12) == 0)
            fail_msg("%s\n%s", sql, step);
    }
    db_release(s->reader, stmt);
    free(explain);
}

static void every_query_walks_an_index_and_sorts_nothing(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    static const struct store_event_query queries[] = {
        {0},
        {.project = "p"},
        {.project = "p", .oldest_first = true},
        {.project = "", .type = "t"},
        {.project = ""},
        {.project = "p",
         .type = "t",
         .stage = "s",
         .service = "v",
         .source = "x",
         .result = "r",
         .from_ns = 1},
        {.type = "t"},
        {.context = "c"},
        {.context = "c", .with_states = true, .project = "p"},
        {.event_id = "i"},
        {.triggeredid = "i", .project = "p"},
        {.root_only = true, .project = "p", .before_ns = 5},
    };
    static const struct store_state_query states[] = {
        {.project = "p"},
        {.project = "p", .name = "n", .state = "s", .from_ns = 1, .before_ns = 2},
        {.project = "p", .contexts = "a,b"},
    };
    size_t total = 0;
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        assert_int_equal(store_events(f->store, &queries[i], see_nothing, NULL, &total, &err), STATUS_OK);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        assert_int_equal(store_states(f->store, &states[i], see_no_text, NULL, &total, &err), STATUS_OK);
    assert_int_equal(store_open_events(f->store, &(struct store_event_query){.type = "t"}, see_nothing, NULL,
                                       &total, &err),
                     STATUS_OK);
    assert_int_equal(store_pending(f->store, STORE_FOR_JOBS, see_nothing, NULL, &err), STATUS_OK);
    assert_int_equal(store_open_records(f->store, see_no_text, NULL, &err), STATUS_OK);
    cJSON_Delete(store_decisions(f->store, "t"));
    const struct db *reader = f->store->reader;
    size_t forms = reader->cache_count;
    assert_true(forms > 20 && forms < DB_CACHE_MAX);
    for (size_t i = 0; i < forms; i++) {
        if (strncmp(reader->cache[i].sql, "SELECT", 6) == 0 &&
            strstr(reader->cache[i].sql, "max(number)") == NULL)
            check_plan(f->store, reader->cache[i].sql);
    }
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        WITH_STORE(every_write_finds_what_it_needs_in_an_index),
        WITH_STORE(every_query_walks_an_index_and_sorts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
