/* GET /api/v1/audit: who sees what of the trail, and its paging. */
#include "config.h"

#include "support.h"

#include <string.h>

#define AUDIT "/api/v1/audit"

static void fill(struct server *s)
{
    struct store_batch *b = store_batch_new(s->store);
    store_batch_audit(b, INT64_C(1000000000), "alice", "approve", "alpha", "127.0.0.1", "all \"green\"");
    store_batch_audit(b, INT64_C(2000000000), "bob", "create token", NULL, "", "ci");
    store_batch_audit(b, INT64_C(3000000000), "carol", "decline", "beta", "::1", NULL);
    server_commit(s, b);
}

static const struct row rows[] = {
    {"all of it", "GET", AUDIT, "admin", NULL, 200,
     "{\"row\":1,\"time\":\"1970-01-01T00:00:01Z\",\"who\":\"alice\",\"what\":\"approve\",\"project\":"
     "\"alpha\","
     "\"from\":\"127.0.0.1\",\"why\":\"all \\\"green\\\"\",\"hash\":\"",
     NULL},
    {"of one project", "GET", AUDIT "?project=beta", "viewer", NULL, 200,
     "{\"entries\":[{\"row\":3,\"time\":\"1970-01-01T00:00:03Z\",\"who\":\"carol\"", NULL},
    {"since a time", "GET", AUDIT "?since=1970-01-01T00:00:02.000Z", "admin", NULL, 200,
     "{\"entries\":[{\"row\":3", NULL},
    {"since no time", "GET", AUDIT "?since=yesterday", "admin", NULL, 400, "since must be a time", NULL},
    {"the first page", "GET", AUDIT "?pageSize=1", "admin", NULL, 200, "\"nextPageKey\":1}", NULL},
    {"behind the end", "GET", AUDIT "?nextPageKey=3", "admin", NULL, 200, "{\"entries\":[]}", NULL},
    {"of no project that there is", "GET", AUDIT "?project=gamma", "admin", NULL, 200, "{\"entries\":[]}",
     NULL},
    {"nobody", "GET", AUDIT, NULL, NULL, 401, "", NULL},
    {"to change it", "DELETE", AUDIT, "admin", NULL, 405, "\"code\":405", NULL},
};

static void the_trail_is_answered_in_pages(void **state)
{
    struct server *s = *state;
    struct reply *r;
    fill(s);
    CHECK(s, rows);
    r = ask(s, "GET", AUDIT "?pageSize=2&nextPageKey=1", "admin", NULL);
    assert_body(r, "{\"entries\":[{\"row\":2");
    assert_body(r, "\"row\":3");
    assert_null(strstr(buffer_text(&r->body), "nextPageKey"));
    reply_free(r);
}

static void a_token_sees_only_what_is_its_business(void **state)
{
    struct server *s = *state;
    static const struct {
        const char *token;
        bool alpha, tokens, beta;
    } seen[] = {{"admin", true, true, true},
                {"viewer", true, false, true},
                {"operator", true, false, true},
                {"limited", true, false, false}};
    fill(s);
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        struct reply *r = ask(s, "GET", AUDIT, seen[i].token, NULL);
        assert_int_equal(r->code, 200);
        assert_int_equal(strstr(buffer_text(&r->body), "alice") != NULL, seen[i].alpha);
        assert_int_equal(strstr(buffer_text(&r->body), "create token") != NULL, seen[i].tokens);
        assert_int_equal(strstr(buffer_text(&r->body), "carol") != NULL, seen[i].beta);
        reply_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_trail_is_answered_in_pages, server_setup, server_teardown),
        cmocka_unit_test_setup_teardown(a_token_sees_only_what_is_its_business, server_setup,
                                        server_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
