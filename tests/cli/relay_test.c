/* A connection's certificates and proxy, for requests and for the stream: through a TLS front and through
 * proxies, to a real drawbridged. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/relay.h"
#include "support/world.h"

#define ENDED_AS_LIVE                                                                                        \
    7 /* `watch --watch-time` ends so where the stream was open, and with 6 where it never was */

static struct world world;
static struct relay tls, strict, proxy, locked;

/* Runs drawbridge with one context of these keys; the variables may be "". */
static void run(int expected, const char *environment, const char *context, const char *command)
{
    char *settings = mem_printf("contexts:\n- name: c\n  token-file: data/admin-token\n  %s\n", context);
    world_write(&world, "config.yaml", settings);
    char *line =
        mem_printf("unset DRAWBRIDGE_TOKEN DRAWBRIDGE_SERVER http_proxy https_proxy all_proxy no_proxy "
                   "HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE\nexport LC_ALL=C.UTF-8 HOME=$PWD\n"
                   "%s '%s/drawbridge' --config config.yaml %s </dev/null >out 2>err; echo $? >code",
                   environment, world.programs, command);
    assert_int_equal(world_shell(&world, line), 0);
    char *code = world_read(&world, "code"), *err = world_read(&world, "err");
    if (strtol(code, NULL, 10) != expected)
        fail_msg("%s: %s ended with %s, not %d: %s", context, command, code, expected, err);
    free(code);
    free(err);
    free(line);
    free(settings);
}

static void run_both(int request, int stream, const char *environment, const char *context)
{
    run(request, environment, context, "auth");
    run(stream, environment, context, "watch --watch-time 1");
}

static char *tls_context(const struct relay *r, const char *more)
{
    return mem_printf("server: https://127.0.0.1:%d/api\n  %s", r->port, more);
}

static void assert_error(const char *words)
{
    char *err = world_read(&world, "err");
    if (strstr(err, words) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", words, err);
    free(err);
}

static int set_up_group(void **state)
{
    (void)state;
    world_open(&world, NULL, true);
    relay_make_certificates(&world);
    relay_start(&tls, &world, RELAY_TLS, world.port);
    relay_start(&strict, &world, RELAY_TLS_WITH_CERTIFICATE, world.port);
    relay_start(&proxy, &world, RELAY_PROXY, world.port);
    relay_start(&locked, &world, RELAY_PROXY_WITH_PASSWORD, world.port);
    return 0;
}

static int tear_down_group(void **state)
{
    (void)state;
    relay_stop(&tls);
    relay_stop(&strict);
    relay_stop(&proxy);
    relay_stop(&locked);
    world_close(&world);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    relay_forget(&tls, &world);
    relay_forget(&strict, &world);
    relay_forget(&proxy, &world);
    relay_forget(&locked, &world);
    return 0;
}

static void a_server_is_believed_where_the_ca_file_vouches_for_it(void **state)
{
    (void)state;
    char *with = tls_context(&tls, "ca-file: ca.pem"), *without = tls_context(&tls, ""),
         *wrong = tls_context(&tls, "ca-file: other.pem"), *none = tls_context(&tls, "ca-file: nowhere.pem");
    run_both(0, ENDED_AS_LIVE, "", with);
    assert_true(relay_saw(&tls, &world, "POST /api/v1/auth "));
    assert_true(relay_saw(&tls, &world, "GET /api/v1/event/stream"));
    run_both(6, 6, "", without);
    assert_error("certificate");
    run_both(6, 6, "", wrong);
    run_both(6, 6, "", none);
    assert_error("nowhere.pem");
    run_both(0, ENDED_AS_LIVE, "SSL_CERT_FILE=$PWD/ca.pem", without);
    run_both(6, 6, "SSL_CERT_FILE=$PWD/ca.pem", wrong); /* the file of the context is the closer one */
    free(with);
    free(without);
    free(wrong);
    free(none);
}

static void a_client_certificate_is_shown(void **state)
{
    (void)state;
    char *with = tls_context(&strict, "ca-file: ca.pem\n  client-cert: client.pem\n  client-key: client.key"),
         *both = tls_context(&strict, "ca-file: ca.pem\n  client-cert: both.pem"),
         *without = tls_context(&strict, "ca-file: ca.pem"),
         *wrong =
             tls_context(&strict, "ca-file: ca.pem\n  client-cert: client.pem\n  client-key: server.key");
    run_both(0, ENDED_AS_LIVE, "", with);
    assert_true(relay_saw(&strict, &world, "certificate maria\nGET /api/v1/event/stream"));
    relay_forget(&strict, &world);
    run_both(0, ENDED_AS_LIVE, "", both);
    assert_true(relay_saw(&strict, &world, "certificate maria\nGET /api/v1/event/stream"));
    run_both(6, 6, "", without);
    assert_true(relay_saw(&strict, &world, "refused"));
    run(6, "", wrong, "auth");
    assert_error("are the client certificate and its key PEM files that belong together?");
    run(6, "", wrong, "watch --watch-time 1");
    free(with);
    free(both);
    free(without);
    free(wrong);
}

/* No name server knows keptn.invalid: only the proxy can go there. */
static void a_proxy_is_asked_for_requests_and_stream(void **state)
{
    (void)state;
    char *plain = mem_printf("server: http://keptn.invalid/api\n  proxy: http://127.0.0.1:%d", proxy.port);
    char *none = mem_printf("server: http://127.0.0.1:%d/api\n  proxy: http://127.0.0.1:1", world.port);
    run_both(0, ENDED_AS_LIVE, "", plain);
    assert_true(relay_saw(&proxy, &world, "POST http://keptn.invalid/api/v1/auth"));
    assert_true(relay_saw(&proxy, &world, "CONNECT keptn.invalid:80 "));
    relay_forget(&proxy, &world);
    run(0, "no_proxy='*'", plain, "auth"); /* it was named; the environment does not undo it */
    run_both(6, 6, "", none);              /* also for loopback */
    free(plain);
    free(none);
}

static void tls_goes_through_a_proxy(void **state)
{
    (void)state;
    struct relay to_tls;
    relay_start(&to_tls, &world, RELAY_PROXY, tls.port);
    char *context = mem_printf(
        "server: https://keptn.invalid/api\n  ca-file: ca.pem\n  proxy: http://127.0.0.1:%d", to_tls.port);
    run_both(0, ENDED_AS_LIVE, "", context);
    assert_true(relay_saw(&to_tls, &world, "CONNECT keptn.invalid:443 "));
    assert_true(relay_saw(&tls, &world, "GET /api/v1/event/stream"));
    free(context);
    relay_stop(&to_tls);
}

static void a_proxy_gets_its_password_and_not_the_token(void **state)
{
    (void)state;
    char *with =
        mem_printf("server: http://keptn.invalid/api\n  proxy: http://u:p%%3Aw@127.0.0.1:%d", locked.port);
    char *without = mem_printf("server: http://keptn.invalid/api\n  proxy: http://127.0.0.1:%d", locked.port);
    run(ENDED_AS_LIVE, "", with, "watch --watch-time 1");
    assert_true(relay_saw(&locked, &world, "authorization dTpwOnc=\nCONNECT keptn.invalid:80 "));
    run(6, "", without, "watch --watch-time 1");
    free(with);
    free(without);
}

static void none_means_no_proxy_of_the_environment_either(void **state)
{
    (void)state;
    char *environment = mem_printf("http_proxy=http://127.0.0.1:%d", proxy.port);
    run_both(0, ENDED_AS_LIVE, environment, "server: http://keptn.invalid/api");
    relay_forget(&proxy, &world);
    run_both(6, 6, environment, "server: http://keptn.invalid/api\n  proxy: none");
    assert_false(relay_saw(&proxy, &world, "keptn"));
    free(environment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_server_is_believed_where_the_ca_file_vouches_for_it, set_up),
        cmocka_unit_test_setup(a_client_certificate_is_shown, set_up),
        cmocka_unit_test_setup(a_proxy_is_asked_for_requests_and_stream, set_up),
        cmocka_unit_test_setup(tls_goes_through_a_proxy, set_up),
        cmocka_unit_test_setup(a_proxy_gets_its_password_and_not_the_token, set_up),
        cmocka_unit_test_setup(none_means_no_proxy_of_the_environment_either, set_up),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
