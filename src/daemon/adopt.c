#include "config.h"

#include "daemon/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/core.h"
#include "daemon/credentials.h"
#include "daemon/key.h"

#define FILE_BYTES_MAX (64 * 1024) /* of a token, key or certificate */

static const char usage[] =
    "usage: drawbridged [options] adopt PROJECT --upstream URL [--user NAME] [--token-file FILE]\n"
    "           [--ca-file FILE] [--insecure-skip-tls] [--ssh-key-file FILE] [--ssh-passphrase-file FILE]";

struct adoption {
    const char *project;
    cJSON *git; /* gitCredentials */
    struct credentials *credentials;
    struct store *store;
    struct repo *repo;
    struct buffer text; /* the shipyard's */
    struct shipyard *shipyard;
    struct store_batch *batch;
    size_t service_count;
    const char *stage; /* whose services are looked for */
};

/* --- the command line --- */

/* A secret's file: its text without the line break at the end. encode: as base64, as it is. The caller's. */
static enum status read_file(const char *path, bool encode, char **out, struct error *err)
{
    char *bytes = mem_alloc(FILE_BYTES_MAX + 1);
    enum status status = STATUS_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, bytes, FILE_BYTES_MAX) : -1;
    *out = NULL;
    if (got < 0) {
        status = error_set(err, STATUS_FAILED, "cannot read %s: %s", path, strerror(errno));
    } else if (encode) {
        size_t size = sodium_base64_encoded_len((size_t)got, sodium_base64_VARIANT_ORIGINAL);
        *out = mem_alloc(size);
        sodium_bin2base64(*out, size, (const unsigned char *)bytes, (size_t)got,
                          sodium_base64_VARIANT_ORIGINAL);
    } else {
        while (got > 0 && (bytes[got - 1] == '\n' || bytes[got - 1] == '\r'))
            got--;
        *out = mem_string_n(bytes, (size_t)got);
    }
    if (fd >= 0)
        close(fd);
    sodium_memzero(bytes, FILE_BYTES_MAX + 1);
    free(bytes);
    return status;
}

/* Adds what a file holds as object.inside.key. */
static enum status add_file(struct adoption *a, const char *inside, const char *key, const char *path,
                            bool encode, struct error *err)
{
    char *text = NULL;
    cJSON *object = cJSON_GetObjectItemCaseSensitive(a->git, inside);
    enum status status = read_file(path, encode, &text, err);
    if (status != STATUS_OK)
        return status;
    if (object == NULL)
        object = cJSON_AddObjectToObject(a->git, inside);
    cJSON_AddStringToObject(object, key, text);
    sodium_memzero(text, strlen(text));
    free(text);
    return STATUS_OK;
}

static enum status take_option(struct adoption *a, int option, const char *value, struct error *err)
{
    switch (option) {
    case 'r':
        cJSON_AddStringToObject(a->git, "remoteURL", value);
        return STATUS_OK;
    case 'u':
        cJSON_AddStringToObject(a->git, "user", value);
        return STATUS_OK;
    case 't':
        return add_file(a, "https", "token", value, false, err);
    case 'c':
        return add_file(a, "https", "certificate", value, true, err);
    case 'x':
        if (json_get(a->git, "https") == NULL)
            cJSON_AddObjectToObject(a->git, "https");
        cJSON_AddTrueToObject(cJSON_GetObjectItemCaseSensitive(a->git, "https"), "insecureSkipTLS");
        return STATUS_OK;
    case 'k':
        return add_file(a, "ssh", "privateKey", value, true, err);
    case 'p':
        return add_file(a, "ssh", "privateKeyPass", value, false, err);
    default:
        return error_set(err, STATUS_USAGE, "%s", usage);
    }
}

static enum status read_arguments(struct adoption *a, int argc, char **argv, struct error *err)
{
    static const struct option options[] = {{"upstream", required_argument, NULL, 'r'},
                                            {"user", required_argument, NULL, 'u'},
                                            {"token-file", required_argument, NULL, 't'},
                                            {"ca-file", required_argument, NULL, 'c'},
                                            {"insecure-skip-tls", no_argument, NULL, 'x'},
                                            {"ssh-key-file", required_argument, NULL, 'k'},
                                            {"ssh-passphrase-file", required_argument, NULL, 'p'},
                                            {NULL, 0, NULL, 0}};
    enum status status = STATUS_OK;
    a->git = cJSON_CreateObject();
    optind = 0; /* a new vector, words and options mixed */
    for (int option; status == STATUS_OK && (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        status = take_option(a, option, optarg, err);
    if (status != STATUS_OK)
        return status;
    if (optind + 1 != argc)
        return error_set(err, STATUS_USAGE, "%s", usage);
    a->project = argv[optind];
    status = credentials_read(a->git, &a->credentials, err);
    if (status == STATUS_OK && a->credentials == NULL)
        status = error_set(err, STATUS_USAGE, "--upstream is missing: %s", usage);
    return status;
}

/* --- what the repository holds --- */

/* "creationtimestamp: 2023-05-04 10:11:12.123456789 +0000 UTC m=+0.1" (Go's Time.String); 0: another form. */
static int64_t creation_time(const char *metadata)
{
    const char *at = strcasestr(metadata, "creationtimestamp:");
    char date[16], time[24], text[64];
    int64_t ns = 0;
    if (at == NULL ||
        sscanf(at + strlen("creationtimestamp:"), " %*[\"']%15[0-9-] %23[0-9:.]", date, time) != 2)
        if (at == NULL || sscanf(at + strlen("creationtimestamp:"), " %15[0-9-] %23[0-9:.]", date, time) != 2)
            return 0;
    (void)snprintf(text, sizeof text, "%sT%sZ", date, time);
    return clock_parse(text, &ns) ? ns : 0;
}

static int64_t created_at(struct adoption *a, const struct repo_scope *scope)
{
    struct buffer text = BUFFER_LIMIT(FILE_BYTES_MAX);
    struct error ignored = ERROR_NONE; /* a date is no reason to refuse */
    int64_t ns = repo_read(a->repo, scope, "metadata.yaml", NULL, &text, NULL, &ignored) == STATUS_OK
                     ? creation_time(buffer_text(&text))
                     : 0;
    buffer_free(&text);
    return ns != 0 ? ns : clock_now_ns();
}

/* A service is a folder with a metadata.yaml in a stage's branch: "/helloservice/metadata.yaml". */
static bool take_service(void *arg, const char *path)
{
    struct adoption *a = arg;
    const char *end = strchr(path + 1, '/');
    if (end == NULL || strcmp(end, "/metadata.yaml") != 0)
        return true;
    char *service = mem_string_n(path + 1, (size_t)(end - path - 1));
    const struct repo_scope scope = {.project = a->project, .stage = a->stage, .service = service};
    store_batch_service(a->batch, a->project, service, created_at(a, &scope));
    a->service_count++;
    free(service);
    return true;
}

static enum status read_repository(struct adoption *a, struct error *err)
{
    const struct repo_scope level = {.project = a->project};
    a->text = BUFFER_LIMIT(SHIPYARD_TEXT_MAX);
    enum status status = repo_read(a->repo, &level, "shipyard.yaml", NULL, &a->text, NULL, err);
    if (status == STATUS_OK)
        status = shipyard_parse(buffer_text(&a->text), a->text.len, "shipyard.yaml", &a->shipyard, err);
    for (size_t i = 0; status == STATUS_OK && i < a->shipyard->stage_count; i++) {
        a->stage = a->shipyard->stages[i].name;
        const struct repo_scope stage = {.project = a->project, .stage = a->stage};
        status = repo_list(a->repo, &stage, NULL, take_service, a, NULL, err);
        if (status != STATUS_OK)
            error_prefix(err, "the stage %s of its shipyard.yaml has no branch in %s", a->stage,
                         a->credentials->upstream.url);
    }
    return status;
}

/* --- taking over --- */

static enum status keep(struct adoption *a, struct error *err)
{
    struct key key;
    enum status status = key_of_store(a->store, true, &key, err);
    if (status != STATUS_OK)
        return status;
    const struct repo_scope level = {.project = a->project};
    cJSON *stages = core_stages_json(a->shipyard);
    char *box = credentials_seal(a->credentials, a->project, &key);
    sodium_memzero(&key, sizeof key);
    const struct store_project p = {.name = a->project,
                                    .shipyard = buffer_text(&a->text),
                                    .shipyard_version = a->shipyard->api_version,
                                    .credentials = a->credentials->shown,
                                    .box = box,
                                    .stages = stages,
                                    .created_ns = created_at(a, &level)};
    store_batch_project(a->batch, &p);
    store_batch_audit(a->batch, clock_now_ns(), "drawbridged", "adopt project", a->project, "",
                      a->credentials->upstream.url);
    status = store_commit_now(a->batch, err);
    a->batch = NULL;
    free(box);
    cJSON_Delete(stages);
    return status;
}

static enum status adopt(struct adoption *a, const struct options *options, struct error *err)
{
    char *git = mem_printf("%s/git", options->data);
    enum status status = store_open(options->data, NULL, &a->store, err);
    if (status == STATUS_OK)
        status = repo_open(git, options->upstream_root, &a->repo, err);
    free(git);
    if (status == STATUS_OK && store_project_exists(a->store, a->project))
        status = error_set(err, STATUS_CONFLICT, "there is a project %s already", a->project);
    if (status != STATUS_OK)
        return status;
    a->batch = store_batch_new(a->store);
    key_begin_audit(a->store);
    status = repo_adopt_project(a->repo, a->project, &a->credentials->upstream, err);
    if (status != STATUS_OK)
        return status;
    status = read_repository(a, err);
    if (status == STATUS_OK)
        status = keep(a, err);
    struct error second = ERROR_NONE;
    if (status != STATUS_OK && repo_delete_project(a->repo, a->project, &second) != STATUS_OK)
        log_write(LOG_WARN, "%s", second.text);
    return status;
}

int adopt_command(const struct options *options, int argc, char **argv)
{
    struct error err = ERROR_NONE;
    struct adoption a = {0};
    enum status status = read_arguments(&a, argc, argv, &err);
    if (status == STATUS_OK)
        status = adopt(&a, options, &err);
    if (status == STATUS_OK)
        printf("project %s: %zu stages, %zu services in them, from %s\n", a.project, a.shipyard->stage_count,
               a.service_count, a.credentials->upstream.url);
    else
        (void)fprintf(stderr, "drawbridged: %s\n", err.text);
    store_batch_free(a.batch);
    shipyard_free(a.shipyard);
    buffer_free(&a.text);
    repo_close(a.repo);
    store_close(a.store);
    credentials_free(a.credentials);
    cJSON_Delete(a.git);
    return status == STATUS_OK ? 0 : status_exit_code(err.status);
}
