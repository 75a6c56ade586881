#include "config.h"

#include "support.h"

#include <ftw.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

void remove_tree(const char *directory)
{
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct store *open_store(const char *directory)
{
    struct store *s = NULL;
    struct error err = ERROR_NONE;
    if (store_open(directory, NULL, &s, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    return s;
}

int fixture_open(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->directory, sizeof f->directory, "/tmp/store-test-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    f->store = open_store(f->directory);
    *state = f;
    return 0;
}

int fixture_close(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    remove_tree(f->directory);
    free(f);
    return 0;
}

void fixture_reopen(struct fixture *f)
{
    store_close(f->store);
    f->store = open_store(f->directory);
}

uint64_t add_event(struct store *s, struct store_batch *b, const struct sample *e)
{
    struct error err = ERROR_NONE;
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
    struct event ev = {0};
    cJSON *data = event_data_new(e->project, e->stage, e->service, NULL, NULL, e->result, NULL);
    if (e->image != NULL) {
        cJSON *change = cJSON_AddObjectToObject(data, "configurationChange");
        cJSON_AddStringToObject(cJSON_AddObjectToObject(change, "values"), "image", e->image);
    }
    uint64_t number = store_next_number(s);
    char id[32];
    (void)snprintf(id, sizeof id, "event-%llu", (unsigned long long)number);
    const struct event_draft draft = {.id = e->id != NULL ? e->id : id,
                                      .source = e->source != NULL ? e->source : "test",
                                      .type = e->type,
                                      .context = e->context,
                                      .triggeredid = e->triggeredid,
                                      .time_ns = e->time_ns,
                                      .data = data};
    assert_true(event_print(&draft, &text));
    if (event_decode(text.data, text.len, EVENT_FORM_COMPLETE, &ev, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    store_batch_event(b, number, text.data, text.len, &ev, e->pending);
    event_free(&ev);
    buffer_free(&text);
    cJSON_Delete(data);
    return number;
}

static void expect_ok(void *arg, enum status status, const struct error *err)
{
    if (status != STATUS_OK)
        fail_msg("%s", err->text);
    ++*(int *)arg;
}

void commit_ok(struct store_batch *b)
{
    int calls = 0;
    store_commit(b, expect_ok, &calls);
    assert_int_equal(calls, 1);
}

uint64_t put_event(struct store *s, const struct sample *e)
{
    struct store_batch *b = store_batch_new(s);
    uint64_t number = add_event(s, b, e);
    commit_ok(b);
    return number;
}

static bool note(struct seen *seen, const char *text)
{
    size_t len = strlen(seen->text);
    (void)snprintf(seen->text + len, sizeof seen->text - len, "%s ", text);
    return ++seen->count != seen->stop_after;
}

bool see_number(void *arg, const struct store_event *e)
{
    char text[32];
    assert_int_equal(strlen(e->text), e->len);
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)e->number);
    return note(arg, text);
}

bool see_text(void *arg, const char *project, const char *context, const char *text)
{
    char line[512];
    (void)snprintf(line, sizeof line, "%s/%s/%s", project, context != NULL ? context : "", text ? text : "");
    return note(arg, line);
}
