/* api/route.c: the table of all paths, and how one is found. Source: keptn-api.md; interfaces.md, "HTTP". */
#include "config.h"

#include <string.h>

#include "api/internal.h"
#include "base/json.h"

#define C  "/api/controlPlane/v1"
#define RS "/api/resource-service/v1"
#define M  "/api/mongodb-datastore"
#define S  "/api/secrets/v1"
#define U  C "/uniform/registration"

#define UNIFORM_MAX (256 * 1024) /* bytes of what an integration tells of itself */

/* What Keptn's gateway keeps from all clients. */
#define BLOCKED(which, below)                                                                                \
    {                                                                                                        \
        .method = which, .pattern = below, .need = API_NEED_READ, .handle = api_any_blocked                  \
    }

/* The calls on the resources of one level. */
#define RESOURCES(level)                                                                                     \
    {.method = "GET", .pattern = RS level, .need = API_NEED_READ, .handle = api_get_resources},              \
        {.method = "POST",                                                                                   \
         .pattern = RS level,                                                                                \
         .need = API_NEED_ADMIN,                                                                             \
         .handle = api_write_resources,                                                                      \
         .success = 201},                                                                                    \
        {.method = "PUT", .pattern = RS level, .need = API_NEED_ADMIN, .handle = api_write_resources},       \
        {.method = "GET", .pattern = RS level "/{*}", .need = API_NEED_READ, .handle = api_get_resource},    \
        {.method = "PUT", .pattern = RS level "/{*}", .need = API_NEED_ADMIN, .handle = api_put_resource},   \
    {                                                                                                        \
        .method = "DELETE", .pattern = RS level "/{*}", .need = API_NEED_ADMIN,                              \
        .handle = api_delete_resource                                                                        \
    }

const struct api_route api_routes[] = {
    {.method = "GET", .pattern = "/health", .handle = api_get_health},
    {.method = "GET", .pattern = "/api/health", .handle = api_get_health},
    {.method = "GET", .pattern = "/ready", .handle = api_get_ready},
    {.method = "GET", .pattern = "/api/ready", .handle = api_get_ready},
    {.method = "GET", .pattern = "/nginx-health", .handle = api_get_nginx_health},
    {.method = "GET", .pattern = "/api/nginx-health", .handle = api_get_nginx_health},

    {.method = "*", .pattern = "/api/v1/auth", .need = API_NEED_READ, .handle = api_any_auth, .texts = "401"},
    {.method = "GET",
     .pattern = "/api/v1/metadata",
     .need = API_NEED_READ,
     .handle = api_get_metadata,
     .texts = "401"},
    {.method = "GET", .pattern = "/api/v1/whoami", .need = API_NEED_READ, .handle = api_get_whoami},
    {.method = "POST",
     .pattern = "/api/v1/event",
     .need = API_NEED_EVENT,
     .handle = api_post_event,
     .body_max = JSON_EVENT_MAX,
     .texts = "401"},
    {.method = "GET", .pattern = "/api/v1/event/stream", .need = API_NEED_READ, .handle = api_get_stream},
    {.method = "GET", .pattern = "/api/v1/job/{}/log", .need = API_NEED_READ, .handle = api_get_job_log},
    {.method = "GET", .pattern = "/api/v1/audit", .need = API_NEED_READ, .handle = api_get_audit},

    {.method = "GET", .pattern = C "/project", .need = API_NEED_READ, .handle = api_get_projects},
    {.method = "POST",
     .pattern = C "/project",
     .need = API_NEED_ADMIN,
     .handle = api_post_project,
     .success = 201},
    {.method = "PUT",
     .pattern = C "/project",
     .need = API_NEED_ADMIN,
     .handle = api_put_project,
     .success = 201},
    {.method = "GET", .pattern = C "/project/{}", .need = API_NEED_READ, .handle = api_get_project},
    {.method = "DELETE",
     .pattern = C "/project/{}",
     .need = API_NEED_ADMIN,
     .handle = api_delete_project,
     .empty = "{\"message\":\"\"}"},
    {.method = "GET", .pattern = C "/project/{}/stage", .need = API_NEED_READ, .handle = api_get_stages},
    {.method = "GET", .pattern = C "/project/{}/stage/{}", .need = API_NEED_READ, .handle = api_get_stage},
    {.method = "GET",
     .pattern = C "/project/{}/stage/{}/service",
     .need = API_NEED_READ,
     .handle = api_get_services},
    {.method = "GET",
     .pattern = C "/project/{}/stage/{}/service/{}",
     .need = API_NEED_READ,
     .handle = api_get_service},
    {.method = "POST",
     .pattern = C "/project/{}/service",
     .need = API_NEED_ADMIN,
     .handle = api_post_service,
     .empty = "{\"message\":\"\"}"},
    {.method = "DELETE",
     .pattern = C "/project/{}/service/{}",
     .need = API_NEED_ADMIN,
     .handle = api_delete_service,
     .empty = "{\"message\":\"\"}"},
    {.method = "POST",
     .pattern = C "/project/{}/stage/{}/service/{}/evaluation",
     .need = API_NEED_CONTROL,
     .handle = api_post_evaluation,
     .body_max = JSON_EVENT_MAX},
    {.method = "GET",
     .pattern = C "/sequence-execution",
     .need = API_NEED_READ,
     .handle = api_get_sequence_executions},
    {.method = "GET", .pattern = C "/sequence/{}", .need = API_NEED_READ, .handle = api_get_sequences},
    {.method = "POST",
     .pattern = C "/sequence/{}/{}/control",
     .need = API_NEED_CONTROL,
     .handle = api_post_control,
     .empty = "{}"},
    {.method = "GET",
     .pattern = C "/event/triggered/{}",
     .need = API_NEED_READ,
     .handle = api_get_open_events},

    {.method = "GET", .pattern = U, .need = API_NEED_READ, .handle = api_get_integrations},
    {.method = "POST",
     .pattern = U,
     .need = API_NEED_UNIFORM,
     .handle = api_post_integration,
     .body_max = UNIFORM_MAX},
    {.method = "DELETE",
     .pattern = U "/{}",
     .need = API_NEED_UNIFORM,
     .handle = api_delete_integration,
     .empty = "{}"},
    {.method = "PUT", .pattern = U "/{}/ping", .need = API_NEED_UNIFORM, .handle = api_ping_integration},
    {.method = "GET",
     .pattern = U "/{}/subscription",
     .need = API_NEED_READ,
     .handle = api_get_subscriptions},
    {.method = "POST",
     .pattern = U "/{}/subscription",
     .need = API_NEED_UNIFORM,
     .handle = api_post_subscription,
     .body_max = UNIFORM_MAX},
    {.method = "GET",
     .pattern = U "/{}/subscription/{}",
     .need = API_NEED_READ,
     .handle = api_get_subscription},
    {.method = "PUT",
     .pattern = U "/{}/subscription/{}",
     .need = API_NEED_UNIFORM,
     .handle = api_put_subscription,
     .body_max = UNIFORM_MAX},
    {.method = "DELETE",
     .pattern = U "/{}/subscription/{}",
     .need = API_NEED_UNIFORM,
     .handle = api_delete_subscription,
     .empty = "{}"},
    {.method = "GET", .pattern = C "/log", .need = API_NEED_READ, .handle = api_get_log},
    {.method = "POST",
     .pattern = C "/log",
     .need = API_NEED_UNIFORM,
     .handle = api_post_log,
     .empty = "{}",
     .body_max = JSON_EVENT_MAX},
    BLOCKED("DELETE", C "/log"),

    RESOURCES("/project/{}/resource"),
    RESOURCES("/project/{}/stage/{}/resource"),
    RESOURCES("/project/{}/stage/{}/service/{}/resource"),
    BLOCKED("*", RS "/{*}"),

    {.method = "GET", .pattern = M "/event", .need = API_NEED_READ, .handle = api_get_events},
    {.method = "GET", .pattern = M "/event/type/{}", .need = API_NEED_READ, .handle = api_get_events_of_type},
    BLOCKED("*", M "/event"),
    BLOCKED("*", M "/health"),
    BLOCKED("*", "/api/statistics/v1/event"),

    {.method = "GET", .pattern = S "/secret", .need = API_NEED_ADMIN, .handle = api_get_secrets},
    {.method = "POST",
     .pattern = S "/secret",
     .need = API_NEED_ADMIN,
     .handle = api_post_secret,
     .success = 201,
     .body_max = JSON_EVENT_MAX},
    {.method = "PUT",
     .pattern = S "/secret",
     .need = API_NEED_ADMIN,
     .handle = api_put_secret,
     .body_max = JSON_EVENT_MAX},
    {.method = "DELETE", .pattern = S "/secret", .need = API_NEED_ADMIN, .handle = api_delete_secret},
    {.method = "GET", .pattern = S "/scope", .need = API_NEED_ADMIN, .handle = api_get_scopes},

    {.method = NULL},
};

/* Where a segment ends. */
static size_t segment(const char *at)
{
    return strcspn(at, "/");
}

/* A part of a URI that the pattern leaves open. */
struct piece {
    const char *at;
    size_t len;
};

static bool matches(const char *pattern, const char *path, struct piece params[API_PARAMS_MAX], size_t *count,
                    const char **rest)
{
    *count = 0;
    *rest = NULL;
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        size_t want = segment(pattern), have = segment(path);
        if (strcmp(pattern, "{*}") == 0) {
            *rest = path;
            return *path != '\0';
        }
        bool open = want == 2 && memcmp(pattern, "{}", 2) == 0;
        if (have == 0 || (!open && (want != have || memcmp(pattern, path, have) != 0)))
            return false;
        if (open)
            params[(*count)++] = (struct piece){path, have};
        pattern += want;
        path += have;
    }
    return *pattern == '\0' && (*path == '\0' || strcmp(path, "/") == 0);
}

/* Names go into paths of files and of Git: none of them may lead elsewhere. */
static bool is_name(const char *text)
{
    return text != NULL && text[0] != '\0' && strchr(text, '/') == NULL && strcmp(text, ".") != 0 &&
           strcmp(text, "..") != 0;
}

static bool method_fits(const struct api_route *route, const char *method)
{
    return strcmp(route->method, "*") == 0 || strcmp(route->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

int api_route_find(struct api_request *rq, const char **allow)
{
    struct piece params[API_PARAMS_MAX];
    size_t count = 0;
    *allow = NULL;
    for (const struct api_route *route = api_routes; route->method != NULL; route++) {
        if (!matches(route->pattern, rq->raw_path, params, &count, &rq->raw_rest))
            continue;
        if (!method_fits(route, rq->method)) {
            *allow =
                *allow == NULL ? route->method : arena_printf(&rq->arena, "%s, %s", *allow, route->method);
            continue;
        }
        if (*allow != NULL && rq->raw_rest != NULL && strcmp(route->method, "*") == 0)
            break; /* a path that is there, with a method that it has not */
        rq->route = route;
        for (size_t i = 0; i < count; i++) {
            rq->params[i] = api_uri_decode(&rq->arena, params[i].at, params[i].len, false);
            if (!is_name(rq->params[i]))
                return 400;
        }
        return 0;
    }
    return *allow != NULL ? 405 : 404;
}
