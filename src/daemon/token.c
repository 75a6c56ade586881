#include "config.h"

#include "daemon/token.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "daemon/key.h"

static void draw_token(char out[TOKEN_SIZE])
{
    unsigned char bytes[32];
    random_bytes(bytes, sizeof bytes);
    sodium_bin2base64(out, TOKEN_SIZE, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* A running drawbridged watches this file, and reads the tokens again. */
static void tell_server(const char *directory)
{
    char *path = mem_printf("%s/" TOKEN_NOTICE, directory);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || write(fd, "changed\n", 8) != 8)
        (void)fprintf(
            stderr,
            "drawbridged: cannot write %s: %s; a running drawbridged sees the change after its next start\n",
            path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(path);
}

static enum status add_token(struct store *store, const char *name, const char *role, const cJSON *projects,
                             int64_t expires_ns, char token[TOKEN_SIZE], struct error *err)
{
    char hash[65];
    draw_token(token);
    api_token_hash(token, hash);
    const struct store_token row = {
        .name = name, .role = role, .hash = hash, .projects = projects, .expires_ns = expires_ns};
    struct store_batch *batch = store_batch_new(store);
    store_batch_token(batch, &row);
    store_batch_audit(batch, clock_now_ns(), "drawbridged", "create token", NULL, "", name);
    return store_commit_now(batch, err);
}

static bool write_token_file(const char *path, const char *token, struct error *err)
{
    char *line = mem_printf("%s\n", token);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool written = fd >= 0 && fchmod(fd, 0600) == 0 &&
                   write(fd, line, strlen(line)) == (ssize_t)strlen(line) && fsync(fd) == 0;
    if (!written)
        error_set(err, STATUS_FAILED, "cannot write the admin token to %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(line);
    return written;
}

enum status token_ensure_admin(struct store *store, const char *directory, bool *made, struct error *err)
{
    char *path = mem_printf("%s/admin-token", directory);
    enum status status = STATUS_OK;
    char token[TOKEN_SIZE];
    *made = access(path, F_OK) != 0;
    if (*made) {
        status = add_token(store, "admin", api_role_name(API_ROLE_ADMIN), NULL, 0, token, err);
        if (status == STATUS_OK && !write_token_file(path, token, err))
            status = err->status;
    }
    free(path);
    return status;
}

static int fail(const struct error *err)
{
    (void)fprintf(stderr, "drawbridged: %s\n", err->text);
    return status_exit_code(err->status);
}

static bool find_token(void *arg, const struct store_token *token)
{
    const char **name = arg;
    if (*name != NULL && strcmp(token->name, *name) == 0)
        *name = NULL;
    return *name != NULL;
}

/* A second token of one name would take the first away from whoever uses it. */
static enum status check_unused(struct store *store, const char *name, struct error *err)
{
    const char *sought = name;
    enum status status = store_tokens(store, find_token, &sought, err);
    if (status == STATUS_OK && sought == NULL)
        status = error_set(err, STATUS_CONFLICT,
                           "there is a token named %s already; `drawbridged token revoke %s` ends it first",
                           name, name);
    return status;
}

static int create(struct store *store, int argc, char **argv)
{
    static const struct option options[] = {{"name", required_argument, NULL, 'n'},
                                            {"role", required_argument, NULL, 'r'},
                                            {"project", required_argument, NULL, 'p'},
                                            {"expires", required_argument, NULL, 'e'},
                                            {NULL, 0, NULL, 0}};
    const char *name = NULL, *role = NULL;
    cJSON *projects = NULL;
    int64_t expires_ns = 0;
    enum api_role parsed;
    struct error err = ERROR_NONE;
    char token[TOKEN_SIZE];
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'n')
            name = optarg;
        else if (option == 'r')
            role = optarg;
        else if (option == 'p') {
            projects = projects ? projects : cJSON_CreateArray();
            cJSON_AddItemToArray(projects, cJSON_CreateString(optarg));
        } else if (option == 'e' && clock_parse_duration(optarg, &expires_ns) && expires_ns > 0)
            expires_ns += clock_now_ns();
        else
            name = NULL, role = NULL, optind = argc;
    }
    if (name == NULL || name[0] == '\0' || role == NULL || !api_role_parse(role, &parsed)) {
        cJSON_Delete(projects);
        error_set(
            &err, STATUS_USAGE,
            "usage: drawbridged token create --name NAME --role viewer|approver|integration|operator|admin "
            "[--project P]... [--expires 720h]");
        return fail(&err);
    }
    enum status status = check_unused(store, name, &err);
    if (status == STATUS_OK)
        status = add_token(store, name, api_role_name(parsed), projects, expires_ns, token, &err);
    cJSON_Delete(projects);
    if (status != STATUS_OK)
        return fail(&err);
    puts(token);
    return 0;
}

static bool print_token(void *arg, const struct store_token *token)
{
    char expires[CLOCK_TEXT_SIZE] = "never";
    (void)arg;
    if (token->expires_ns != 0)
        clock_format_ms(token->expires_ns, expires);
    printf("%-20s %-12s expires %s\n", token->name, token->role, expires);
    return true;
}

static int revoke_token(struct store *store, const char *name)
{
    struct error err = ERROR_NONE;
    const char *sought = name;
    if (store_tokens(store, find_token, &sought, &err) != STATUS_OK)
        return fail(&err);
    if (sought != NULL) {
        error_set(&err, STATUS_NOT_FOUND, "there is no token named %s; `drawbridged token list` shows them",
                  name);
        return fail(&err);
    }
    struct store_batch *batch = store_batch_new(store);
    store_batch_delete_token(batch, name);
    store_batch_audit(batch, clock_now_ns(), "drawbridged", "revoke token", NULL, "", name);
    return store_commit_now(batch, &err) == STATUS_OK ? 0 : fail(&err);
}

int token_command(const char *directory, int argc, char **argv)
{
    struct error err = ERROR_NONE;
    struct store *store = NULL;
    int result;
    if (argc < 1) {
        error_set(&err, STATUS_USAGE, "usage: drawbridged [--data DIR] token create|list|revoke");
        return fail(&err);
    }
    if (store_open_beside(directory, &store, &err) != STATUS_OK)
        return fail(&err);
    key_begin_audit(store);
    if (strcmp(argv[0], "create") == 0)
        result = create(store, argc, argv);
    else if (strcmp(argv[0], "list") == 0 && argc == 1)
        result = store_tokens(store, print_token, NULL, &err) == STATUS_OK ? 0 : fail(&err);
    else if (strcmp(argv[0], "revoke") == 0 && argc == 2)
        result = revoke_token(store, argv[1]);
    else {
        error_set(&err, STATUS_USAGE, "no such command: token %s%s; there are create, list and revoke NAME",
                  argv[0], argc > 1 ? " …" : "");
        result = fail(&err);
    }
    store_close(store);
    if (result == 0 && strcmp(argv[0], "list") != 0)
        tell_server(directory);
    return result;
}
