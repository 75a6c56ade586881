/* Secrets: kept in the store, encrypted with a key that lies beside it and is in no backup (XSalsa20 and
 * Poly1305, libsodium's secretbox). What is encrypted names its secret, so that no box can be passed off as
 * another's. Source: keptn-api.md, section 5; interfaces.md, "drawbridged". */
#include "config.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "daemon/answer.h"
#include "daemon/box.h"
#include "daemon/internal.h"
#include "daemon/key.h"

#define JOB_SCOPE "keptn-default"
#define PLAIN_MAX ((size_t)4 * JSON_EVENT_MAX) /* bytes; a body is at most a quarter */

static bool stop_at_first(void *arg, const char *scope, const char *name, const char *keys, const char *box)
{
    (void)scope;
    (void)name;
    (void)keys;
    *(char **)arg = mem_string(box);
    return false;
}

/* The box of a secret; NULL: none. The caller's. */
static enum status find_box(struct core *core, const char *scope, const char *name, char **box,
                            struct error *err)
{
    *box = NULL;
    return store_secrets(core->store, scope, name, stop_at_first, box, err);
}

/* --- ports of the api --- */

static void print_keys(const cJSON *data, struct buffer *out)
{
    const cJSON *value = NULL;
    const char *comma = "";
    (void)buffer_add_char(out, '[');
    cJSON_ArrayForEach(value, data)
    {
        (void)buffer_add_text(out, comma);
        (void)json_print_text(value->string, out);
        comma = ",";
    }
    (void)buffer_add_char(out, ']');
}

static void wipe(struct buffer *text)
{
    if (text->data != NULL)
        sodium_memzero(text->data, text->capacity);
    buffer_free(text);
}

static void print_plain(const char *scope, const char *name, const cJSON *data, struct buffer *out)
{
    *out = BUFFER_LIMIT(PLAIN_MAX);
    (void)buffer_printf(out, "{\"scope\":\"%s\",\"name\":\"%s\",\"data\":", scope,
                        name); /* plain words both */
    (void)json_print(data, out);
    (void)buffer_add_char(out, '}');
}

static void keep_secret(struct core *core, const struct key *key, const char *scope, const char *name,
                        const cJSON *data, bool update, const struct api_principal *who, api_done done,
                        void *done_arg)
{
    struct buffer keys = BUFFER_LIMIT(PLAIN_MAX), plain, answer = BUFFER_LIMIT(2 * PLAIN_MAX);
    print_keys(data, &keys);
    print_plain(scope, name, data, &plain);
    char *box = box_close(key, buffer_text(&plain), plain.len);
    wipe(&plain);
    struct turn *t = turn_new(core);
    store_batch_secret(turn_batch(t), scope, name, buffer_text(&keys), box);
    store_batch_audit(turn_batch(t), core_now(core), who->name, update ? "update secret" : "create secret",
                      NULL, who->address, name);
    (void)buffer_printf(&answer, "{\"name\":\"%s\",\"scope\":\"%s\",\"keys\":%s}", name, scope,
                        buffer_text(&keys));
    turn_commit_answer(t, 200, buffer_text(&answer), done, done_arg);
    buffer_free(&answer);
    buffer_free(&keys);
    free(box);
}

void port_put_secret(void *arg, const char *scope, const char *name, const cJSON *data, bool update,
                     const struct api_principal *who, api_done done, void *done_arg)
{
    struct core *core = arg;
    struct error err = ERROR_NONE;
    struct key key;
    char *box = NULL;
    if (find_box(core, scope, name, &box, &err) != STATUS_OK)
        answer_error(done, done_arg, &err);
    else if (box != NULL && !update)
        answer_refusal(done, done_arg, STATUS_CONFLICT, "Unable to create secret: secret already exists");
    else if (box == NULL && update)
        answer_refusal(done, done_arg, STATUS_NOT_FOUND, "Unable to update secret: secret not found");
    else if (key_of_store(core->store, true, &key, &err) != STATUS_OK)
        answer_error(done, done_arg, &err);
    else
        keep_secret(core, &key, scope, name, data, update, who, done, done_arg);
    sodium_memzero(&key, sizeof key);
    free(box);
}

void port_delete_secret(void *arg, const char *scope, const char *name, const struct api_principal *who,
                        api_done done, void *done_arg)
{
    struct core *core = arg;
    struct error err = ERROR_NONE;
    char *box = NULL;
    if (find_box(core, scope, name, &box, &err) != STATUS_OK) {
        answer_error(done, done_arg, &err);
    } else if (box == NULL) {
        answer_refusal(done, done_arg, STATUS_NOT_FOUND, "Unable to delete secret: secret not found");
    } else {
        struct turn *t = turn_new(core);
        store_batch_delete_secret(turn_batch(t), scope, name);
        store_batch_audit(turn_batch(t), core_now(core), who->name, "delete secret", NULL, who->address,
                          name);
        turn_commit_answer(t, 200, "", done, done_arg);
    }
    free(box);
}

/* --- the port of the jobs --- */

/* The values of a box that is this secret's; NULL: it is another's, or cannot be opened. */
static cJSON *open_secret(const struct key *key, const char *box, const char *name)
{
    struct error err = ERROR_NONE;
    size_t len = 0;
    cJSON *secret = NULL, *data = NULL;
    char *plain = box_open(key, box, &len);
    if (plain == NULL)
        return NULL;
    if (json_parse(plain, len, &secret, &err) == STATUS_OK) {
        const char *of = json_text(secret, "name"), *scope = json_text(secret, "scope");
        if (of != NULL && strcmp(of, name) == 0 && scope != NULL && strcmp(scope, JOB_SCOPE) == 0)
            data = cJSON_DetachItemFromObjectCaseSensitive(secret, "data");
    }
    cJSON_Delete(secret);
    sodium_memzero(plain, len);
    free(plain);
    return data;
}

void port_read_secret(void *arg, const char *project, const char *stage, const char *service,
                      const char *name, jobs_read_done done, void *done_arg)
{
    struct core *core = arg;
    struct error err = ERROR_NONE;
    struct key key;
    struct buffer text = BUFFER_LIMIT(PLAIN_MAX);
    char *box = NULL;
    cJSON *data = NULL;
    (void)project; /* as in Keptn, a scope is for all of them */
    (void)stage;
    (void)service;
    enum status status = find_box(core, JOB_SCOPE, name, &box, &err);
    if (status == STATUS_OK && box == NULL)
        status = error_set(
            &err, STATUS_NOT_FOUND,
            "no secret %s in the scope " JOB_SCOPE "; create it with: drawbridge create secret", name);
    if (status == STATUS_OK)
        status = key_of_store(core->store, false, &key, &err);
    if (status == STATUS_OK) {
        data = open_secret(&key, box, name);
        if (data == NULL)
            status =
                error_set(&err, STATUS_FAILED,
                          "the secret %s cannot be decrypted: the key file %s/key is another one than it "
                          "was stored with",
                          name, store_directory(core->store));
        else
            (void)json_print(data, &text);
    }
    done(done_arg, status, buffer_text(&text), text.len, status == STATUS_OK ? NULL : &err);
    sodium_memzero(&key, sizeof key);
    wipe(&text);
    cJSON_Delete(data);
    free(box);
}
