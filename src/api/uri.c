/* api/uri.c: paths and queries as they came on the wire. Escaped slashes mean something to Keptn's clients
 * (keptn-api.md, section 1), so a path is split into segments first and its escapes are resolved afterwards.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "api/internal.h"
#include "base/mem.h"
#include "base/utf8.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

const char *api_uri_decode(struct arena *arena, const char *raw, size_t len, bool plus_is_blank)
{
    char *out = arena_alloc(arena, len + 1);
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        char c = raw[i];
        if (c == '%') {
            int high = len - i > 2 ? hex_digit(raw[i + 1]) : -1;
            int low = high < 0 ? -1 : hex_digit(raw[i + 2]);
            if (low < 0)
                return NULL;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if ((unsigned char)c < 0x20 || c == 0x7f)
            return NULL;
        out[used++] = c;
    }
    out[used] = '\0';
    return utf8_is_valid(out, used) ? out : NULL;
}

/* The path without what an absolute URI has in front (RFC 9112, section 3.2.2). */
static const char *skip_authority(const char *raw)
{
    size_t scheme = strncasecmp(raw, "http://", 7) == 0 ? 7 : strncasecmp(raw, "https://", 8) == 0 ? 8 : 0;
    if (scheme == 0)
        return raw;
    const char *slash = strchr(raw + scheme, '/');
    return slash != NULL ? slash : "/";
}

static const char *merge_slashes(struct arena *arena, const char *raw, size_t len)
{
    char *out = arena_alloc(arena, len + 1);
    size_t used = 0;
    for (size_t i = 0; i < len; i++)
        if (raw[i] != '/' || used == 0 || out[used - 1] != '/')
            out[used++] = raw[i];
    out[used] = '\0';
    return out;
}

static bool read_query(struct api_request *rq, const char *raw)
{
    size_t capacity = 1;
    for (const char *p = raw; *p != '\0'; p++)
        capacity += *p == '&';
    rq->query = arena_alloc(&rq->arena, capacity * sizeof *rq->query);
    while (*raw != '\0') {
        size_t len = strcspn(raw, "&");
        const char *equals = memchr(raw, '=', len);
        size_t key_len = equals != NULL ? (size_t)(equals - raw) : len;
        const char *value = equals != NULL ? equals + 1 : raw + len;
        struct api_pair *pair = &rq->query[rq->query_count];
        pair->key = api_uri_decode(&rq->arena, raw, key_len, true);
        pair->value = api_uri_decode(&rq->arena, value, (size_t)(raw + len - value), true);
        if (pair->key == NULL || pair->value == NULL)
            return false;
        rq->query_count++;
        raw += len;
        if (*raw == '&')
            raw++;
    }
    return true;
}

bool api_uri_read(struct api_request *rq, const char *raw_uri)
{
    const char *path = skip_authority(raw_uri);
    size_t len = strcspn(path, "?");
    rq->raw_path = merge_slashes(&rq->arena, path, len);
    return read_query(rq, path[len] == '?' ? path + len + 1 : "");
}

const char *api_query(const struct api_request *rq, const char *key)
{
    for (size_t i = 0; i < rq->query_count; i++)
        if (strcmp(rq->query[i].key, key) == 0 && rq->query[i].value[0] != '\0')
            return rq->query[i].value;
    return NULL;
}
