/* What opens an upstream: in memory, and of which form it must be. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "repo/internal.h"

static char *copy(const char *text)
{
    return text != NULL && text[0] != '\0' ? mem_string(text) : NULL;
}

/* ssh(1) reads no key without a newline at its end, or with those of Windows. */
static char *copy_key(const char *text)
{
    if (text == NULL || text[0] == '\0')
        return NULL;
    char *key = mem_alloc(strlen(text) + 2), *to = key;
    for (; *text != '\0'; text++) {
        if (*text != '\r')
            *to++ = *text;
    }
    if (to == key || to[-1] != '\n')
        *to = '\n';
    return key;
}

struct upstream *upstream_new(const struct repo_upstream *given)
{
    struct upstream *u = MEM_NEW(struct upstream);
    if (given == NULL) {
        u->url = mem_string("");
        return u;
    }
    *u = (struct upstream){.url = mem_string(given->url != NULL ? given->url : ""),
                           .user = copy(given->user),
                           .token = copy(given->token),
                           .certificate = copy(given->certificate),
                           .proxy_scheme = copy(given->proxy_scheme),
                           .proxy_address = copy(given->proxy_address),
                           .proxy_user = copy(given->proxy_user),
                           .proxy_password = copy(given->proxy_password),
                           .private_key = copy_key(given->private_key),
                           .private_key_pass = copy(given->private_key_pass),
                           .locked = copy(given->locked),
                           .insecure_skip_tls = given->insecure_skip_tls};
    return u;
}

static void wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

void upstream_free(struct upstream *u)
{
    if (u == NULL)
        return;
    wipe(u->token);
    wipe(u->proxy_password);
    wipe(u->private_key);
    wipe(u->private_key_pass);
    free(u->url);
    free(u->user);
    free(u->certificate);
    free(u->proxy_scheme);
    free(u->proxy_address);
    free(u->proxy_user);
    free(u->locked);
    free(u);
}

/* --- the form --- */

/* They go into lines of git(1)'s protocols; the URL of a proxy is given by its parts. */
static bool is_one_line(const char *text)
{
    for (const char *at = text != NULL ? text : ""; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    }
    return true;
}

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static enum status check_proxy(const struct repo_upstream *u, struct error *err)
{
    if (!given(u->proxy_address))
        return given(u->proxy_user) || given(u->proxy_password)
                   ? error_set(err, STATUS_INVALID,
                               "proxy URL must contain IP address and port (<ip-address>:<port>)")
                   : STATUS_OK;
    if (!given(u->proxy_scheme) ||
        (strcmp(u->proxy_scheme, "http") != 0 && strcmp(u->proxy_scheme, "https") != 0))
        return error_set(err, STATUS_INVALID, "proxy scheme must be http or https");
    if (!upstream_is_host(u->proxy_address) || strrchr(u->proxy_address, ':') == NULL ||
        u->proxy_address[strlen(u->proxy_address) - 1] == ']')
        return error_set(err, STATUS_INVALID,
                         "proxy URL must contain IP address and port (<ip-address>:<port>)");
    return STATUS_OK;
}

enum status upstream_check_credentials(const struct repo_upstream *u, struct error *err)
{
    enum upstream_kind kind = upstream_kind(u->url);
    const struct {
        const char *name, *text;
    } lines[] = {{"user", u->user},
                 {"token", u->token},
                 {"user of the proxy", u->proxy_user},
                 {"password of the proxy", u->proxy_password},
                 {"passphrase of the private key", u->private_key_pass}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (!is_one_line(lines[i].text))
            return error_set(err, STATUS_INVALID, "the %s must be one line", lines[i].name);
    }
    if (kind == UPSTREAM_SSH) {
        if (given(u->token) || given(u->certificate) || given(u->proxy_address))
            return error_set(err, STATUS_INVALID,
                             "ssh:// takes a private key, no token, certificate or proxy");
        if (!given(u->private_key) && !given(u->locked))
            return error_set(err, STATUS_INVALID, "private key must not be empty");
        if (given(u->private_key) && strstr(u->private_key, "PRIVATE KEY-----") == NULL)
            return error_set(err, STATUS_INVALID,
                             "the private key is not one: it has no line -----BEGIN … PRIVATE KEY-----");
        return STATUS_OK;
    }
    if (given(u->private_key) || given(u->private_key_pass))
        return error_set(err, STATUS_INVALID, "a private key is for ssh:// upstreams");
    if (given(u->certificate) && strstr(u->certificate, "-----BEGIN CERTIFICATE-----") == NULL)
        return error_set(err, STATUS_INVALID,
                         "the certificate is not one: it has no line -----BEGIN CERTIFICATE-----");
    return check_proxy(u, err);
}
