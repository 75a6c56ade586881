/* git(1) as a child process with a deadline: what hangs is ended, and what it may do is limited by its
 * settings. Secrets reach it, and ssh(1) below it, as files that exist only in our memory: neither its
 * arguments nor its environment nor the disk hold them. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/process.h"
#include "repo/internal.h"

#define OUTPUT_MAX  ((size_t)1024 * 1024)
#define SECRETS_MAX 3
/* A server that accepts and then says nothing is given up before the deadline, s. */
#define SILENCE_S "20"

/* Nothing of the machine's or the user's settings, no agent, nothing forwarded, nothing run. The first key of
 * a host is kept beside the repository, where ssh is run; another one later is refused. */
static const char ssh_command[] =
    "ssh -F none -o BatchMode=%s -o IdentitiesOnly=yes -o IdentityAgent=none -o IdentityFile=%s"
    " -o UserKnownHostsFile=known_hosts -o GlobalKnownHostsFile=none -o StrictHostKeyChecking=accept-new"
    " -o UpdateHostKeys=no -o HashKnownHosts=no -o CheckHostIP=no -o PreferredAuthentications=publickey"
    " -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no -o NumberOfPasswordPrompts=1"
    " -o ConnectTimeout=" SILENCE_S " -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
    " -o ForwardAgent=no -o ClearAllForwardings=yes -o PermitLocalCommand=no -o ControlMaster=no"
    " -o ControlPath=none -o LogLevel=ERROR%s";

/* What one run of git gets beside its arguments. */
struct surroundings {
    char **variables; /* NULL-terminated; those from `own` on are ours, the others the repo's */
    size_t count, capacity, own;
    size_t settings;          /* GIT_CONFIG_KEY_n so far */
    int secrets[SECRETS_MAX]; /* files in memory */
    size_t secret_count;
    char *key; /* the private key's path; NULL: none */
};

static void add_variable(struct surroundings *s, char *variable)
{
    MEM_GROW(s->variables, s->count, s->capacity);
    s->variables[s->count++] = variable;
}

/* Takes both texts. */
static void add_setting(struct surroundings *s, char *key, char *value)
{
    add_variable(s, mem_printf("GIT_CONFIG_KEY_%zu=%s", s->settings, key));
    add_variable(s, mem_printf("GIT_CONFIG_VALUE_%zu=%s", s->settings, value));
    s->settings++;
    free(key);
    free(value);
}

/* A file that has no name, for children of the same user under the path that is returned; NULL: no memory.
 * The caller's. */
static char *add_secret(struct surroundings *s, const char *text)
{
    size_t len = strlen(text);
    int fd = memfd_create("drawbridge", MFD_CLOEXEC);
    /* ssh takes no private key that others can read. */
    if (fd < 0 || fchmod(fd, 0600) != 0 || write(fd, text, len) != (ssize_t)len) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    s->secrets[s->secret_count++] = fd;
    return mem_printf("/proc/%ld/fd/%d", (long)getpid(), fd);
}

/* Answers git's question for a user and password at one origin, and at no other where it may be led. */
static bool add_login(struct surroundings *s, const char *origin, const char *user, const char *password)
{
    char *text = mem_printf("username=%s\npassword=%s\n", user != NULL ? user : "git",
                            password != NULL ? password : "");
    char *path = add_secret(s, text);
    explicit_bzero(text, strlen(text));
    free(text);
    if (path == NULL)
        return false;
    add_setting(s, mem_printf("credential.%s.helper", origin),
                mem_printf("!f() { test \"$1\" = get && cat %s; }; f", path));
    free(path);
    return true;
}

/* What has a meaning of its own in a URL is written as %XX. */
static char *url_encode(const char *text)
{
    char *out = mem_alloc(3 * strlen(text) + 1), *to = out;
    for (; *text != '\0'; text++) {
        if (isalnum((unsigned char)*text) || strchr("-._~", *text) != NULL)
            *to++ = *text;
        else
            to += snprintf(to, 4, "%%%02X", (unsigned char)*text);
    }
    return out;
}

static bool add_proxy(struct surroundings *s, const struct upstream *u)
{
    char *origin = mem_printf("%s://%s", u->proxy_scheme, u->proxy_address), *user = NULL;
    bool made = true;
    if (u->proxy_user != NULL) {
        user = url_encode(u->proxy_user);
        made = add_login(s, origin, u->proxy_user, u->proxy_password);
        add_setting(s, mem_string("http.proxy"),
                    mem_printf("%s://%s@%s", u->proxy_scheme, user, u->proxy_address));
    } else {
        add_setting(s, mem_string("http.proxy"), mem_string(origin));
    }
    free(user);
    free(origin);
    return made;
}

static bool surround_http(struct surroundings *s, const struct upstream *u)
{
    bool made = true;
    add_setting(s, mem_string("http.lowSpeedLimit"), mem_string("1"));
    add_setting(s, mem_string("http.lowSpeedTime"), mem_string(SILENCE_S));
    if (u->insecure_skip_tls)
        add_setting(s, mem_string("http.sslVerify"), mem_string("false"));
    if (u->certificate != NULL) {
        char *path = add_secret(s, u->certificate);
        made = path != NULL;
        add_setting(s, mem_string("http.sslCAInfo"), made ? path : mem_string(""));
    }
    if (u->proxy_address != NULL)
        made = add_proxy(s, u) && made;
    if (u->user != NULL || u->token != NULL) {
        char *origin = upstream_origin(u->url);
        made = add_login(s, origin, u->user, u->token) && made;
        free(origin);
    }
    return made;
}

static bool surround_ssh(struct surroundings *s, const struct upstream *u)
{
    char *key = u->private_key != NULL ? add_secret(s, u->private_key) : mem_string("none"), *pass = NULL;
    /* Keptn logs in as git where the address names nobody. */
    const char *user = upstream_names_user(u->url) ? "" : " -o User=git";
    if (key == NULL)
        return false;
    bool asks = u->private_key_pass != NULL;
    if (asks) {
        pass = add_secret(s, u->private_key_pass);
        add_variable(s, mem_printf("DRAWBRIDGE_ASKPASS=%s", pass != NULL ? pass : ""));
        add_variable(s, mem_string("SSH_ASKPASS_REQUIRE=force"));
    }
    char *command = mem_printf(ssh_command, asks ? "no" : "yes", key, user);
    add_variable(s, mem_printf("GIT_SSH_COMMAND=%s", command));
    add_variable(s, mem_string("GIT_SSH_VARIANT=ssh"));
    free(command);
    s->key = key;
    bool made = !asks || pass != NULL;
    free(pass);
    return made;
}

static enum status surround(const struct project *p, struct surroundings *s, struct error *err)
{
    const struct upstream *u = p->upstream;
    enum upstream_kind kind = upstream_kind(u->url);
    bool made = true;
    for (char **variable = p->repo->environment; *variable != NULL; variable++)
        add_variable(s, *variable);
    s->own = s->count;
    if (kind == UPSTREAM_SSH)
        made = surround_ssh(s, u);
    else if (kind != UPSTREAM_FILE)
        made = surround_http(s, u);
    /* An http:// server may lead to https://, never the other way. */
    add_variable(s, mem_printf("GIT_ALLOW_PROTOCOL=%s", kind == UPSTREAM_FILE    ? "file"
                                                        : kind == UPSTREAM_SSH   ? "ssh"
                                                        : kind == UPSTREAM_HTTPS ? "https"
                                                                                 : "http:https"));
    add_variable(s, mem_printf("GIT_CONFIG_COUNT=%zu", s->settings));
    add_variable(s, NULL);
    return made ? STATUS_OK
                : error_set(err, STATUS_FAILED, "cannot hand credentials to git: %s", strerror(errno));
}

static void leave(struct surroundings *s)
{
    for (size_t i = s->own; i < s->count; i++)
        free(s->variables[i]);
    free(s->variables);
    free(s->key);
    for (size_t i = 0; i < s->secret_count; i++)
        close(s->secrets[i]);
}

/* --- what it says when it fails --- */

/* A server that repeats what it was sent tells nobody. */
static void blot_out(char *text, const char *secret)
{
    size_t len = secret != NULL ? strlen(secret) : 0;
    for (char *at = len > 0 ? strstr(text, secret) : NULL; at != NULL; at = strstr(at, secret))
        memset(at, '*', len);
}

/* Cuts out each place between `from` and the first of `ends`: what helps nobody. */
static void cut_out(char *text, const char *from, const char *ends)
{
    for (char *at = strstr(text, from); at != NULL; at = strstr(at, from)) {
        char *end = at + strlen(from);
        end += strcspn(end, ends);
        memmove(at, end, strlen(end) + 1);
    }
}

/* In one line: its last ones name the cause. The caller's. */
static char *told(const struct upstream *u, const struct buffer *errors)
{
    char *all = mem_string_n(buffer_text(errors), strlen(buffer_text(errors)));
    const char *const secrets[] = {u->token, u->proxy_password, u->private_key_pass};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        blot_out(all, secrets[i]);
    cut_out(all, "CAfile: /proc/", " \n");
    cut_out(all, "\nPlease make sure you have the correct access rights", ".");
    size_t len = strlen(all);
    while (len > 0 && isspace((unsigned char)all[len - 1]))
        len--;
    size_t from = len > 500 ? len - 500 : 0;
    char *line = mem_string_n(all + from, len - from);
    free(all);
    for (char *at = line; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    }
    return line;
}

/* Signs in what git, curl and ssh say, in the C locale; of those that fit, the first counts. %s: the URL. */
static const struct {
    const char *sign;
    enum status status;
    const char *text;
} causes[] = {
    {"ssh: not found", STATUS_DEPENDENCY, "ssh(1) is not installed, and %s needs it: install openssh-client"},
    {"HOST IDENTIFICATION HAS CHANGED", STATUS_DEPENDENCY,
     "the host key of %s is another one than before: somebody may stand in between, nothing was sent. Where "
     "the server was set up anew, remove its line from the file known_hosts of the project's repository"},
    {"Host key verification failed", STATUS_DEPENDENCY,
     "the host key of %s cannot be verified: look at the file known_hosts of the project's repository"},
    {"Permission denied (", STATUS_DEPENDENCY, "invalid git token: %s does not take the private key"},
    {"tunnel failed, response 40", STATUS_DEPENDENCY,
     "invalid git token: the proxy on the way to %s does not take its user and password"},
    {"HTTP code 407", STATUS_DEPENDENCY,
     "invalid git token: the proxy on the way to %s does not take its user and password"},
    {"returned error: 407", STATUS_DEPENDENCY,
     "invalid git token: the proxy on the way to %s does not take its user and password"},
    {"Authentication failed", STATUS_DEPENDENCY, "invalid git token: %s does not take user and token"},
    {"could not read Username", STATUS_DEPENDENCY, "invalid git token: %s wants a user and a token"},
    {"could not read Password", STATUS_DEPENDENCY, "invalid git token: %s wants a user and a token"},
    {"returned error: 401", STATUS_DEPENDENCY, "invalid git token: %s does not take user and token"},
    {"returned error: 403", STATUS_DEPENDENCY,
     "invalid git token: %s does not allow it to this user and token"},
    {"certificate", STATUS_DEPENDENCY,
     "the TLS certificate of %s is not trusted: give that of its authority as "
     "gitCredentials.https.certificate"},
    {"SSL", STATUS_DEPENDENCY, "no TLS connection with %s"},
    {"returned error: 404", STATUS_NOT_FOUND, "upstream repository not found: %s"},
    {"does not appear to be a git repository", STATUS_NOT_FOUND, "upstream repository not found: %s"},
    {"epository not found", STATUS_NOT_FOUND, "upstream repository not found: %s"},
    {"' not found", STATUS_NOT_FOUND, "upstream repository not found: %s"},
};

/* ssh(1) says only that it was not let in. Whether it could open the key at all is asked of ssh-keygen(1). */
static bool key_is_shut(const struct upstream *u, const struct surroundings *s, struct error *err)
{
    int exit_status = 0;
    struct buffer errors = BUFFER_LIMIT(OUTPUT_MAX);
    struct error ignored = ERROR_NONE; /* then the key is not said to be the cause */
    const char *const argv[] = {"ssh-keygen", "-y", "-f", s->key, NULL};
    union {
        char **in;
        const char *const *out;
    } environment = {.in = s->variables}; /* read only */
    const struct process_request request = {.argv = argv, .env = environment.out, .deadline_ms = 10000};
    bool ran = process_run(&request, NULL, &errors, &exit_status, &ignored) == STATUS_OK && exit_status != 0;
    bool asked = strstr(buffer_text(&errors), "passphrase") != NULL;
    buffer_free(&errors);
    if (ran)
        error_set(err, STATUS_DEPENDENCY, "invalid git token: %s for %s",
                  !asked                        ? "ssh cannot read the private key"
                  : u->private_key_pass != NULL ? "the passphrase does not open the private key"
                                                : "the private key wants a passphrase",
                  u->url);
    return ran;
}

static enum status explain(const struct upstream *u, const char *what, const struct surroundings *s,
                           const struct buffer *errors, struct error *err)
{
    char *line = told(u, errors), *text = mem_string(buffer_text(errors));
    blot_out(text, u->url); /* it may contain any word */
    enum status status = error_set(err, STATUS_UNREACHABLE, "cannot %s %s: %s", what, u->url, line);
    bool elsewhere = upstream_kind(u->url) != UPSTREAM_FILE; /* there, nobody is asked for credentials */
    for (size_t i = 0; elsewhere && i < sizeof causes / sizeof *causes; i++) {
        if (strstr(text, causes[i].sign) == NULL)
            continue;
        const char *place = strstr(causes[i].text, "%s");
        status = error_set(err, causes[i].status, "%.*s%s%s (%s)", (int)(place - causes[i].text),
                           causes[i].text, u->url, place + 2, line);
        break;
    }
    if (status == STATUS_DEPENDENCY && u->private_key != NULL && strstr(text, "Permission denied (") != NULL)
        (void)key_is_shut(u, s, err); /* else the server's refusal stands */
    free(text);
    free(line);
    return status;
}

enum status git_run(const struct project *p, const char *const *argv, struct buffer *output, const char *what,
                    struct error *err)
{
    int exit_status = 0;
    const struct upstream *u = p->upstream;
    struct surroundings s = {0};
    struct buffer errors = BUFFER_LIMIT(OUTPUT_MAX);
    union {
        char **in;
        const char *const *out;
    } environment; /* read only */
    if (u->locked != NULL)
        return error_set(err, STATUS_UNREACHABLE, "cannot %s %s: %s", what, u->url, u->locked);
    enum status status = surround(p, &s, err);
    environment.in = s.variables;
    const struct process_request request = {.argv = argv,
                                            .env = environment.out,
                                            .directory = git_repository_path(p->git),
                                            .deadline_ms = p->repo->deadline_ms,
                                            .stop = &p->repo->interrupted};
    if (status == STATUS_OK) {
        status = process_run(&request, output, &errors, &exit_status, err);
        if (status != STATUS_OK)
            error_prefix(err, "cannot %s %s", what, u->url);
    }
    if (status == STATUS_OK && exit_status != 0)
        status = explain(u, what, &s, &errors, err);
    leave(&s);
    buffer_free(&errors);
    return status;
}
