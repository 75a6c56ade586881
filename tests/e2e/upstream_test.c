/* The tutorial over upstreams on real servers: https:// with a token, ssh:// with a key; and that what opens
 * them is nowhere to be read. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "support/gitserver.h"
#include "support/world.h"

#define C                 "/controlPlane/v1"
#define SHIPYARD_RESOURCE "/resource-service/v1/project/fulltour/resource/shipyard.yaml"

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nmetadata: {name: fulltour}\nspec:\n  stages:\n"
    "  - name: qa\n    sequences:\n    - {name: delivery, tasks: [{name: je-deployment}]}\n"
    "  - name: production\n    sequences:\n    - name: delivery\n"
    "      triggeredOn: [{event: qa.delivery.finished}]\n"
    "      tasks: [{name: approval, properties: {pass: manual, warning: manual}}, {name: je-deployment}]\n";

static void need(enum gitserver_kind kind)
{
    const char *reason = gitserver_missing(kind);
    if (reason != NULL) {
        print_message("# skipped: %s\n", reason);
        skip();
    }
}

static void open_world(struct world *w, struct gitserver *server, enum gitserver_kind kind)
{
    need(kind);
    world_open(w, NULL, true);
    gitserver_prepare(w->directory);
    gitserver_start(server, kind, w->directory);
    world_write(w, "shipyard.yaml", shipyard);
    char *job = mem_printf("apiVersion: v2\nactions:\n  - name: deploy\n    events: [{name: "
                           "sh.keptn.event.je-deployment.triggered}]\n    tasks:\n      - name: deploy\n"
                           "        cmd: [sh, -ec]\n        args: ['echo $KEPTN_STAGE >> %s/deployed']\n",
                           w->directory);
    world_write(w, "job.yaml", job);
    free(job);
    /* Through ssh an empty repository does not tell its default branch: sshd lets no GIT_PROTOCOL in. */
    assert_int_equal(world_shell(w, kind == GITSERVER_SSH ? "git init -q --bare -b main repos/tour.git"
                                                          : "git init -q --bare -b trunk repos/tour.git"),
                     0);
}

static char *https_url(const struct gitserver *s)
{
    return mem_printf("--git-remote-url=https://127.0.0.1:%d/git/tour.git", s->port);
}

static char *ssh_url(const struct world *w, const struct gitserver *s)
{
    return mem_printf("--git-remote-url=ssh://%s@127.0.0.1:%d%s/repos/tour.git", getpwuid(geteuid())->pw_name,
                      s->port, w->directory);
}

/* What was printed; the caller's. */
static char *create_over_https(struct world *w, int expected, const char *url, const char *token)
{
    setenv("DRAWBRIDGE_GIT_TOKEN", token, 1);
    char *told = world_run(w, expected, "create", "project", "fulltour", "--shipyard=shipyard.yaml", url,
                           "--git-user=maria", "--git-pem-certificate=ca.pem", NULL);
    unsetenv("DRAWBRIDGE_GIT_TOKEN");
    return told;
}

static void deliver(struct world *w)
{
    free(world_run(w, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice",
                   "--image=ghcr.io/podtato-head/podtatoserver:v0.1.1", NULL));
    char *context = world_wait(w, "waiting");
    free(world_run(w, 0, "approve", context, "--yes", NULL));
    free(context);
    free(world_wait(w, "finished"));
}

static void expect_deployed(struct world *w, const char *lines)
{
    char *deployed = world_read(w, "deployed");
    assert_string_equal(deployed != NULL ? deployed : "", lines);
    free(deployed);
}

/* The tutorial's steps behind `create project`, what the upstream has then, and a second delivery after a
 * restart, which reads the credentials from the store. */
static void run_tutorial(struct world *w)
{
    free(world_run(w, 0, "create", "service", "helloservice", "--project=fulltour", NULL));
    free(world_run(w, 0, "add-resource", "--project=fulltour", "--service=helloservice", "--all-stages",
                   "--resource=job.yaml", "--resourceUri=job/config.yaml", NULL));
    deliver(w);
    expect_deployed(w, "qa\nproduction\n");
    assert_int_equal(world_shell(w, "git --git-dir=repos/tour.git log --format=%s production >log; "
                                    "printf 'Updated resource\\nAdded service: helloservice\\ncreated "
                                    "stage\\ninitialized project\\n' | diff - log"),
                     0);
    world_kill(w, SIGKILL);
    world_start(w);
    free(world_run(w, 0, "add-resource", "--project=fulltour", "--resource=job.yaml",
                   "--resourceUri=second.yaml", NULL));
    assert_int_equal(world_shell(w, "git --git-dir=repos/tour.git show HEAD:second.yaml | diff - job.yaml"),
                     0);
    deliver(w);
    expect_deployed(w, "qa\nproduction\nqa\nproduction\n");
}

/* Neither in what drawbridged keeps and logs, nor in what it answers. */
static void expect_nowhere(struct world *w, const char *secret)
{
    char *line = mem_printf("! grep -rlaF -- '%s' data *.log 2>/dev/null | grep .", secret);
    static const char *const paths[] = {C "/project", C "/project/fulltour", "/v1/audit",
                                        "/mongodb-datastore/event?project=fulltour&pageSize=100"};
    assert_int_equal(world_shell(w, line), 0);
    free(line);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char *answer = NULL;
        assert_int_equal(world_ask(w, "GET", paths[i], NULL, &answer), 200);
        assert_null(strstr(answer, secret));
        free(answer);
    }
}

static void the_tutorial_runs_over_https_with_a_token(void **state)
{
    struct world w;
    struct gitserver server = {0};
    (void)state;
    open_world(&w, &server, GITSERVER_HTTPS);
    char *url = https_url(&server);
    free(create_over_https(&w, 0, url, GITSERVER_TOKEN));
    run_tutorial(&w);
    expect_nowhere(&w, GITSERVER_TOKEN);
    cJSON *project = world_get(&w, C "/project/fulltour");
    const cJSON *git = json_get(project, "gitCredentials");
    assert_string_equal(json_text(git, "remoteURL"), strchr(url, '=') + 1);
    assert_string_equal(json_text(git, "user"), "maria");
    assert_true(cJSON_IsFalse(json_path(git, "https", "insecureSkipTLS", NULL)));
    assert_int_equal(cJSON_GetArraySize(json_get(git, "https")), 1);
    assert_null(json_get(git, "ssh"));
    assert_true(cJSON_IsFalse(json_get(project, "isUpstreamAutoProvisioned")));
    cJSON_Delete(project);
    free(url);
    gitserver_stop(&server);
    world_close(&w);
}

static void the_tutorial_runs_over_ssh_with_a_key(void **state)
{
    struct world w;
    struct gitserver server = {0};
    (void)state;
    open_world(&w, &server, GITSERVER_SSH);
    char *url = ssh_url(&w, &server);
    setenv("DRAWBRIDGE_GIT_PRIVATE_KEY_PASS", GITSERVER_PASSPHRASE, 1);
    free(world_run(&w, 0, "create", "project", "fulltour", "--shipyard=shipyard.yaml", url,
                   "--git-private-key=locked_key", NULL));
    unsetenv("DRAWBRIDGE_GIT_PRIVATE_KEY_PASS");
    run_tutorial(&w);
    expect_nowhere(&w, GITSERVER_PASSPHRASE);
    expect_nowhere(&w, "PRIVATE KEY-----");
    cJSON *project = world_get(&w, C "/project/fulltour");
    assert_null(json_path(project, "gitCredentials", "ssh", NULL));
    assert_null(json_path(project, "gitCredentials", "https", NULL));
    cJSON_Delete(project);
    free(url);
    gitserver_stop(&server);
    world_close(&w);
}

/* PUT: {"name":"fulltour","gitCredentials":{"remoteURL":…,"user":…,"https":{…}}} */
static long put(struct world *w, const char *url, const char *user, const char *token, char **answer)
{
    assert_int_equal(world_shell(w, "base64 -w0 ca.pem >ca.base64"), 0);
    char *base64 = world_read(w, "ca.base64");
    char *body = mem_printf("{\"name\":\"fulltour\",\"gitCredentials\":{\"remoteURL\":\"%s\",\"user\":\"%s\","
                            "\"https\":{\"token\":\"%s\",\"insecureSkipTLS\":false,\"certificate\":\"%s\"}}}",
                            url, user, token, base64);
    long code = world_ask(w, "PUT", C "/project", body, answer);
    free(body);
    free(base64);
    return code;
}

static void credentials_are_tried_before_they_replace_those_that_work(void **state)
{
    struct world w;
    struct gitserver server = {0};
    char *answer = NULL;
    (void)state;
    open_world(&w, &server, GITSERVER_HTTPS);
    char *url = https_url(&server);
    const char *bare = strchr(url, '=') + 1;
    char *told = create_over_https(&w, 1, url, "not-the-token");
    assert_non_null(strstr(told, "invalid git token"));
    free(told);
    free(create_over_https(&w, 0, url, GITSERVER_TOKEN));
    assert_int_equal(put(&w, bare, "maria", "not-the-token", &answer), 424);
    assert_non_null(strstr(answer, "invalid git token"));
    free(answer);
    assert_int_equal(put(&w, "https://127.0.0.1:1/git/tour.git", "maria", GITSERVER_TOKEN, &answer), 404);
    assert_non_null(strstr(answer, "upstream repository not found"));
    free(answer);
    assert_int_equal(put(&w, "gopher://127.0.0.1/x", "maria", GITSERVER_TOKEN, &answer), 422);
    assert_non_null(strstr(answer, "Invalid RemoteURL: gopher://127.0.0.1/x"));
    free(answer);
    free(world_run(&w, 0, "create", "service", "helloservice", "--project=fulltour", NULL)); /* as before */
    /* The token is changed there, then here. */
    assert_int_equal(world_shell(&w, "echo maria:rotated-4be1 >users"), 0);
    told = world_run(&w, 1, "create", "service", "second", "--project=fulltour", NULL);
    assert_non_null(strstr(told, "invalid git token"));
    free(told);
    assert_int_equal(put(&w, bare, "maria", "rotated-4be1", &answer), 201);
    assert_string_equal(answer, "");
    free(answer);
    free(world_run(&w, 0, "create", "service", "second", "--project=fulltour", NULL));
    expect_nowhere(&w, "rotated-4be1");
    free(url);
    gitserver_stop(&server);
    world_close(&w);
}

static void a_project_moves_to_another_upstream_with_all_its_branches(void **state)
{
    struct world w;
    struct gitserver server = {0};
    char *answer = NULL;
    (void)state;
    open_world(&w, &server, GITSERVER_HTTPS);
    free(world_run(&w, 0, "create", "project", "fulltour", "--shipyard=shipyard.yaml", NULL));
    free(world_run(&w, 0, "create", "service", "helloservice", "--project=fulltour", NULL));
    char *url = mem_printf("https://127.0.0.1:%d/git/tour.git", server.port),
         *other = mem_printf("https://127.0.0.1:%d/git/other.git", server.port);
    assert_int_equal(put(&w, url, "maria", GITSERVER_TOKEN, NULL), 201);
    assert_int_equal(world_shell(&w, "git --git-dir=repos/tour.git show "
                                     "production:helloservice/metadata.yaml >/dev/null && "
                                     "git --git-dir=repos/tour.git show qa:helloservice/metadata.yaml "
                                     ">/dev/null"),
                     0);
    assert_int_equal(world_shell(&w, "git init -q --bare -b main repos/other.git && git clone -q "
                                     "repos/other.git theirs 2>/dev/null && cd theirs && "
                                     "git -c user.name=t -c user.email=t@localhost commit -q --allow-empty "
                                     "-m theirs && git push -q origin HEAD:qa"),
                     0);
    assert_int_equal(put(&w, other, "maria", GITSERVER_TOKEN, &answer), 409);
    assert_non_null(strstr(answer, "has another history"));
    free(answer);
    free(world_run(&w, 0, "create", "service", "second", "--project=fulltour", NULL));
    assert_int_equal(world_shell(&w, "git --git-dir=repos/tour.git show qa:second/metadata.yaml >/dev/null"),
                     0);
    free(url);
    free(other);
    gitserver_stop(&server);
    world_close(&w);
}

static void without_its_key_a_project_is_readable_and_says_what_is_missing(void **state)
{
    struct world w;
    struct gitserver server = {0};
    (void)state;
    open_world(&w, &server, GITSERVER_HTTPS);
    char *url = https_url(&server);
    free(create_over_https(&w, 0, url, GITSERVER_TOKEN));
    world_kill(&w, SIGTERM);
    assert_int_equal(world_shell(&w, "mv data/key kept"), 0);
    world_start(&w);
    cJSON_Delete(world_get(&w, C "/project/fulltour"));
    assert_int_equal(world_ask(&w, "GET", SHIPYARD_RESOURCE, NULL, NULL), 200);
    char *told = world_run(&w, 6, "create", "service", "helloservice", "--project=fulltour", NULL);
    assert_non_null(strstr(told, "cannot be decrypted"));
    free(told);
    world_kill(&w, SIGTERM);
    assert_int_equal(world_shell(&w, "mv kept data/key"), 0);
    world_start(&w);
    free(world_run(&w, 0, "create", "service", "helloservice", "--project=fulltour", NULL));
    free(url);
    gitserver_stop(&server);
    world_close(&w);
}

static void while_its_upstream_is_away_a_project_is_readable_and_nothing_is_lost(void **state)
{
    struct world w;
    struct gitserver server = {0};
    char *answer = NULL;
    (void)state;
    open_world(&w, &server, GITSERVER_HTTPS);
    char *url = https_url(&server);
    free(create_over_https(&w, 0, url, GITSERVER_TOKEN));
    gitserver_stop(&server);
    assert_int_equal(world_ask(&w, "GET", SHIPYARD_RESOURCE, NULL, NULL), 200);
    assert_int_equal(world_ask(&w, "PUT", SHIPYARD_RESOURCE, "{\"resourceContent\":\"YQ==\"}", &answer), 503);
    assert_non_null(strstr(answer, "Cannot fetch from https://127.0.0.1"));
    free(answer);
    gitserver_start(&server, GITSERVER_HTTPS, w.directory);
    free(world_run(&w, 0, "create", "service", "helloservice", "--project=fulltour", NULL));
    free(url);
    gitserver_stop(&server);
    world_close(&w);
}

static void an_address_on_the_deny_list_is_refused(void **state)
{
    struct world w;
    struct gitserver server = {0};
    (void)state;
    open_world(&w, &server, GITSERVER_HTTPS);
    char *url = https_url(&server);
    world_write(&w, "data/remote-url-denylist", "evil\\.example\nhttps://127\\.\n");
    char *told = world_run(&w, 2, "create", "project", "fulltour", "--shipyard=shipyard.yaml", url, NULL);
    assert_non_null(strstr(told, "Invalid RemoteURL: https://127.0.0.1:"));
    free(told);
    free(url);
    gitserver_stop(&server);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tutorial_runs_over_https_with_a_token),
        cmocka_unit_test(the_tutorial_runs_over_ssh_with_a_key),
        cmocka_unit_test(credentials_are_tried_before_they_replace_those_that_work),
        cmocka_unit_test(a_project_moves_to_another_upstream_with_all_its_branches),
        cmocka_unit_test(without_its_key_a_project_is_readable_and_says_what_is_missing),
        cmocka_unit_test(while_its_upstream_is_away_a_project_is_readable_and_nothing_is_lost),
        cmocka_unit_test(an_address_on_the_deny_list_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
