#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feed/internal.h"

static void the_number_of_a_message_is_found_at_its_top_level_only(void **state)
{
    static const struct {
        const char *text;
        bool is_object;
        uint64_t number;
    } rows[] = {
        {"{}", true, 0},
        {" { } ", true, 0},
        {"{\"sequence\":\"00000000000000000042\"}", true, 42},
        {"{\"a\":1,\"sequence\" : \"7\"}", true, 7},
        {"{\"data\":{\"sequence\":\"7\"}}", true, 0},
        {"{\"data\":[{\"sequence\":\"7\"}],\"sequence\":\"8\"}", true, 8},
        {"{\"a\":\"\\\"sequence\\\":\\\"7\\\"\",\"sequence\":\"9\"}", true, 9},
        {"{\"a\":\"}\",\"sequence\":\"9\"}", true, 9},
        {"{\"a\":\"\\\\\",\"sequence\":\"9\"}", true, 9},
        {"{\"sequence\":\"1\",\"sequence\":\"2\"}", true, 1},
        {"{\"sequence\":7}", true, 0},
        {"{\"sequence\":\"-7\"}", true, 0},
        {"{\"sequence\":\"\"}", true, 0},
        {"{\"sequence\":\"18446744073709551615\"}", true, UINT64_MAX},
        {"{\"sequence\":\"18446744073709551616\"}", true, 0},
        {"{\"sequence\":\"000000000000000000001\"}", true, 0},
        {"", false, 0},
        {"[]", false, 0},
        {"\"sequence\"", false, 0},
        {"{", false, 0},
        {"{\"", false, 0},
        {"{\"a", false, 0},
        {"{\"a\\", false, 0},
        {"{\"a\"", false, 0},
        {"{\"a\":", false, 0},
        {"{\"a\":{", false, 0},
        {"{\"a\":\"\\\"", false, 0},
        {"{\"a\":1]}", false, 0},
        {"{,}", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scan scan;
        size_t len = strlen(rows[i].text);
        char *text = malloc(len + 1); /* exactly as long, so that a byte read too far is seen */
        memcpy(text, rows[i].text, len + 1);
        scan_message(text, len, &scan);
        if (scan.is_object != rows[i].is_object || (scan.is_object && scan.number != rows[i].number))
            fail_msg("%s: object %d, number %llu", rows[i].text, scan.is_object,
                     (unsigned long long)scan.number);
        free(text);
    }
}

static void a_watermark_has_an_epoch_and_a_number(void **state)
{
    static const struct {
        const char *text;
        bool is_watermark;
        const char *epoch;
        uint64_t number;
    } rows[] = {
        {"{\"watermark\":\"E1:42\"}", true, "E1", 42}, {"{\"watermark\":\"a:b:7\"}", true, "a:b", 7},
        {"{\"watermark\":\":7\"}", false, "", 0},      {"{\"watermark\":\"E1:\"}", false, "", 0},
        {"{\"watermark\":\"E1\"}", false, "", 0},      {"{\"watermark\":\"E 1:7\"}", false, "", 0},
        {"{\"watermark\":7}", false, "", 0},           {"{\"data\":{\"watermark\":\"E1:42\"}}", false, "", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scan scan;
        scan_message(rows[i].text, strlen(rows[i].text), &scan);
        assert_int_equal(scan.is_watermark, rows[i].is_watermark);
        if (!scan.is_watermark)
            continue;
        assert_string_equal(scan.epoch, rows[i].epoch);
        assert_int_equal(scan.watermark, rows[i].number);
    }
}

static void the_environment_names_the_proxy(void **state)
{
    static const struct {
        const char *http, *https, *all, *none, *host;
        bool tls;
        const char *proxy;
    } rows[] = {
        {NULL, NULL, NULL, NULL, "keptn.example", false, NULL},
        {"http://proxy:3128", NULL, NULL, NULL, "keptn.example", false, "proxy:3128"},
        {"proxy:3128/", NULL, NULL, NULL, "keptn.example", false, "proxy:3128"},
        {"http://u:p@proxy:3128", NULL, NULL, NULL, "keptn.example", false, "u:p@proxy:3128"},
        {"http://proxy:3128", NULL, NULL, NULL, "keptn.example", true, NULL},
        {NULL, "http://secure:1", NULL, NULL, "keptn.example", true, "secure:1"},
        {NULL, NULL, "http://all:1", NULL, "keptn.example", true, "all:1"},
        {"http://proxy:3128", NULL, "http://all:1", NULL, "keptn.example", false, "proxy:3128"},
        {"http://proxy:3128", NULL, NULL, "*", "keptn.example", false, NULL},
        {"http://proxy:3128", NULL, NULL, "other, .example", "keptn.example", false, NULL},
        {"http://proxy:3128", NULL, NULL, "keptn.example", "keptn.example", false, NULL},
        {"http://proxy:3128", NULL, NULL, "tn.example", "keptn.example", false, "proxy:3128"},
        {"http://proxy:3128", NULL, NULL, "a.keptn.example", "keptn.example", false, "proxy:3128"},
        {"socks5://proxy:1080", NULL, NULL, NULL, "keptn.example", false, NULL},
        {"", NULL, NULL, NULL, "keptn.example", false, NULL},
    };
    static const char *const names[] = {"http_proxy",  "https_proxy", "all_proxy", "no_proxy",
                                        "HTTPS_PROXY", "ALL_PROXY",   "NO_PROXY"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const values[] = {rows[i].http, rows[i].https, rows[i].all, rows[i].none,
                                      NULL,         NULL,          NULL};
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            unsetenv(names[k]);
            if (values[k] != NULL)
                setenv(names[k], values[k], 1);
        }
        char *proxy = proxy_for(rows[i].tls, rows[i].host);
        if (rows[i].proxy == NULL)
            assert_null(proxy);
        else
            assert_string_equal(proxy, rows[i].proxy);
        free(proxy);
    }
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        unsetenv(names[k]);
}

static void the_pieces_of_an_answer_are_found(void **state)
{
    static const char text[] =
        " {\"a\":{\"list\":[9]},\"s\":\"]}\\\"\", \"list\" : [ 1 ,{\"x\":[]}, \"a,b\" ] } rest";
    static const char *const items[] = {"1", "{\"x\":[]}", "\"a,b\""};
    (void)state;
    assert_int_equal(scan_value(text, sizeof text - 1), sizeof text - 1 - 5);
    struct slice list = scan_member(text, sizeof text - 1, "list");
    assert_int_equal(list.len, strlen("[ 1 ,{\"x\":[]}, \"a,b\" ]"));
    size_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        struct slice item = scan_item(list, &at);
        assert_int_equal(item.len, strlen(items[i]));
        assert_memory_equal(item.text, items[i], item.len);
    }
    assert_null(scan_item(list, &at).text);
    assert_null(scan_member(text, sizeof text - 1, "x").text);
}

static void what_is_cut_off_has_no_pieces(void **state)
{
    static const char text[] = "{\"a\":[1,{\"b\":\"c\\\\\"}],\"d\":2}";
    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        char *cut = malloc(len > 0 ? len : 1); /* of just its size */
        memcpy(cut, text, len);
        assert_int_equal(scan_value(cut, len), 0);
        assert_null(scan_member(cut, len, "d").text);
        size_t at = 0;
        struct slice list = {cut + 5, len > 5 ? len - 5 : 0};
        for (int i = 0; i < 3 && list.len > 0 && scan_item(list, &at).text != NULL; i++)
            assert_true(at <= list.len);
        free(cut);
    }
    assert_int_equal(scan_value(text, sizeof text - 1), sizeof text - 1);
    assert_int_equal(scan_member(text, sizeof text - 1, "d").len, 1);
}

static void the_url_of_a_proxy_has_an_encoded_name_and_password(void **state)
{
    static const char *const rows[][2] = {
        {"http://proxy:3128", "proxy:3128"},
        {"http://u:p@proxy:3128/x", "u:p@proxy:3128"},
        {"http://u%40x:p%3A%2F@proxy", "u@x:p:/@proxy"},
        {"http://u%4:%zz%00@proxy", "u%4:%zz%00@proxy"},
        {"http://proxy%41:1", "proxy%41:1"},
        {"http://", NULL},
        {"https://proxy:1", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *proxy = proxy_of_url(rows[i][0]);
        if (rows[i][1] == NULL)
            assert_null(proxy);
        else
            assert_string_equal(proxy, rows[i][1]);
        free(proxy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_a_message_is_found_at_its_top_level_only),
        cmocka_unit_test(a_watermark_has_an_epoch_and_a_number),
        cmocka_unit_test(the_environment_names_the_proxy),
        cmocka_unit_test(the_pieces_of_an_answer_are_found),
        cmocka_unit_test(what_is_cut_off_has_no_pieces),
        cmocka_unit_test(the_url_of_a_proxy_has_an_encoded_name_and_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
