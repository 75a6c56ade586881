#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "jobs/internal.h"

#define STRING_MAX                                                                                           \
    (128 * 1024 - 1) /* bytes of one argument or variable (source: execve(2), MAX_ARG_STRLEN) */
#define TOTAL_MAX     (1024 * 1024) /* of all together; the kernel's limit is a quarter of the stack's */
#define VARIABLES_MAX 4096
#define KEPTN         "/keptn"

struct variable {
    char *name, *value;
};
struct variables {
    struct variable *items;
    size_t count, capacity, total; /* total: bytes */
    struct map declared;           /* names to values that $(NAME) knows; of equal names the last counts */
};

static void free_variables(struct variables *v)
{
    for (size_t i = 0; i < v->count; i++) {
        free(v->items[i].name);
        free(v->items[i].value);
    }
    free(v->items);
    map_free(&v->declared, NULL);
}

static enum status add_variable(struct variables *v, const char *name, const char *value, bool declared,
                                struct error *err)
{
    size_t size = strlen(name) + strlen(value) + 2;
    if (size > STRING_MAX)
        return error_set(err, STATUS_TOO_LARGE,
                         "variable %s has more than the %d bytes that a process can be given", name,
                         STRING_MAX);
    v->total += size;
    if (v->total > TOTAL_MAX || v->count == VARIABLES_MAX)
        return error_set(err, STATUS_TOO_LARGE, "variables have more than %d bytes, or are more than %d",
                         TOTAL_MAX, VARIABLES_MAX);
    MEM_GROW(v->items, v->count, v->capacity);
    struct variable *added = &v->items[v->count++];
    *added = (struct variable){.name = mem_string(name), .value = mem_string(value)};
    if (declared)
        (void)map_put(&v->declared, name, added->value);
    return STATUS_OK;
}

static const char *declared_value(const struct variables *v, const char *name, size_t len)
{
    char *key = mem_string_n(name, len);
    const char *value = map_get(&v->declared, key);
    free(key);
    return value;
}

/* $(NAME) as Kubernetes replaces it: unknown ones stay, $$ is one dollar sign (source: kubernetes,
 * third_party/forked/golang/expansion). False: out's limit is passed. */
static bool expand(const char *text, const struct variables *v, struct buffer *out)
{
    bool fits = true;
    while (*text != '\0' && fits) {
        size_t len = strcspn(text, "$");
        fits = buffer_add(out, text, len);
        text += len;
        if (*text == '\0')
            break;
        const char *end = text[1] == '(' ? strchr(text, ')') : NULL;
        const char *value = end ? declared_value(v, text + 2, (size_t)(end - text - 2)) : NULL;
        size_t used = end ? (size_t)(end - text + 1) : text[1] == '$' ? 2 : 1;
        if (value)
            fits = fits && buffer_add_text(out, value);
        else
            fits = fits && buffer_add(out, text, text[1] == '$' ? 1 : used);
        text += used;
    }
    return fits;
}

static bool is_name_part(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_-.", c));
}

/* /keptn where it is a path of its own becomes the working directory; https://github.com/keptn/x stays. */
static bool replace_keptn(const char *text, const char *workdir, struct buffer *out)
{
    const char *from = text, *hit = text;
    while ((hit = strstr(hit, KEPTN)) != NULL) {
        const char *behind = hit + sizeof(KEPTN) - 1;
        bool begins = hit == text || (!is_name_part(hit[-1]) && !strchr("/~)}", hit[-1]));
        if (begins && !is_name_part(*behind)) {
            if (!buffer_add(out, from, (size_t)(hit - from)) || !buffer_add_text(out, workdir))
                return false;
            from = behind;
        }
        hit = behind;
    }
    return buffer_add_text(out, from);
}

/* A text of the task with both replaced. *out is the caller's. */
static enum status complete_text(const struct environment_source *source, const struct variables *v,
                                 const char *text, char **out, struct error *err)
{
    struct buffer replaced = BUFFER_LIMIT(STRING_MAX), expanded = BUFFER_LIMIT(STRING_MAX);
    bool fits =
        replace_keptn(text, source->workdir, &replaced) && expand(buffer_text(&replaced), v, &expanded);
    buffer_free(&replaced);
    if (fits) {
        *out = buffer_take(&expanded, NULL);
        return STATUS_OK;
    }
    buffer_free(&expanded);
    return error_set(err, STATUS_TOO_LARGE,
                     "\"%.40s…\" gets longer than the %d bytes that a process can be given", text,
                     STRING_MAX);
}

static enum status add_from_event(const struct environment_source *source, const struct jobconfig_env *env,
                                  struct variables *v, struct error *err)
{
    struct buffer value = BUFFER_LIMIT(STRING_MAX);
    enum status status = jobconfig_event_value(source->event, env->value, env->as, &value, err);
    if (status != STATUS_OK)
        error_prefix(err, "could not add env with name %s, value %s, valueFrom event", env->name, env->value);
    else
        status = add_variable(v, env->name, buffer_text(&value), true, err);
    buffer_free(&value);
    return status;
}

static enum status add_from_secret(const cJSON *secret, const struct jobconfig_env *env, struct variables *v,
                                   struct error *err)
{
    enum status status = STATUS_OK;
    const cJSON *item;
    cJSON_ArrayForEach(item, secret)
    {
        if (!cJSON_IsString(item) || *item->string == '\0' || strchr(item->string, '='))
            return error_set(err, STATUS_INVALID, "secret %s: a key of it cannot be the name of a variable",
                             env->name);
        status = add_variable(v, item->string, item->valuestring, true, err);
        if (status != STATUS_OK)
            return status;
    }
    return status;
}

static enum status add_task_variables(const struct environment_source *source, struct variables *v,
                                      struct error *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < source->task->env_count && status == STATUS_OK; i++) {
        const struct jobconfig_env *env = &source->task->env[i];
        char *value = NULL;
        switch (env->from) {
        case JOBCONFIG_ENV_EVENT: /* comes from outside: what looks like $(NAME) in it is not replaced */
            status = add_from_event(source, env, v, err);
            break;
        case JOBCONFIG_ENV_SECRET:
            status = add_from_secret(source->secrets[i], env, v, err);
            break;
        case JOBCONFIG_ENV_STRING:
            status = complete_text(source, v, env->value, &value, err);
            if (status == STATUS_OK)
                status = add_variable(v, env->name, value, true, err);
            free(value);
            break;
        }
    }
    return status;
}

/* LABELS_<KEY>: upper case, hyphens and blanks as underscores. A key that cannot be part of a name is left
 * out. */
static enum status add_label(const cJSON *label, struct variables *v, struct error *err)
{
    if (!cJSON_IsString(label) || *label->string == '\0' || strchr(label->string, '='))
        return STATUS_OK;
    char *name = mem_printf("LABELS_%s", label->string);
    for (char *c = name; *c; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        else if (*c == '-' || *c == ' ')
            *c = '_';
    }
    enum status status = add_variable(v, name, label->valuestring, true, err);
    free(name);
    return status;
}

static enum status add_variables(const struct environment_source *source, struct variables *v,
                                 struct error *err)
{
    const struct event *ev = source->event;
    const char *const keptn[][2] = {
        {"KEPTN_PROJECT", ev->project}, {"KEPTN_STAGE", ev->stage}, {"KEPTN_SERVICE", ev->service}};
    enum status status = STATUS_OK;
    for (char **name = source->jobs->environment; *name && status == STATUS_OK; name++) {
        const char *value = getenv(*name);
        if (value)
            status = add_variable(v, *name, value, false, err);
    }
    if (status == STATUS_OK)
        status = add_task_variables(source, v, err);
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++)
        status = add_variable(v, keptn[i][0], keptn[i][1], true, err);
    const cJSON *label;
    cJSON_ArrayForEach(label, json_get(ev->data, "labels"))
    {
        if (status == STATUS_OK)
            status = add_label(label, v, err);
    }
    return status;
}

/* NAME=VALUE in the order of declaration; of equal names only the last, which is the one that a shell would
 * see or not see. */
static char **print_variables(const struct variables *v)
{
    struct map seen = {0};
    char **env = mem_alloc((v->count + 1) * sizeof *env);
    size_t at = v->count;
    for (size_t i = v->count; i-- > 0;) {
        const struct variable *variable = &v->items[i];
        if (!map_put(&seen, variable->name, variable->name))
            env[--at] = mem_printf("%s=%s", variable->name, variable->value);
    }
    memmove(env, env + at, (v->count - at) * sizeof *env);
    env[v->count - at] = NULL;
    map_free(&seen, NULL);
    return env;
}

static enum status make_command(const struct environment_source *source, const struct variables *v,
                                struct environment *out, struct error *err)
{
    const char *const *const parts[] = {source->task->cmd, source->task->args};
    size_t count = 0, total = v->total;
    for (size_t p = 0; p < 2; p++)
        for (const char *const *text = parts[p]; *text; text++)
            count++;
    out->argv = mem_alloc((count + 1) * sizeof *out->argv);
    count = 0;
    for (size_t p = 0; p < 2; p++)
        for (const char *const *text = parts[p]; *text; text++) {
            enum status status = complete_text(source, v, *text, &out->argv[count], err);
            if (status != STATUS_OK)
                return status;
            total += strlen(out->argv[count++]) + 1;
            if (total > TOTAL_MAX)
                return error_set(err, STATUS_TOO_LARGE, "command and variables have more than %d bytes",
                                 TOTAL_MAX);
        }
    return STATUS_OK;
}

static enum status make_directory_name(const struct environment_source *source, const struct variables *v,
                                       struct environment *out, struct error *err)
{
    const char *wanted = source->task->working_dir;
    char *path = NULL;
    enum status status = complete_text(source, v, wanted ? wanted : "", &path, err);
    if (status != STATUS_OK)
        return status;
    if (*path == '/')
        out->directory = mem_string(path);
    else
        out->directory = mem_printf("%s/%s", source->workdir, path);
    free(path);
    out->keptn = mem_string(*source->task->files ? source->workdir : "");
    return STATUS_OK;
}

enum status environment_make(const struct environment_source *source, struct environment *out,
                             struct error *err)
{
    struct variables v = {0};
    *out = (struct environment){0};
    enum status status = add_variables(source, &v, err);
    if (status == STATUS_OK)
        status = make_command(source, &v, out, err);
    if (status == STATUS_OK)
        status = make_directory_name(source, &v, out, err);
    if (status == STATUS_OK)
        out->env = print_variables(&v);
    else
        environment_free(out);
    free_variables(&v);
    return status;
}

static void free_texts(char **texts)
{
    for (char **text = texts; text && *text; text++)
        free(*text);
    free(texts);
}

void environment_free(struct environment *e)
{
    free_texts(e->env);
    free_texts(e->argv);
    free(e->directory);
    free(e->keptn);
    *e = (struct environment){0};
}
