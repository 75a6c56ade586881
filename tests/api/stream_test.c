/* The stream: what a reader gets, in which order, and how it ends. */
#include "config.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE "sh.keptn.event.test.started"

static void a_reader_without_since_gets_only_what_comes_from_now_on(void **state)
{
    struct server *s = *state;
    (void)server_emit(s, TYPE, "alpha", "qa", "");
    struct ws *ws = ws_open(s, "", "viewer");
    uint64_t number = server_emit(s, TYPE, "alpha", "qa", "");
    struct ws_frame f = ws_text(s, ws);
    assert_int_equal(ws_sequence(&f), number);
    assert_non_null(strstr(f.payload, server_last_id()));
    assert_non_null(strstr(f.payload, "\"datacontenttype\""));
    ws_free(ws);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reader_without_since_gets_only_what_comes_from_now_on, server_setup,
                                        server_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
