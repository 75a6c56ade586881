/* proxy.c: the proxy that the environment names for a host, by libcurl's rules: http_proxy in lower case
 * only, https_proxy and all_proxy in both, and no_proxy, a list of names and their subdomains. */
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

char *proxy_for(bool tls, const char *host)
{
    const char *proxy = tls ? first_set("https_proxy", "HTTPS_PROXY") : first_set("http_proxy", NULL);
    const char *exceptions = first_set("no_proxy", "NO_PROXY");
    if (proxy == NULL)
        proxy = first_set("all_proxy", "ALL_PROXY");
    if (proxy == NULL || (exceptions != NULL && is_excepted(host, exceptions)))
        return NULL;
    if (strncmp(proxy, "http://", 7) == 0)
        proxy += 7;
    size_t len = strcspn(proxy, "/");
    return len > 0 && strstr(proxy, "://") == NULL ? mem_string_n(proxy, len)
                                                   : NULL; /* socks and https proxies are not spoken */
}
