/* What happens to the store: kills, full disks, other programs, other versions. */
#include "config.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/internal.h"

#define DEADLINE_MS 30000

/* --- on the loop --- */

struct looped {
    uv_loop_t loop;
    char directory[64];
    struct store *store;
};

static int looped_open(void **state)
{
    struct looped *l = calloc(1, sizeof *l);
    struct error err = ERROR_NONE;
    assert_non_null(l);
    assert_int_equal(uv_loop_init(&l->loop), 0);
    (void)snprintf(l->directory, sizeof l->directory, "/tmp/store-test-XXXXXX");
    assert_non_null(mkdtemp(l->directory));
    if (store_open(l->directory, &l->loop, &l->store, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    *state = l;
    return 0;
}

static int looped_close(void **state)
{
    struct looped *l = *state;
    store_close(l->store);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&l->loop), 0); /* nothing is left on it */
    remove_tree(l->directory);
    free(l);
    return 0;
}

struct answers {
    struct store *store;
    char text[8192]; /* "1:0 2:1 …": which batch, its status */
    size_t count;
    struct error last;
};
struct question {
    struct answers *answers;
    int which;
    uint64_t number; /* its event; 0: none */
};

static void answered(void *arg, enum status status, const struct error *err)
{
    struct question *q = arg;
    struct answers *a = q->answers;
    size_t len = strlen(a->text);
    (void)snprintf(a->text + len, sizeof a->text - len, "%d:%d ", q->which, status != STATUS_OK);
    a->count++;
    if (status == STATUS_OK && q->number != 0)
        assert_true(store_last_number(a->store) >= q->number);
    if (err != NULL)
        a->last = *err;
}

static void ask(struct question *q, size_t text_size, const char *project)
{
    char *image = mem_alloc(text_size + 1);
    memset(image, 'x', text_size);
    struct store_batch *b = store_batch_new(q->answers->store);
    q->number =
        add_event(q->answers->store, b, &(struct sample){.type = "a", .project = project, .image = image});
    store_commit(b, answered, q);
    free(image);
}

static void batches_are_called_back_in_order_once_they_are_durable(void **state)
{
    struct looped *l = *state;
    static struct answers a;
    static struct question questions[300];
    char expected[8192] = "";
    a = (struct answers){.store = l->store};
    for (int i = 0; i < 300; i++) {
        questions[i] = (struct question){.answers = &a, .which = i};
        ask(&questions[i], 10, "p");
        size_t len = strlen(expected);
        (void)snprintf(expected + len, sizeof expected - len, "%d:0 ", i);
    }
    assert_int_equal(a.count, 0); /* never before store_commit has returned */
    uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_string_equal(a.text, expected);
    assert_int_equal(store_last_number(l->store), 300);
}

static void closing_makes_durable_what_waits_and_calls_back(void **state)
{
    struct looped *l = *state;
    struct error err = ERROR_NONE;
    static struct answers a;
    struct question questions[3];
    a = (struct answers){.store = l->store};
    for (int i = 0; i < 3; i++) {
        questions[i] = (struct question){.answers = &a, .which = i};
        ask(&questions[i], 10, "p");
        uv_run(&l->loop, UV_RUN_NOWAIT);
    }
    store_close(l->store);
    assert_string_equal(a.text, "0:0 1:0 2:0 ");
    uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_int_equal(store_open(l->directory, &l->loop, &l->store, &err), STATUS_OK);
    assert_int_equal(store_last_number(l->store), 3);
}

/* --- a full disk --- */

static void limit_pages(struct store *s, int more)
{
    struct error err = ERROR_NONE;
    int64_t pages = 0;
    char pragma[64];
    assert_int_equal(db_number(s->writer, "PRAGMA page_count", &pages, &err), STATUS_OK);
    (void)snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %lld", (long long)pages + more);
    assert_int_equal(db_exec(s->writer, pragma, &err), STATUS_OK);
}

static void a_batch_that_does_not_fit_takes_no_other_with_it(void **state)
{
    struct looped *l = *state;
    struct error err = ERROR_NONE;
    struct question questions[5];
    static struct answers a;
    a = (struct answers){.store = l->store};
    limit_pages(l->store, 30);
    for (int i = 0; i < 5; i++) {
        questions[i] = (struct question){.answers = &a, .which = i};
        ask(&questions[i], i == 2 ? 500000 : 100,
            "p"); /* the first is alone on the pool, the others a group */
    }
    uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_string_equal(a.text, "0:0 1:0 2:1 3:0 4:0 ");
    assert_non_null(strstr(a.last.text, "full"));
    assert_non_null(strstr(a.last.text, "free some space"));
    struct seen all = {0}, of_p = {0};
    assert_int_equal(store_events_after(l->store, 0, 0, see_number, &all, &err), STATUS_OK);
    assert_string_equal(all.text, "1 2 3 4 5 ");
    assert_int_equal(
        store_events(l->store, &(struct store_event_query){.project = "p"}, see_number, &of_p, NULL, &err),
        STATUS_OK);
    assert_string_equal(of_p.text, "5 4 2 1 ");
}

static void numbers_go_on_without_a_gap_when_the_disk_has_room_again(void **state)
{
    struct looped *l = *state;
    struct error err = ERROR_NONE;
    struct question questions[4];
    static struct answers a;
    a = (struct answers){.store = l->store};
    limit_pages(l->store, 5);
    for (int i = 0; i < 3; i++) {
        questions[i] = (struct question){.answers = &a, .which = i};
        ask(&questions[i], 500000, "p");
    }
    uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_string_equal(a.text, "0:1 1:1 2:1 ");
    limit_pages(l->store, 100000);
    questions[3] = (struct question){.answers = &a, .which = 3};
    ask(&questions[3], 500000, "p");
    uv_run(&l->loop, UV_RUN_DEFAULT);
    struct seen all = {0};
    assert_int_equal(store_events_after(l->store, 0, 0, see_number, &all, &err), STATUS_OK);
    assert_string_equal(all.text, "1 ");
}

/* --- in a child --- */

/* Runs body in a child; it ends with what body returns, or is killed by us. Its output is the pipe. */
static pid_t start_child(const char *directory, int (*body)(const char *directory, int out), int *from)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        _exit(body(directory, ends[1]));
    }
    close(ends[1]);
    *from = ends[0];
    return pid;
}

static int end_of(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Commits until a write fails for RLIMIT_FSIZE, then with room again. */
static int meet_the_limit(const char *directory, int out)
{
    struct store *s = NULL;
    struct error err = ERROR_NONE;
    struct rlimit limit;
    static struct answers a;
    struct question q = {.answers = &a};
    (void)out;
    signal(SIGXFSZ, SIG_IGN);
    if (store_open(directory, NULL, &s, &err) != STATUS_OK || getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 10;
    a.store = s;
    ask(&q, 100, "p");
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 300000; /* bytes of any file that we write */
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 11;
    int stored = 1;
    while (a.last.status == STATUS_OK && stored < 1000) {
        ask(&q, 2000, "p");
        stored += a.last.status == STATUS_OK;
    }
    if (a.last.status != STATUS_FAILED || store_last_number(s) != (uint64_t)stored)
        return 12;
    limit.rlim_cur = before;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 13;
    a = (struct answers){.store = s};
    ask(&q, 2000, "p");
    if (a.last.status != STATUS_OK || store_last_number(s) != (uint64_t)stored + 1)
        return 14;
    store_close(s);
    return stored > 5 ? 0 : 15;
}

static void a_write_that_the_system_refuses_loses_only_its_batch(void **state)
{
    struct fixture *f = *state;
    int from = -1;
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(end_of(start_child(f->directory, meet_the_limit, &from)), 0);
    close(from);
    struct error err = ERROR_NONE;
    int64_t wrong = -1;
    assert_int_equal(store_open(f->directory, NULL, &f->store, &err), STATUS_OK);
    assert_int_equal(db_number(f->store->reader, "SELECT count(*) - max(number) FROM events", &wrong, &err),
                     STATUS_OK);
    assert_int_equal(wrong, 0);
    assert_int_equal(db_number(f->store->reader,
                               "SELECT count(*) FROM pragma_integrity_check"
                               " WHERE integrity_check <> 'ok'",
                               &wrong, &err),
                     STATUS_OK);
    assert_int_equal(wrong, 0);
}

/* Three events a batch, many batches at once, for ever; tells each number that was acknowledged. */
#define WRITERS         8
#define EVENTS_OF_BATCH 3
struct writer {
    struct store *store;
    int out;
    uint64_t last; /* of the batch on its way */
    int which;
};

static void write_more(struct writer *w);

static void acknowledged(void *arg, enum status status, const struct error *err)
{
    struct writer *w = arg;
    (void)err;
    if (status != STATUS_OK || write(w->out, &w->last, sizeof w->last) != (ssize_t)sizeof w->last)
        _exit(20);
    write_more(w);
}

static void write_more(struct writer *w)
{
    struct store_batch *b = store_batch_new(w->store);
    char context[64], id[48];
    (void)snprintf(context, sizeof context, "batch-%ld-%d-%llu", (long)getpid(), w->which,
                   (unsigned long long)w->last);
    for (int i = 0; i < EVENTS_OF_BATCH; i++)
        w->last = add_event(w->store, b, &(struct sample){.type = "a", .context = context, .pending = 1});
    (void)snprintf(id, sizeof id, "event-%llu", (unsigned long long)w->last);
    store_batch_open_event(b, id);
    store_commit(b, acknowledged, w);
}

static int write_for_ever(const char *directory, int out)
{
    uv_loop_t loop;
    struct store *s = NULL;
    struct error err = ERROR_NONE;
    static struct writer writers[WRITERS];
    if (uv_loop_init(&loop) != 0 || store_open(directory, &loop, &s, &err) != STATUS_OK)
        return 21;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.store = s, .out = out, .which = i};
        write_more(&writers[i]);
    }
    return uv_run(&loop, UV_RUN_DEFAULT);
}

/* Reads acknowledged numbers until `count` have come; returns the highest. */
static uint64_t read_acknowledged(int from, int count)
{
    uint64_t highest = 0, number = 0;
    for (int i = 0; i < count; i++) {
        struct pollfd wait = {.fd = from, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, DEADLINE_MS), 1);
        assert_int_equal(read(from, &number, sizeof number), sizeof number);
        highest = number > highest ? number : highest;
    }
    return highest;
}

static void after_a_kill_every_acknowledged_event_is_there_and_batches_are_whole(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    uint64_t before = 0;
    store_close(f->store);
    f->store = NULL;
    for (int round = 0; round < 6; round++) {
        int from = -1;
        pid_t pid = start_child(f->directory, write_for_ever, &from);
        uint64_t highest = read_acknowledged(from, 5 + round * 17);
        kill(pid, SIGKILL);
        assert_int_equal(end_of(pid), 128 + SIGKILL);
        uint64_t number = 0;
        while (read(from, &number, sizeof number) == (ssize_t)sizeof number) /* told before the kill came */
            highest = number > highest ? number : highest;
        close(from);
        if (store_open(f->directory, NULL, &f->store, &err) != STATUS_OK)
            fail_msg("%s", err.text);
        assert_true(highest > before);
        assert_true(store_last_number(f->store) >= highest);
        before = store_last_number(f->store);
        static const char *const none[] = {
            "SELECT max(number) - count(*) FROM events", /* contiguous from 1 */
            "SELECT count(*) FROM (SELECT 1 FROM events GROUP BY context HAVING count(*) <> 3)",
            "SELECT count(*) * 3 - (SELECT count(*) FROM events) FROM open_events",
            "SELECT count(*) - (SELECT count(*) FROM events) FROM pending",
            "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        };
        for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
            int64_t wrong = -1;
            assert_int_equal(db_number(f->store->reader, none[i], &wrong, &err), STATUS_OK);
            if (wrong != 0)
                fail_msg("%s: %lld", none[i], (long long)wrong);
        }
        store_close(f->store);
        f->store = NULL;
    }
    assert_int_equal(store_open(f->directory, NULL, &f->store, &err), STATUS_OK);
}

/* --- others --- */

static void a_directory_is_for_one_drawbridged(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    struct store *second = NULL;
    char pid[32];
    (void)snprintf(pid, sizeof pid, "process %ld)", (long)getpid());
    assert_int_equal(store_open(f->directory, NULL, &second, &err), STATUS_CONFLICT);
    assert_null(second);
    assert_non_null(strstr(err.text, "another drawbridged"));
    assert_non_null(strstr(err.text, f->directory));
    assert_non_null(strstr(err.text, pid));
    put_event(f->store, &(struct sample){.type = "a"}); /* the first one is not disturbed */
    store_close(f->store);
    assert_int_equal(store_open(f->directory, NULL, &f->store, &err), STATUS_OK);
}

/* Another process that ends without closing its store, and leaves a child that has its descriptors for a
 * while, as between fork and exec. */
static void what_a_killed_one_was_starting_delays_the_next_and_no_more(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    store_close(f->store);
    f->store = NULL;
    pid_t pid = fork();
    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        struct store *left = NULL;
        if (store_open(f->directory, NULL, &left, &err) != STATUS_OK)
            _exit(1);
        if (fork() == 0)
            (void)usleep(300000);
        _exit(0);
    }
    int ended = 0;
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_int_equal(ended, 0);
    assert_int_equal(store_open(f->directory, NULL, &f->store, &err), STATUS_OK);
}

static bool count_token(void *arg, const struct store_token *token)
{
    assert_string_equal(token->name, "ci");
    ++*(int *)arg;
    return true;
}

static void a_command_beside_it_makes_tokens_that_it_sees(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    struct store *beside = NULL;
    int tokens = 0;
    put_event(f->store, &(struct sample){.type = "a"});
    assert_int_equal(store_open_beside(f->directory, &beside, &err), STATUS_OK);
    struct store_batch *b = store_batch_new(beside);
    store_batch_token(b, &(struct store_token){.name = "ci", .role = "viewer", .hash = "h"});
    commit_ok(b);
    assert_int_equal(store_tokens(f->store, count_token, &tokens, &err), STATUS_OK);
    assert_int_equal(tokens, 1);
    store_close(beside);
    put_event(f->store, &(struct sample){.type = "a"});
    fixture_reopen(f);
    assert_int_equal(store_last_number(f->store), 2);
    assert_int_equal(store_open_beside(f->directory, &beside, &err),
                     STATUS_OK); /* and with nobody else there */
    store_close(beside);
}

/* The names, sizes and bytes of all files but the lock, as one text. */
static void picture(const char *directory, struct buffer *out)
{
    static const char *const names[] = {"drawbridged.db", "drawbridged.db-wal", "drawbridged.db-shm",
                                        "drawbridged.db-journal"};
    buffer_clear(out);
    for (size_t i = 0; i < 4; i++) {
        char path[128], bytes[4096];
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        int fd = open(path, O_RDONLY);
        if (fd < 0 || strstr(names[i], "shm") != NULL) { /* shared memory of readers is no content */
            if (fd >= 0)
                close(fd);
            continue;
        }
        assert_true(buffer_add_text(out, names[i]));
        for (ssize_t got = read(fd, bytes, sizeof bytes); got > 0; got = read(fd, bytes, sizeof bytes))
            assert_true(buffer_add(out, bytes, (size_t)got));
        close(fd);
    }
}

static void run_sql(const char *directory, const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/drawbridged.db", directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void make_newer(const char *directory)
{
    struct store *s = NULL;
    struct error err = ERROR_NONE;
    assert_int_equal(store_open(directory, NULL, &s, &err), STATUS_OK);
    store_close(s);
    run_sql(directory, "PRAGMA user_version = 99");
}

/* The version is in the log only, as after a crash. */
static void make_newer_in_the_log(const char *directory)
{
    struct store *s = NULL;
    struct error err = ERROR_NONE;
    char path[128];
    sqlite3 *db = NULL;
    assert_int_equal(store_open(directory, NULL, &s, &err), STATUS_OK);
    store_close(s);
    (void)snprintf(path, sizeof path, "%s/drawbridged.db", directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void make_foreign(const char *directory)
{
    run_sql(directory, "CREATE TABLE recipes(name TEXT); INSERT INTO recipes VALUES('soup')");
}

static void make_foreign_with_version(const char *directory)
{
    run_sql(directory, "CREATE TABLE recipes(name TEXT); PRAGMA user_version = 1");
}

static void make_text(const char *directory)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/drawbridged.db", directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("this is a letter\n", file);
    assert_int_equal(fclose(file), 0);
}

static void a_file_of_somebody_else_or_of_a_newer_version_is_left_as_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *name, *says;
        void (*make)(const char *directory);
    } rows[] = {
        {"newer", "newer drawbridged (schema 99", make_newer},
        {"newer in the log", "newer drawbridged (schema 99", make_newer_in_the_log},
        {"another program's", "is not a store of drawbridged", make_foreign},
        {"another program's, with a version", "is not a store of drawbridged", make_foreign_with_version},
        {"a letter", "is not a store of drawbridged", make_text},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char directory[64] = "/tmp/store-test-XXXXXX";
        struct buffer before = BUFFER_LIMIT(1 << 24), after = BUFFER_LIMIT(1 << 24);
        struct error err = ERROR_NONE;
        struct store *s = NULL;
        assert_non_null(mkdtemp(directory));
        rows[i].make(directory);
        picture(directory, &before);
        if (store_open(directory, NULL, &s, &err) != STATUS_CONFLICT ||
            strstr(err.text, rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].name, err.text);
        assert_null(s);
        picture(directory, &after);
        if (before.len == 0 || before.len != after.len || memcmp(before.data, after.data, before.len) != 0)
            fail_msg("%s: it was changed", rows[i].name);
        buffer_free(&before);
        buffer_free(&after);
        remove_tree(directory);
    }
}

static void an_empty_file_of_a_start_that_ended_early_becomes_a_store(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    struct store *s = NULL;
    char directory[100], path[128];
    (void)snprintf(directory, sizeof directory, "%s/deep/er", f->directory); /* made as needed */
    assert_int_equal(store_open(directory, NULL, &s, &err), STATUS_OK);
    store_close(s);
    (void)snprintf(path, sizeof path, "%s/drawbridged.db", directory);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(store_open(directory, NULL, &s, &err), STATUS_OK);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    store_close(s);
    (void)snprintf(path, sizeof path, "%s/drawbridged.db/x", directory);
    assert_int_equal(store_open(path, NULL, &s, &err), STATUS_FAILED);
    assert_null(s);
}

static void another_program_that_holds_the_database_delays_a_commit_but_loses_nothing(void **state)
{
    struct looped *l = *state;
    char path[128];
    sqlite3 *db = NULL;
    static struct answers a;
    struct question q = {.answers = &a};
    a = (struct answers){.store = l->store};
    (void)snprintf(path, sizeof path, "%s/drawbridged.db", l->directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ask(&q, 10, "p");
    uv_run(&l->loop, UV_RUN_NOWAIT);
    assert_int_equal(a.count, 0);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_string_equal(a.text, "0:0 ");
    sqlite3_close(db);
}

/* --- earlier versions --- */

static char *read_text(const char *path)
{
    struct buffer text = BUFFER_LIMIT(1 << 20);
    char chunk[4096];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s: %s", path, strerror(errno));
    for (size_t got = 1; got > 0;) {
        got = fread(chunk, 1, sizeof chunk, file);
        assert_true(buffer_add(&text, chunk, got));
    }
    (void)fclose(file);
    return buffer_take(&text, NULL);
}

static bool see_integration(void *arg, const struct store_integration *i)
{
    (void)snprintf(arg, 256, "%s %s", i->id, i->subscriptions);
    return true;
}

static void a_store_of_the_first_schema_is_brought_to_the_newest_with_all_it_holds(void **state)
{
    (void)state;
    char directory[64] = "/tmp/store-test-XXXXXX", seen[256] = "";
    struct error err = ERROR_NONE;
    struct store *s = NULL;
    struct seen events = {0}, records = {0};
    size_t logs = 1;
    assert_non_null(mkdtemp(directory));
    char *sql = read_text(TEST_DATA "/schema-1.sql");
    run_sql(directory, sql);
    free(sql);
    for (int start = 0; start < 2; start++) { /* the second finds nothing to do */
        if (store_open(directory, NULL, &s, &err) != STATUS_OK)
            fail_msg("%s", err.text);
        assert_int_equal(store_last_number(s), 3);
        assert_string_equal(store_epoch(s), "81a86ea2c802a2b1");
        events = records = (struct seen){0};
        assert_int_equal(store_events_after(s, 0, 100, see_number, &events, &err), STATUS_OK);
        assert_int_equal(events.count, 3);
        assert_int_equal(store_open_records(s, see_text, &records, &err), STATUS_OK);
        assert_int_equal(records.count, 1);
        assert_true(store_service_exists(s, "p", "web"));
        if (start == 0) {
            struct store_batch *b = store_batch_new(s);
            store_batch_integration(b,
                                    &(struct store_integration){.id = "i",
                                                                .name = "n",
                                                                .namespace = "s",
                                                                .seen_ns = 5,
                                                                .subscriptions = "[{\"id\":\"a\"}]"},
                                    0);
            commit_ok(b);
        }
        assert_int_equal(
            store_integrations(s, &(struct store_integration_query){.id = "i"}, see_integration, seen, &err),
            STATUS_OK);
        assert_string_equal(seen, "i [{\"id\":\"a\"}]");
        assert_int_equal(store_logs(s, &(struct store_log_query){0}, NULL, NULL, &logs, &err), STATUS_OK);
        assert_int_equal(logs, 0);
        store_close(s);
    }
    remove_tree(directory);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
#define WITH_LOOP(test)  cmocka_unit_test_setup_teardown(test, looped_open, looped_close)
    const struct CMUnitTest tests[] = {
        WITH_LOOP(batches_are_called_back_in_order_once_they_are_durable),
        WITH_LOOP(closing_makes_durable_what_waits_and_calls_back),
        WITH_LOOP(a_batch_that_does_not_fit_takes_no_other_with_it),
        WITH_LOOP(numbers_go_on_without_a_gap_when_the_disk_has_room_again),
        WITH_LOOP(another_program_that_holds_the_database_delays_a_commit_but_loses_nothing),
        WITH_STORE(a_write_that_the_system_refuses_loses_only_its_batch),
        WITH_STORE(after_a_kill_every_acknowledged_event_is_there_and_batches_are_whole),
        WITH_STORE(a_directory_is_for_one_drawbridged),
        WITH_STORE(what_a_killed_one_was_starting_delays_the_next_and_no_more),
        WITH_STORE(a_command_beside_it_makes_tokens_that_it_sees),
        cmocka_unit_test(a_file_of_somebody_else_or_of_a_newer_version_is_left_as_it_is),
        cmocka_unit_test(a_store_of_the_first_schema_is_brought_to_the_newest_with_all_it_holds),
        WITH_STORE(an_empty_file_of_a_start_that_ended_early_becomes_a_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
