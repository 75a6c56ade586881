/* proxy.c: the proxy that the settings or the environment name for a host, by libcurl's rules: http_proxy in
 * lower case only, https_proxy and all_proxy in both, and no_proxy, a list of names and their subdomains. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "feed/internal.h"

static const char *first_set(const char *a, const char *b)
{
    const char *value = getenv(a);
    if ((value == NULL || *value == '\0') && b != NULL)
        value = getenv(b);
    return value != NULL && *value != '\0' ? value : NULL;
}

static bool is_excepted(const char *host, const char *list)
{
    size_t host_len = strlen(host);
    for (const char *p = list; *p != '\0';) {
        p += strspn(p, ", ");
        size_t len = strcspn(p, ", ");
        const char *name = p;
        p += len;
        if (len == 1 && *name == '*')
            return true;
        while (len > 0 && *name == '.') {
            name++;
            len--;
        }
        if (len > 0 && len <= host_len && strncasecmp(host + host_len - len, name, len) == 0 &&
            (len == host_len || host[host_len - len - 1] == '.'))
            return true;
    }
    return false;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c | 0x20) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* %XX in the name and password, which is how a URL has characters of its own syntax there. */
static void decode(char *text, const char *end)
{
    char *to = text;
    const char *from = text;
    while (from < end) {
        int high = from + 2 < end && from[0] == '%' ? hex_digit(from[1]) : -1;
        int low = high >= 0 ? hex_digit(from[2]) : -1;
        bool coded = low >= 0 && high + low > 0;
        *to++ = coded ? (char)(high << 4 | low) : *from;
        from += coded ? 3 : 1;
    }
    memmove(to, end, strlen(end) + 1);
}

char *proxy_of_url(const char *url)
{
    if (strncmp(url, "http://", 7) == 0)
        url += 7;
    size_t len = strcspn(url, "/");
    if (len == 0 || strstr(url, "://") != NULL)
        return NULL; /* socks and https proxies are not spoken */
    char *proxy = mem_string_n(url, len), *at = strrchr(proxy, '@');
    if (at != NULL)
        decode(proxy, at);
    return proxy;
}

char *proxy_for(bool tls, const char *host)
{
    const char *proxy = tls ? first_set("https_proxy", "HTTPS_PROXY") : first_set("http_proxy", NULL);
    const char *exceptions = first_set("no_proxy", "NO_PROXY");
    if (proxy == NULL)
        proxy = first_set("all_proxy", "ALL_PROXY");
    if (proxy == NULL || (exceptions != NULL && is_excepted(host, exceptions)))
        return NULL;
    return proxy_of_url(proxy);
}
