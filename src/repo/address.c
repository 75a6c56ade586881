/* The addresses of upstreams: which there are, and where they lead. What is not known to be harmless is
 * refused before git(1) or ssh(1) sees it: both take commands from addresses that look odd enough. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "repo/internal.h"

#define URL_MAX 2048

static const struct {
    const char *scheme;
    enum upstream_kind kind;
} schemes[] = {{"https://", UPSTREAM_HTTPS},
               {"http://", UPSTREAM_HTTP},
               {"ssh://", UPSTREAM_SSH},
               {"file://", UPSTREAM_FILE}};

/* Behind "://", and where the path begins. */
static const char *authority(const char *url, size_t *len)
{
    const char *from = strstr(url, "://");
    from = from != NULL ? from + 3 : url;
    *len = strcspn(from, "/");
    return from;
}

/* The last '@' of the authority; NULL: nobody is named. */
static const char *user_end(const char *from, size_t len)
{
    for (size_t i = len; i > 0; i--) {
        if (from[i - 1] == '@')
            return from + i - 1;
    }
    return NULL;
}

char *upstream_shown(const char *url)
{
    size_t len = 0;
    const char *from = authority(url, &len), *at = user_end(from, len);
    if (at == NULL || memchr(from, ':', (size_t)(at - from)) == NULL)
        return mem_string_n(url, strnlen(url, URL_MAX));
    return mem_printf("%.*s***%.*s", (int)(from - url), url, URL_MAX, at);
}

static enum status refuse_url(struct error *err, const char *url, const char *why)
{
    char *shown = upstream_shown(url);
    enum status status = error_set(err, STATUS_UNPROCESSABLE, "Invalid RemoteURL: %.600s: %s", shown, why);
    free(shown);
    return status;
}

/* --- file:// --- */

/* The path of a file:// URL, percent signs decoded. NULL: not such a URL. */
static char *url_path(const char *url)
{
    if (strncasecmp(url, "file:///", 8) != 0)
        return NULL;
    const char *at = url + 7;
    char *path = mem_alloc(strlen(at) + 1), *to = path;
    for (; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '%') {
            const char hex[3] = {at[1], at[1] != '\0' ? at[2] : '\0', '\0'};
            char *end = NULL;
            byte = (unsigned char)strtoul(hex, &end, 16);
            if (!isxdigit((unsigned char)hex[0]) || end != hex + 2)
                byte = 0;
            at += 2;
        }
        if (byte < 0x20 || byte == 0x7f) {
            free(path);
            return NULL;
        }
        *to++ = (char)byte;
    }
    return path;
}

static bool is_below(const char *path, const char *root)
{
    size_t len = strlen(root);
    while (len > 0 && root[len - 1] == '/')
        len--;
    return strncmp(path, root, len) == 0 && path[len] == '/' && path[len + strspn(path + len, "/")] != '\0';
}

/* "..", which would lead out of the root before anything is resolved. */
static bool climbs(const char *path)
{
    for (const char *at = strstr(path, "/.."); at != NULL; at = strstr(at + 1, "/..")) {
        if (at[3] == '/' || at[3] == '\0')
            return true;
    }
    return false;
}

enum status upstream_resolve(const struct repo *r, const char *url, char **out, struct error *err)
{
    enum status status = STATUS_OK;
    struct stat info;
    char *path = url_path(url), *real = NULL;
    *out = NULL;
    if (path == NULL) {
        status = refuse_url(err, url, "file:// takes an absolute path");
    } else if (r->upstream_root == NULL) {
        status =
            refuse_url(err, url, "file:// upstreams are off; start drawbridged with --upstream-root DIR");
    } else if (climbs(path) || (!is_below(path, r->upstream_root) && !is_below(path, r->given_root))) {
        /* Said before the disk is asked: what lies outside is not told. */
        status = refuse_url(err, url, "it is not below the upstream root");
    } else {
        real = realpath(path, NULL);
        if (real == NULL)
            status = error_set(err, STATUS_NOT_FOUND, "upstream repository not found: %s: %s", url,
                               strerror(errno));
        else if (!is_below(real, r->upstream_root))
            status = refuse_url(err, url, "it is not below the upstream root");
        else if (stat(real, &info) != 0 || !S_ISDIR(info.st_mode))
            status =
                error_set(err, STATUS_NOT_FOUND, "upstream repository not found: %s is no directory", url);
    }
    free(path);
    if (status == STATUS_OK)
        *out = real;
    else
        free(real);
    return status;
}

/* --- the others --- */

/* user@host:path, as scp(1) writes it; a user must be named, so that no "ext::…" or "c:…" is one. */
static bool is_scp_form(const char *url)
{
    size_t user = strcspn(url, "@:/"), host;
    if (url[user] != '@')
        return false;
    host = strcspn(url + user + 1, ":/");
    return url[user + 1 + host] == ':' && strstr(url, "://") == NULL;
}

enum upstream_kind upstream_kind(const char *url)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strncasecmp(url, schemes[i].scheme, strlen(schemes[i].scheme)) == 0)
            return schemes[i].kind;
    }
    return is_scp_form(url) ? UPSTREAM_SSH : UPSTREAM_NONE;
}

bool upstream_names_user(const char *url)
{
    size_t len = 0;
    const char *from = authority(url, &len);
    return user_end(from, len) != NULL;
}

char *upstream_origin(const char *url)
{
    size_t len = 0;
    const char *from = authority(url, &len), *at = user_end(from, len);
    const char *host = at != NULL ? at + 1 : from;
    return mem_printf("%.*s%.*s", (int)(from - url), url, (int)(from + len - host), host);
}

static bool is_word(const char *text, size_t len, const char *more)
{
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && strchr(more, text[i]) == NULL)
            return false;
    }
    return len > 0 && text[0] != '-';
}

/* A name or address, and perhaps a port. */
static bool is_host(const char *text, size_t len)
{
    size_t name = len;
    if (text[0] == '[') {
        const char *end = memchr(text, ']', len);
        if (end == NULL || !is_word(text + 1, (size_t)(end - text) - 1, ":."))
            return false;
        name = (size_t)(end - text) + 1;
    } else {
        const char *colon = memchr(text, ':', len);
        name = colon != NULL ? (size_t)(colon - text) : len;
        if (!is_word(text, name, ".-_"))
            return false;
    }
    if (name == len)
        return true;
    size_t port = strspn(text + name + 1, "0123456789");
    return text[name] == ':' && port > 0 && port <= 5 && name + 1 + port == len;
}

bool upstream_is_host(const char *text)
{
    return strlen(text) < URL_MAX && is_host(text, strlen(text));
}

static const char *fault_of(const char *url)
{
    size_t len = 0;
    const char *from = authority(url, &len);
    bool scp = strstr(url, "://") == NULL;
    if (scp)
        len = user_end(from, len) != NULL ? strcspn(from, ":") : len;
    const char *at = user_end(from, len), *host = at != NULL ? at + 1 : from, *path = from + len;
    if (at != NULL && memchr(from, ':', (size_t)(at - from)) != NULL)
        return "a password does not belong into it: give it as gitCredentials.https.token";
    if (at != NULL && !is_word(from, (size_t)(at - from), "._-+%"))
        return "its user is not a plain name";
    if (!is_host(host, (size_t)(from + len - host)))
        return "its host is not a plain name or address with a port";
    if (scp)
        path++;
    if (path[0] == '\0' || strcmp(path, "/") == 0)
        return "it names no repository";
    if (path[0] == '-' || path[0] == ':')
        return "its path begins with a sign that is none of a path";
    return NULL;
}

static enum status check_url(const struct repo *r, const char *url, struct error *err)
{
    if (strlen(url) > URL_MAX)
        return refuse_url(err, url, "it is too long");
    for (const char *at = url; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return refuse_url(err, "", "there is a control character in it");
    }
    enum upstream_kind kind = upstream_kind(url);
    if (kind == UPSTREAM_NONE)
        return refuse_url(err, url, "RemoteURL scheme must be http, https, ssh or file");
    if (kind == UPSTREAM_FILE) {
        char *path = NULL;
        enum status status = upstream_resolve(r, url, &path, err);
        free(path);
        return status;
    }
    if (strpbrk(url, " \\\"") != NULL)
        return refuse_url(err, url,
                          "a blank, backslash or quotation mark in it is to be written as %20, %5C, %22");
    const char *fault = fault_of(url);
    return fault != NULL ? refuse_url(err, url, fault) : STATUS_OK;
}

enum status repo_check_upstream(const struct repo *r, const struct repo_upstream *upstream, struct error *err)
{
    if (upstream == NULL || upstream->url == NULL || upstream->url[0] == '\0')
        return STATUS_OK;
    enum status status = check_url(r, upstream->url, err);
    return status == STATUS_OK ? upstream_check_credentials(upstream, err) : status;
}
