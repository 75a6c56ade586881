/* The small parts: names, hashes, URIs, the form of an event. */
#include "config.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text, *hex;
} sha1_rows[] = {
    /* FIPS 180-4's examples, and lengths around the end of a block */
    {"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "c2db330f6083854c99d4b5bfb6e8f29f201be699"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "03f09f5b158a7a8cdad920bddc29b81c18a551f5"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "11655326c708d70319be2610e8a57d9a5b959d3b"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaa",
     "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaa",
     "f34c1488385346a55709ba056ddd08280dd4c6d6"},
};

static void sha1_is_that_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sha1_rows / sizeof *sha1_rows; i++) {
        unsigned char hash[20];
        char hex[41];
        api_sha1(sha1_rows[i].text, strlen(sha1_rows[i].text), hash);
        for (size_t j = 0; j < 20; j++)
            (void)snprintf(hex + 2 * j, 3, "%02x", hash[j]);
        assert_string_equal(hex, sha1_rows[i].hex);
    }
}

static void the_handshake_answer_is_that_of_the_standard(void **state)
{
    char out[29];
    (void)state;
    assert_true(api_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", out)); /* RFC 6455, section 1.3 */
    assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_false(api_websocket_accept("dGhlIHNhbXBsZSBub25jZQ=", out));
    assert_false(api_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==x", out));
    assert_false(api_websocket_accept("dGhlIHNhbXBsZSBub25jZ!==", out));
    assert_false(api_websocket_accept("", out));
}

static const struct {
    const char *raw;
    bool plus;
    const char *decoded; /* NULL: refused */
} escape_rows[] = {
    {"plain", false, "plain"},
    {"a%2Fb", false, "a/b"},
    {"a%252Fb", false, "a%2Fb"},
    {"a+b", false, "a+b"},
    {"a+b", true, "a b"},
    {"%e2%9c%85", false, "\xe2\x9c\x85"},
    {"", false, ""},
    {"%", false, NULL},
    {"%2", false, NULL},
    {"a%2", false, NULL},
    {"%2g", false, NULL},
    {"%g2", false, NULL},
    {"%00", false, NULL},
    {"%0a", false, NULL},
    {"%7f", false, NULL},
    {"%ff", false, NULL},
    {"%c0%af", false, NULL},
    {"%41%", false, NULL},
    {"%ed%a0%80", false, NULL},
};

static void escapes_are_resolved_once_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof escape_rows / sizeof *escape_rows; i++) {
        struct arena arena = {0};
        const char *out =
            api_uri_decode(&arena, escape_rows[i].raw, strlen(escape_rows[i].raw), escape_rows[i].plus);
        if ((out == NULL) != (escape_rows[i].decoded == NULL) ||
            (out != NULL && strcmp(out, escape_rows[i].decoded) != 0))
            fail_msg("%s: %s", escape_rows[i].raw, out != NULL ? out : "refused");
        arena_free(&arena);
    }
}

static const struct {
    const char *stored, *answered;
} event_rows[] = {
    {"{\"id\":\"1\",\"datacontenttype\":\"application/json\",\"data\":{}}",
     "{\"id\":\"1\",\"contenttype\":\"application/json\",\"data\":{}}"},
    {"{\"datacontenttype\":\"a\",\"contenttype\":\"b\"}", "{\"contenttype\":\"b\"}"},
    {"{\"sequence\":\"00\",\"id\":\"1\"}", "{\"id\":\"1\"}"},
    {"{\"data\":{\"sequence\":\"x\",\"datacontenttype\":\"y\",\"a\":[1,{\"b\":\"}]\\\"\"}]},\"sequence\":1}",
     "{\"data\":{\"sequence\":\"x\",\"datacontenttype\":\"y\",\"a\":[1,{\"b\":\"}]\\\"\"}]}}"},
    {" { \"id\" : 7 , \"n\" : -1.5e3 , \"t\":true,\"u\":null } ",
     "{\"id\":7,\"n\":-1.5e3,\"t\":true,\"u\":null}"},
    {"{\"big\":123456789012345678901234567890}", "{\"big\":123456789012345678901234567890}"},
    {"{}", "{}"},
};

static void an_event_is_answered_with_keptns_names_and_otherwise_untouched(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof event_rows / sizeof *event_rows; i++) {
        struct buffer out = BUFFER_LIMIT(1024);
        assert_true(api_event_answer(event_rows[i].stored, strlen(event_rows[i].stored), &out));
        assert_string_equal(buffer_text(&out), event_rows[i].answered);
        buffer_free(&out);
    }
}

static void a_text_that_is_cut_off_is_not_read_behind_its_end(void **state)
{
    (void)state;
    static const char text[] = "{\"id\":\"a\\\"b\",\"data\":{\"x\":[1,\"y\"]},\"n\":12}";
    for (size_t len = 0; len < sizeof text; len++) {
        struct buffer out = BUFFER_LIMIT(1024);
        char *copy = malloc(len + 1); /* the sanitizer watches its end */
        memcpy(copy, text, len);
        copy = realloc(copy, len > 0 ? len : 1);
        (void)api_event_answer(copy, len, &out);
        buffer_free(&out);
        free(copy);
    }
}

static void roles_have_names(void **state)
{
    enum api_role role = API_ROLE_VIEWER;
    (void)state;
    for (int i = API_ROLE_VIEWER; i <= API_ROLE_ADMIN; i++) {
        assert_true(api_role_parse(api_role_name((enum api_role)i), &role));
        assert_int_equal(role, i);
    }
    assert_false(api_role_parse("root", &role));
    assert_false(api_role_parse("", &role));
    assert_false(api_role_parse(NULL, &role));
}

static void a_token_is_kept_as_its_blake2b_hash(void **state)
{
    char hash[65];
    (void)state;
    api_token_hash("", hash); /* RFC 7693's function with 32 bytes of output */
    assert_string_equal(hash, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha1_is_that_of_the_standard),
        cmocka_unit_test(the_handshake_answer_is_that_of_the_standard),
        cmocka_unit_test(escapes_are_resolved_once_or_refused),
        cmocka_unit_test(an_event_is_answered_with_keptns_names_and_otherwise_untouched),
        cmocka_unit_test(a_text_that_is_cut_off_is_not_read_behind_its_end),
        cmocka_unit_test(roles_have_names),
        cmocka_unit_test(a_token_is_kept_as_its_blake2b_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
