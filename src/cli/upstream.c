/* upstream.c: --git-… of create project and update project, in Keptn's words. What is secret is better in the
 * environment: arguments can be read by everybody on the machine. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cli/internal.h"

#define FILE_MAX (64 * 1024) /* bytes of a key or a certificate */

/* The option, or else the variable; NULL: neither. */
static const char *secret(const struct cli_args *args, const char *option, const char *variable)
{
    const char *value = cli_value(args, option);
    return value != NULL ? value : getenv(variable);
}

/* NULL adds nothing. */
static void add(cJSON *object, const char *key, const char *value)
{
    if (value != NULL)
        cJSON_AddStringToObject(object, key, value);
}

static enum status add_file(const struct cli_args *args, const char *option, cJSON *object, const char *key,
                            struct error *err)
{
    const char *path = cli_value(args, option);
    char *text = NULL;
    size_t len = 0;
    if (path == NULL)
        return STATUS_OK;
    enum status status = cli_read_file(path, FILE_MAX, &text, &len, err);
    if (status != STATUS_OK) {
        error_prefix(err, "--%s", option);
        return status;
    }
    char *encoded = cli_base64(text, len);
    cJSON_AddStringToObject(object, key, encoded);
    free(encoded);
    free(text);
    return STATUS_OK;
}

static enum status add_ssh(const struct cli_args *args, cJSON *git, struct error *err)
{
    cJSON *ssh = cJSON_AddObjectToObject(git, "ssh");
    add(ssh, "privateKeyPass", secret(args, "git-private-key-pass", "DRAWBRIDGE_GIT_PRIVATE_KEY_PASS"));
    return add_file(args, "git-private-key", ssh, "privateKey", err);
}

static enum status add_https(const struct cli_args *args, cJSON *git, struct error *err)
{
    const char *token = secret(args, "git-token", "DRAWBRIDGE_GIT_TOKEN"),
               *address = cli_value(args, "git-proxy-url"), *scheme = cli_value(args, "git-proxy-scheme");
    cJSON *https = cJSON_AddObjectToObject(git, "https");
    cJSON_AddStringToObject(https, "token", token != NULL ? token : "");
    cJSON_AddBoolToObject(https, "insecureSkipTLS", cli_has(args, "insecure-skip-tls"));
    if (address != NULL) {
        cJSON *proxy = cJSON_AddObjectToObject(https, "proxy");
        cJSON_AddStringToObject(proxy, "url", address);
        cJSON_AddStringToObject(proxy, "scheme", scheme != NULL ? scheme : "http");
        add(proxy, "user", cli_value(args, "git-proxy-user"));
        add(proxy, "password", secret(args, "git-proxy-password", "DRAWBRIDGE_GIT_PROXY_PASSWORD"));
    }
    return add_file(args, "git-pem-certificate", https, "certificate", err);
}

enum status cli_add_upstream(const struct cli_args *args, cJSON *body, struct error *err)
{
    static const char *const need_url[] = {"git-user",
                                           "git-token",
                                           "git-private-key",
                                           "git-private-key-pass",
                                           "git-proxy-url",
                                           "git-proxy-scheme",
                                           "git-proxy-user",
                                           "git-proxy-password",
                                           "git-pem-certificate",
                                           "insecure-skip-tls"};
    const char *url = cli_value(args, "git-remote-url");
    if (url == NULL) {
        for (size_t i = 0; i < sizeof need_url / sizeof *need_url; i++)
            if (cli_has(args, need_url[i]))
                return error_set(err, STATUS_USAGE, "--%s needs --git-remote-url", need_url[i]);
        return STATUS_OK;
    }
    if (cli_has(args, "git-private-key") && cli_has(args, "git-token"))
        return error_set(err, STATUS_USAGE,
                         "--git-token is for https:// and --git-private-key for ssh:// upstreams: give one");
    cJSON *git = cJSON_AddObjectToObject(body, "gitCredentials");
    cJSON_AddStringToObject(git, "remoteURL", url);
    add(git, "user", cli_value(args, "git-user"));
    return cli_has(args, "git-private-key") ? add_ssh(args, git, err) : add_https(args, git, err);
}
