/* The audit trail: what it tells, and that no way of tampering with its table goes unnoticed. The tampering
 * is done with SQLite itself, behind the store's back. */
#include "config.h"

#include "support.h"

#include <sqlite3.h>

#include "base/mem.h"

static const unsigned char key[STORE_SEAL_KEY_SIZE] = "a key of thirty-two bytes, no le";

static void tamper(const struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    char *path = mem_printf("%s/drawbridged.db", f->directory), *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
    free(path);
}

/* Rows 1 to 6. */
static void fill(struct fixture *f)
{
    int64_t rows = -1;
    store_seal_audit(f->store, key);
    assert_false(store_audit_is_sealed(f->store, &rows));
    assert_int_equal(rows, 0);
    struct store_batch *b = store_batch_new(f->store);
    store_batch_seal_audit(b);
    store_batch_audit(b, 10, "alice", "approve", "p", "127.0.0.1", "why");
    store_batch_audit(b, 20, "bob", "create token", NULL, "127.0.0.1", NULL);
    store_batch_audit(b, 30, "alice", "decline", "q", "127.0.0.1", "");
    commit_ok(b);
    for (int i = 4; i <= 6; i++) {
        b = store_batch_new(f->store);
        store_batch_audit(b, 10 * i, "carol", "trigger", "p", "::1", "again");
        commit_ok(b);
    }
    assert_true(store_audit_is_sealed(f->store, &rows));
    assert_int_equal(rows, 6);
}

static void expect_whole(struct fixture *f, int64_t rows)
{
    struct error err = ERROR_NONE;
    int64_t found = -1;
    char head[STORE_AUDIT_HASH_SIZE];
    if (store_audit_verify(f->store, &found, head, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(found, rows);
    assert_int_equal(strlen(head), rows > 0 ? STORE_AUDIT_HASH_SIZE - 1 : 0);
}

static void expect_fault(struct fixture *f, const char *words)
{
    struct error err = ERROR_NONE;
    int64_t rows = 0;
    char head[STORE_AUDIT_HASH_SIZE];
    assert_int_equal(store_audit_verify(f->store, &rows, head, &err), STATUS_CONFLICT);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" is not in: %s", words, err.text);
}

static void keep(const struct fixture *f)
{
    tamper(f, "CREATE TABLE kept AS SELECT * FROM audit; CREATE TABLE kept_head AS SELECT value FROM meta "
              "WHERE key = 'audit'");
}

static void restore(struct fixture *f)
{
    tamper(f, "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; INSERT OR REPLACE INTO meta "
              "SELECT 'audit', value FROM kept_head");
    expect_whole(f, 6);
}

/* --- reading --- */

static bool see(void *arg, const struct store_audit_entry *entry)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);
    (void)snprintf(seen->text + len, sizeof seen->text - len, "%lld:%lld:%s:%s ", (long long)entry->row,
                   (long long)entry->time_ns, entry->who, entry->what);
    assert_int_equal(strlen(entry->hash), STORE_AUDIT_HASH_SIZE - 1);
    return true;
}

static void expect_seen(struct fixture *f, const struct store_audit_query *q, const char *text)
{
    struct error err = ERROR_NONE;
    struct seen seen = {0};
    assert_int_equal(store_audit(f->store, q, see, &seen, &err), STATUS_OK);
    assert_string_equal(seen.text, text);
}

static void the_trail_is_told_oldest_first(void **state)
{
    struct fixture *f = *state;
    fill(f);
    expect_seen(f, &(struct store_audit_query){0},
                "1:10:alice:approve 2:20:bob:create token 3:30:alice:decline 4:40:carol:trigger "
                "5:50:carol:trigger 6:60:carol:trigger ");
    expect_seen(f, &(struct store_audit_query){.project = "p", .after = 1},
                "4:40:carol:trigger 5:50:carol:trigger 6:60:carol:trigger ");
    expect_seen(f, &(struct store_audit_query){.project = "q"}, "3:30:alice:decline ");
    expect_seen(f, &(struct store_audit_query){.from_ns = 50}, "6:60:carol:trigger ");
    expect_seen(f, &(struct store_audit_query){.project = "nobody's"}, "");
}

/* --- verifying --- */

static void an_untouched_trail_is_whole_also_after_a_restart(void **state)
{
    struct fixture *f = *state;
    expect_whole(f, 0);
    fill(f);
    expect_whole(f, 6);
    fixture_reopen(f);
    expect_whole(f, 6); /* without the key: the chain alone */
    store_seal_audit(f->store, key);
    expect_whole(f, 6);
}

static void what_was_done_to_a_row_is_found_and_named(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *sql, *words;
    } rows[] = {
        {"UPDATE audit SET time_ns = 31 WHERE row = 3", "audit row 3 is not what was written"},
        {"UPDATE audit SET who = 'alicf' WHERE row = 3", "audit row 3 is not what was written"},
        {"UPDATE audit SET what = 'declinf' WHERE row = 3", "audit row 3 is not what was written"},
        {"UPDATE audit SET project = 'p' WHERE row = 3", "audit row 3 is not what was written"},
        {"UPDATE audit SET origin = '127.0.0.2' WHERE row = 3", "audit row 3 is not what was written"},
        {"UPDATE audit SET why = NULL WHERE row = 3", "audit row 3 is not what was written"},
        {"UPDATE audit SET who = 'alic', what = 'edecline' WHERE row = 3",
         "audit row 3 is not what was written"},
        {"UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), CASE substr(hash, 1, 1) WHEN '0' THEN "
         "'1' ELSE '0' END) WHERE row = 3",
         "audit row 3 is not what was written"},
        {"UPDATE audit SET hash = NULL WHERE row = 1", "audit row 1 is not what was written"},
        {"DELETE FROM audit WHERE row = 1", "audit row 1 is missing"},
        {"DELETE FROM audit WHERE row = 4", "audit row 4 is missing"},
        {"DELETE FROM audit WHERE row = 4; UPDATE audit SET row = 4 WHERE row = 5; UPDATE audit SET row = 5 "
         "WHERE row = 6",
         "audit row 4 is not what was written"},
        {"DELETE FROM audit WHERE row = 6", "audit rows 6 to 6 are missing at the end"},
        {"DELETE FROM audit WHERE row > 2", "audit rows 3 to 6 are missing at the end"},
        {"DELETE FROM audit", "audit rows 1 to 6 are missing at the end"},
        {"UPDATE audit SET row = 99 WHERE row = 2; UPDATE audit SET row = 2 WHERE row = 3; UPDATE audit SET "
         "row = 3 WHERE row = 99",
         "audit row 2 is not what was written"},
        {"UPDATE audit SET row = 99 WHERE row = 5; UPDATE audit SET row = 5 WHERE row = 6; UPDATE audit SET "
         "row = 6 WHERE row = 99",
         "audit row 5 is not what was written"},
        {"DELETE FROM meta WHERE key = 'audit'", "has no head"},
        {"UPDATE meta SET value = json_set(value, '$.row', 5) WHERE key = 'audit'",
         "is not the one that its head names"},
        {"UPDATE meta SET value = '{}' WHERE key = 'audit'", "is not the one that its head names"},
        /* What only the key finds: a head that was made to fit. */
        {"DELETE FROM audit WHERE row = 6; UPDATE meta SET value = json_set(value, '$.row', 5, '$.hash', "
         "(SELECT hash FROM audit WHERE row = 5)) WHERE key = 'audit'",
         "was not sealed with this key"},
        {"UPDATE meta SET value = json_set(value, '$.seal', '') WHERE key = 'audit'",
         "was not sealed with this key"},
    };
    fill(f);
    keep(f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tamper(f, rows[i].sql);
        expect_fault(f, rows[i].words);
        restore(f);
    }
}

static void a_trail_that_was_tampered_with_does_not_heal_by_going_on(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *sql, *words;
    } rows[] = {
        {"DELETE FROM audit WHERE row = 3", "audit row 3 is missing"},
        {"DELETE FROM audit WHERE row = 6", "audit row 6 is missing"},
        {"DELETE FROM audit", "audit row 1 is missing"},
        {"DELETE FROM audit WHERE row = 6; DELETE FROM meta WHERE key = 'audit'", "has no head"},
        {"DELETE FROM audit WHERE row = 6; UPDATE meta SET value = json_set(value, '$.row', 5, '$.hash', "
         "(SELECT hash FROM audit WHERE row = 5)) WHERE key = 'audit'",
         "was not sealed with this key"},
        {"DELETE FROM audit WHERE row = 6; UPDATE meta SET value = json_object('row', 5, 'hash', "
         "(SELECT hash FROM audit WHERE row = 5), 'seal', '') WHERE key = 'audit'",
         "was not sealed with this key"},
    };
    fill(f);
    keep(f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tamper(f, rows[i].sql);
        struct store_batch *b = store_batch_new(f->store);
        store_batch_audit(b, 70, "dora", "abort", "p", "::1", "");
        commit_ok(b);
        expect_fault(f, rows[i].words);
        restore(f);
    }
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        WITH_STORE(the_trail_is_told_oldest_first),
        WITH_STORE(an_untouched_trail_is_whole_also_after_a_restart),
        WITH_STORE(what_was_done_to_a_row_is_found_and_named),
        WITH_STORE(a_trail_that_was_tampered_with_does_not_heal_by_going_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
