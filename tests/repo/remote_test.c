/* Upstreams on real servers: https with a token, ssh with a key, a proxy between; and what is said where they
 * do not let us in, are not who they were, are away, or hang. */
#include "config.h"

#include "support.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "repo/internal.h"
#include "support/gitserver.h"

static struct {
    struct fixture place; /* its directory holds the servers' */
    struct gitserver http, https, ssh, proxy, mute;
    char *ca, *other_ca, *plain_key, *locked_key, *other_key, *user;
} up;

static const char *const stages[] = {"qa", "production"};

/* Until the next call of the same kind. */
static const char *url(const char *scheme, const struct gitserver *s, const char *name)
{
    static char text[300];
    (void)snprintf(text, sizeof text, "%s%d/git/%s.git", scheme, s->port, name);
    return text;
}

static const char *ssh_url(const char *name)
{
    static char text[300];
    (void)snprintf(text, sizeof text, "ssh://%s@127.0.0.1:%d%s/repos/%s.git", up.user, up.ssh.port,
                   up.place.directory, name);
    return text;
}

static void need(enum gitserver_kind kind)
{
    const char *reason = gitserver_missing(kind);
    if (reason != NULL) {
        print_message("# skipped: %s\n", reason);
        skip();
    }
}

static void need_upstream(const char *name)
{
    sh(&up.place, "rm -rf repos/%s.git; git init -q --bare -b main repos/%s.git", name, name);
}

static struct repo_upstream https_upstream(const char *name)
{
    need(GITSERVER_HTTPS);
    need_upstream(name);
    return (struct repo_upstream){.url = url("https://127.0.0.1:", &up.https, name),
                                  .user = "maria",
                                  .token = GITSERVER_TOKEN,
                                  .certificate = up.ca};
}

static struct repo_upstream ssh_upstream(const char *name)
{
    need(GITSERVER_SSH);
    need_upstream(name);
    return (struct repo_upstream){.url = ssh_url(name), .private_key = up.plain_key};
}

static enum status make(struct fixture *f, const struct repo_upstream *upstream, struct error *err)
{
    return repo_create_project(f->repo, "tour", stages, 2, SHIPYARD_TEXT, strlen(SHIPYARD_TEXT), upstream,
                               err);
}

static const char *log_of(const char *name, const char *branch)
{
    return sh(&up.place, "git --git-dir=repos/%s.git log --format=%%s %s", name, branch);
}

static void assert_refused(struct fixture *f, const struct repo_upstream *upstream, enum status status,
                           const char *begin, const char *part)
{
    struct error err = ERROR_NONE;
    enum status is = make(f, upstream, &err);
    if (is != status || strncmp(err.text, begin, strlen(begin)) != 0 || strstr(err.text, part) == NULL)
        fail_msg("%d: %s", is, err.text);
    assert_null(strstr(err.text, "/proc/"));
    assert_string_equal(sh(f, "ls git"), "");
}

/* --- they work --- */

static void work_through(struct fixture *f, const char *name, const struct repo_upstream *upstream)
{
    struct error err = ERROR_NONE;
    char commit[REPO_COMMIT_SIZE];
    CHECK_OK(make(f, upstream, &err));
    CHECK_OK(repo_add_service(f->repo, "tour", stages, 2, "hello", &err));
    CHECK_OK(write_text(f, "qa", "hello", "job/config.yaml", "ours", commit, &err));
    assert_string_equal(log_of(name, "main"), "Updated resource\ninitialized project\n");
    assert_string_equal(log_of(name, "qa"), "Updated resource\nAdded service: hello\ncreated stage\n"
                                            "initialized project\n");
    sh(&up.place,
       "rm -rf clone; git clone -q -b qa repos/%s.git clone; cd clone; echo theirs >a; git add a;"
       "git commit -qm theirs; git push -q",
       name);
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
    assert_string_equal(read_text(f, "qa", NULL, "a", NULL), "theirs\n");
    CHECK_OK(write_text(f, "qa", NULL, "b", "ours", commit, &err));
    assert_string_equal(sh(&up.place, "git --git-dir=repos/%s.git rev-parse qa | tr -d '\\n'", name), commit);
}

static void https_works_with_a_user_and_a_token(void **state)
{
    struct repo_upstream upstream = https_upstream("https");
    work_through(*state, "https", &upstream);
}

static void http_works_with_a_user_and_a_token(void **state)
{
    need(GITSERVER_HTTP);
    need_upstream("http");
    const struct repo_upstream upstream = {
        .url = url("http://127.0.0.1:", &up.http, "http"), .user = "maria", .token = GITSERVER_TOKEN};
    work_through(*state, "http", &upstream);
}

static void a_server_whose_certificate_nobody_knows_works_only_when_that_is_wanted(void **state)
{
    struct repo_upstream upstream = https_upstream("insecure");
    upstream.certificate = NULL;
    assert_refused(*state, &upstream, STATUS_DEPENDENCY,
                   "the TLS certificate of https://127.0.0.1:", "gitCredentials.https.certificate");
    upstream.certificate = up.other_ca;
    assert_refused(*state, &upstream, STATUS_DEPENDENCY,
                   "the TLS certificate of https://127.0.0.1:", "gitCredentials.https.certificate");
    upstream.certificate = NULL;
    upstream.insecure_skip_tls = true;
    work_through(*state, "insecure", &upstream);
}

static void ssh_works_with_a_private_key(void **state)
{
    struct repo_upstream upstream = ssh_upstream("ssh");
    work_through(*state, "ssh", &upstream);
}

static void ssh_works_with_a_private_key_that_has_a_passphrase(void **state)
{
    struct repo_upstream upstream = ssh_upstream("locked");
    upstream.private_key = up.locked_key;
    upstream.private_key_pass = GITSERVER_PASSPHRASE;
    work_through(*state, "locked", &upstream);
}

static void a_proxy_with_a_password_is_gone_through(void **state)
{
    struct repo_upstream upstream = https_upstream("proxied");
    char address[40];
    need(GITSERVER_PROXY);
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", up.proxy.port);
    upstream.proxy_scheme = "http";
    upstream.proxy_address = address;
    upstream.proxy_user = "proxyuser";
    upstream.proxy_password = "wrong";
    assert_refused(*state, &upstream, STATUS_DEPENDENCY, "invalid git token: the proxy", "password");
    upstream.proxy_password = GITSERVER_PROXY_PASSWORD;
    work_through(*state, "proxied", &upstream);
    char *log = gitserver_file(up.place.directory, "proxy.log");
    assert_non_null(strstr(log, "CONNECT 127.0.0.1:"));
    free(log);
}

static void an_empty_upstream_gets_the_default_branch_that_its_head_names(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    struct repo_upstream upstream = https_upstream("trunk");
    sh(&up.place, "git --git-dir=repos/trunk.git symbolic-ref HEAD refs/heads/trunk");
    CHECK_OK(make(f, &upstream, &err));
    assert_string_equal(sh(&up.place, "git --git-dir=repos/trunk.git branch --format='%%(refname:short)'"),
                        "production\nqa\ntrunk\n");
}

/* --- they do not let us in --- */

static void a_wrong_token_is_said_and_leaves_nothing(void **state)
{
    struct repo_upstream upstream = https_upstream("refused");
    upstream.token = "tok-wrong";
    assert_refused(*state, &upstream, STATUS_DEPENDENCY, "invalid git token", "https://127.0.0.1:");
    upstream.token = upstream.user = NULL;
    assert_refused(*state, &upstream, STATUS_DEPENDENCY, "invalid git token", "wants a user and a token");
    upstream.user = "maria";
    upstream.token = GITSERVER_TOKEN;
    upstream.url = url("https://127.0.0.1:", &up.https, "nowhere");
    assert_refused(*state, &upstream, STATUS_NOT_FOUND, "upstream repository not found", "nowhere.git");
}

static void a_wrong_key_or_passphrase_is_said_and_leaves_nothing(void **state)
{
    struct repo_upstream upstream = ssh_upstream("keys");
    upstream.private_key = up.other_key;
    assert_refused(*state, &upstream, STATUS_DEPENDENCY, "invalid git token",
                   "does not take the private key");
    upstream.private_key = up.locked_key;
    assert_refused(*state, &upstream, STATUS_DEPENDENCY, "invalid git token", "wants a passphrase");
    upstream.private_key_pass = "wrong";
    assert_refused(*state, &upstream, STATUS_DEPENDENCY, "invalid git token", "the passphrase does not open");
    upstream.private_key_pass = NULL;
    upstream.private_key = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
    assert_refused(*state, &upstream, STATUS_DEPENDENCY, "invalid git token", "cannot read the private key");
    upstream.private_key = up.plain_key;
    upstream.url = ssh_url("nowhere");
    assert_refused(*state, &upstream, STATUS_NOT_FOUND, "upstream repository not found", "nowhere.git");
}

static void a_token_that_is_told_anew_counts(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    struct repo_upstream upstream = https_upstream("rotated");
    CHECK_OK(make(f, &upstream, &err));
    sh(&up.place, "echo maria:tok-second >users.new; mv users.new users");
    enum status status = repo_fetch(f->repo, "tour", &err);
    upstream.token = "tok-second";
    repo_set_upstream(f->repo, "tour", &upstream);
    struct error second = ERROR_NONE;
    enum status after = repo_fetch(f->repo, "tour", &second);
    sh(&up.place, "echo maria:" GITSERVER_TOKEN " >users.new; mv users.new users");
    assert_int_equal(status, STATUS_DEPENDENCY);
    assert_int_equal(after, STATUS_OK);
}

static void credentials_that_cannot_be_had_are_said_and_what_is_there_stays_readable(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    struct repo_upstream upstream = https_upstream("keyless");
    CHECK_OK(make(f, &upstream, &err));
    upstream.token = NULL;
    upstream.locked = "the key is gone: put it back";
    repo_set_upstream(f->repo, "tour", &upstream);
    assert_int_equal(repo_fetch(f->repo, "tour", &err), STATUS_UNREACHABLE);
    assert_non_null(strstr(err.text, "the key is gone: put it back"));
    assert_non_null(read_text(f, NULL, NULL, "shipyard.yaml", NULL));
}

static void a_host_key_that_has_changed_is_refused(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    struct repo_upstream upstream = ssh_upstream("hostkey");
    CHECK_OK(make(f, &upstream, &err));
    assert_non_null(strstr(sh(f, "cat git/tour.git/known_hosts"), "ssh-ed25519"));
    gitserver_stop(&up.ssh);
    sh(&up.place, "mv host_key before; ssh-keygen -q -t ed25519 -N '' -f host_key");
    gitserver_start(&up.ssh, GITSERVER_SSH, up.place.directory);
    enum status status = repo_fetch(f->repo, "tour", &err);
    gitserver_stop(&up.ssh);
    sh(&up.place, "mv before host_key");
    gitserver_start(&up.ssh, GITSERVER_SSH, up.place.directory);
    assert_int_equal(status, STATUS_DEPENDENCY);
    assert_non_null(strstr(err.text, "another one than before"));
    assert_non_null(strstr(err.text, "known_hosts"));
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
}

/* --- they are away, or hang --- */

static void a_server_that_is_away_is_unreachable_and_nothing_is_lost(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    char commit[REPO_COMMIT_SIZE];
    struct repo_upstream upstream = https_upstream("away");
    CHECK_OK(make(f, &upstream, &err));
    gitserver_stop(&up.https);
    enum status fetched = repo_fetch(f->repo, "tour", &err);
    enum status written = write_text(f, "qa", NULL, "a", "x", commit, &err);
    gitserver_start(&up.https, GITSERVER_HTTPS, up.place.directory);
    assert_int_equal(fetched, STATUS_UNREACHABLE);
    assert_int_equal(written, STATUS_UNREACHABLE);
    assert_null(read_text(f, "qa", NULL, "a", NULL));
    assert_non_null(read_text(f, NULL, NULL, "shipyard.yaml", NULL));
    CHECK_OK(write_text(f, "qa", NULL, "a", "x", commit, &err));
}

static void a_server_that_hangs_is_given_up_at_the_deadline(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    const struct repo_upstream rows[] = {
        {.url = url("http://127.0.0.1:", &up.mute, "x"), .user = "maria", .token = GITSERVER_TOKEN},
        {.url = ssh_url("x"), .private_key = up.plain_key}};
    f->repo->deadline_ms = 300;
    for (size_t i = 0; i < 2; i++) {
        struct repo_upstream upstream = rows[i];
        char ssh[100];
        if (i == 1) {
            need(GITSERVER_SSH);
            (void)snprintf(ssh, sizeof ssh, "ssh://127.0.0.1:%d/x.git", up.mute.port);
            upstream.url = ssh;
        }
        int64_t begin = clock_monotonic_ns();
        assert_int_equal(make(f, &upstream, &err), STATUS_NOT_FOUND);
        assert_non_null(strstr(err.text, "took longer than 300 ms"));
        assert_true(clock_monotonic_ns() - begin < 20 * CLOCK_S);
    }
    repo_interrupt(f->repo);
    f->repo->deadline_ms = 60000;
    assert_int_not_equal(make(f, &rows[0], &err), STATUS_OK);
}

/* --- nobody else learns them --- */

struct watch {
    pthread_t thread;
    volatile bool stop;
    const char *const *secrets;
    size_t seen; /* command lines and environments of git and ssh that were looked at */
    char found[300];
};

static void look_at(struct watch *w, const char *pid, const char *file)
{
    char path[300];
    static char bytes[65536];
    (void)snprintf(path, sizeof path, "/proc/%s/%s", pid, file);
    FILE *in = fopen(path, "re");
    size_t len = in != NULL ? fread(bytes, 1, sizeof bytes, in) : 0;
    if (in != NULL)
        fclose(in);
    if (memmem(bytes, len, "git", 3) != NULL || memmem(bytes, len, "ssh", 3) != NULL)
        w->seen++;
    for (const char *const *secret = w->secrets; *secret != NULL; secret++) {
        if (memmem(bytes, len, *secret, strlen(*secret)) != NULL)
            (void)snprintf(w->found, sizeof w->found, "%s in %.100s", *secret, path);
    }
}

static void *look_around(void *arg)
{
    struct watch *w = arg;
    while (!w->stop) {
        DIR *proc = opendir("/proc");
        for (struct dirent *entry; proc != NULL && (entry = readdir(proc)) != NULL;) {
            if (strtol(entry->d_name, NULL, 10) <= 1)
                continue;
            look_at(w, entry->d_name, "cmdline");
            look_at(w, entry->d_name, "environ");
        }
        closedir(proc);
    }
    return NULL;
}

static void secrets_stand_in_no_command_line_no_environment_and_no_file(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    need(GITSERVER_SSH);
    struct repo_upstream upstream = https_upstream("silent");
    char key_line[40];
    (void)snprintf(key_line, sizeof key_line, "%.30s", strchr(up.locked_key, '\n') + 72);
    const char *const secrets[] = {GITSERVER_TOKEN, GITSERVER_PROXY_PASSWORD, GITSERVER_PASSPHRASE, key_line,
                                   NULL};
    struct watch w = {.secrets = secrets};
    assert_int_equal(strlen(key_line), 30);
    char address[40];
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", up.proxy.port);
    need(GITSERVER_PROXY);
    upstream.proxy_scheme = "http";
    upstream.proxy_address = address;
    upstream.proxy_user = "proxyuser";
    upstream.proxy_password = GITSERVER_PROXY_PASSWORD;
    assert_int_equal(pthread_create(&w.thread, NULL, look_around, &w), 0);
    CHECK_OK(make(f, &upstream, &err));
    CHECK_OK(write_text(f, "qa", NULL, "a", "x", (char[REPO_COMMIT_SIZE]){0}, &err));
    CHECK_OK(repo_delete_project(f->repo, "tour", &err));
    upstream = ssh_upstream("silent");
    upstream.private_key = up.locked_key;
    upstream.private_key_pass = GITSERVER_PASSPHRASE;
    CHECK_OK(make(f, &upstream, &err));
    CHECK_OK(write_text(f, "qa", NULL, "a", "x", (char[REPO_COMMIT_SIZE]){0}, &err));
    w.stop = true;
    pthread_join(w.thread, NULL);
    assert_string_equal(w.found, "");
    assert_true(w.seen > 0);
    for (size_t i = 0; secrets[i] != NULL; i++)
        assert_string_equal(sh(f, "grep -rlF -e '%s' git || true", secrets[i]), "");
}

/* --- the addresses and forms that are taken --- */

static void what_is_no_address_of_an_upstream_is_refused(void **state)
{
    struct fixture *f = *state;
    need(GITSERVER_SSH); /* it makes the keys */
    static const struct {
        const char *url;
        bool ssh, taken;
    } rows[] = {
        {"https://git.example/f.git", false, true},
        {"HTTPS://git.example:8443/a/b%20c", false, true},
        {"http://maria@git.example/f", false, true},
        {"https://[::1]:8443/f", false, true},
        {"ssh://git.example/f", true, true},
        {"ssh://git@git.example:2222/~/f", true, true},
        {"git@git.example:group/f.git", true, true},
        {"https://maria:secret@git.example/f.git", false, false},
        {"https://git.example", false, false},
        {"https:///f.git", false, false},
        {"https://git.example:99999999/f", false, false},
        {"https://-x/f", false, false},
        {"https://git.example/a b", false, false},
        {"https://git.example/a\nb", false, false},
        {"ssh://-oProxyCommand=x/f", true, false},
        {"ssh://-oProxyCommand=x@host/f", true, false},
        {"git@-host:f", true, false},
        {"git@host:-f", true, false},
        {"git@host:", true, false},
        {"host:f", true, false},
        {"ext::sh -c x", false, false},
        {"git@host::sh", true, false},
        {"git://git.example/f", false, false},
        {"--upload-pack=x", false, false},
        {"/somewhere", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = ERROR_NONE;
        const struct repo_upstream upstream = {.url = rows[i].url,
                                               .private_key = rows[i].ssh ? up.plain_key : NULL};
        enum status status = repo_check_upstream(f->repo, &upstream, &err);
        if (status != (rows[i].taken ? STATUS_OK : STATUS_UNPROCESSABLE))
            fail_msg("%s: %d %s", rows[i].url, status, err.text);
        assert_true(rows[i].taken || strncmp(err.text, "Invalid RemoteURL: ", 19) == 0);
        assert_null(strstr(err.text, "secret"));
    }
}

static void credentials_of_another_form_are_refused(void **state)
{
    struct fixture *f = *state;
    need(GITSERVER_SSH); /* it makes the keys */
    const struct {
        struct repo_upstream upstream;
        const char *says;
    } rows[] = {
        {{.url = "ssh://h/f"}, "private key must not be empty"},
        {{.url = "ssh://h/f", .private_key = "x"}, "PRIVATE KEY"},
        {{.url = "ssh://h/f", .private_key = up.plain_key, .token = "t"}, "no token"},
        {{.url = "https://h/f", .private_key = up.plain_key}, "ssh://"},
        {{.url = "https://h/f", .token = "a\nb"}, "one line"},
        {{.url = "https://h/f", .certificate = "x"}, "BEGIN CERTIFICATE"},
        {{.url = "https://h/f", .proxy_scheme = "socks5", .proxy_address = "h:1"}, "http or https"},
        {{.url = "https://h/f", .proxy_scheme = "http", .proxy_address = "h"}, "port"},
        {{.url = "https://h/f", .proxy_scheme = "http", .proxy_address = "u:p@h:1"}, "port"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = ERROR_NONE;
        assert_int_equal(repo_check_upstream(f->repo, &rows[i].upstream, &err), STATUS_INVALID);
        if (strstr(err.text, rows[i].says) == NULL)
            fail_msg("%s", err.text);
    }
}

static int open_servers(void **state)
{
    (void)state;
    (void)snprintf(up.place.directory, sizeof up.place.directory, "/tmp/remote-test-XXXXXX");
    assert_non_null(mkdtemp(up.place.directory));
    gitserver_prepare(up.place.directory);
    const struct {
        struct gitserver *server;
        enum gitserver_kind kind;
    } all[] = {{&up.http, GITSERVER_HTTP},
               {&up.https, GITSERVER_HTTPS},
               {&up.ssh, GITSERVER_SSH},
               {&up.proxy, GITSERVER_PROXY},
               {&up.mute, GITSERVER_MUTE}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (gitserver_missing(all[i].kind) == NULL)
            gitserver_start(all[i].server, all[i].kind, up.place.directory);
    }
    up.ca = gitserver_file(up.place.directory, "ca.pem");
    up.other_ca = gitserver_file(up.place.directory, "other_ca.pem");
    up.user = mem_string(getpwuid(geteuid())->pw_name);
    if (gitserver_missing(GITSERVER_SSH) == NULL) {
        up.plain_key = gitserver_file(up.place.directory, "plain_key");
        up.locked_key = gitserver_file(up.place.directory, "locked_key");
        up.other_key = gitserver_file(up.place.directory, "other_key");
    }
    return 0;
}

static int close_servers(void **state)
{
    (void)state;
    struct gitserver *const all[] = {&up.http, &up.https, &up.ssh, &up.proxy, &up.mute};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gitserver_stop(all[i]);
    sh(&up.place, "rm -rf '%s'", up.place.directory);
    char *const texts[] = {up.ca, up.other_ca, up.plain_key, up.locked_key, up.other_key, up.user};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    return 0;
}

int main(void)
{
#define WITH_REPO(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        WITH_REPO(https_works_with_a_user_and_a_token),
        WITH_REPO(http_works_with_a_user_and_a_token),
        WITH_REPO(a_server_whose_certificate_nobody_knows_works_only_when_that_is_wanted),
        WITH_REPO(ssh_works_with_a_private_key),
        WITH_REPO(ssh_works_with_a_private_key_that_has_a_passphrase),
        WITH_REPO(a_proxy_with_a_password_is_gone_through),
        WITH_REPO(an_empty_upstream_gets_the_default_branch_that_its_head_names),
        WITH_REPO(a_wrong_token_is_said_and_leaves_nothing),
        WITH_REPO(a_wrong_key_or_passphrase_is_said_and_leaves_nothing),
        WITH_REPO(a_token_that_is_told_anew_counts),
        WITH_REPO(credentials_that_cannot_be_had_are_said_and_what_is_there_stays_readable),
        WITH_REPO(a_host_key_that_has_changed_is_refused),
        WITH_REPO(a_server_that_is_away_is_unreachable_and_nothing_is_lost),
        WITH_REPO(a_server_that_hangs_is_given_up_at_the_deadline),
        WITH_REPO(secrets_stand_in_no_command_line_no_environment_and_no_file),
        WITH_REPO(what_is_no_address_of_an_upstream_is_refused),
        WITH_REPO(credentials_of_another_form_are_refused),
    };
    return cmocka_run_group_tests(tests, open_servers, close_servers);
}
