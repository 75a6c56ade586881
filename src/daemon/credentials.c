#include "config.h"

#include "daemon/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define BOX_PLAIN_MAX ((size_t)2 * JSON_BODY_MAX)

/* --- wiping --- */

/* Every text below, before cJSON lets go of it. */
static void wipe_json(cJSON *item)
{
    for (; item != NULL; item = item->next) {
        if (cJSON_IsString(item))
            sodium_memzero(item->valuestring, strlen(item->valuestring));
        wipe_json(item->child);
    }
}

static void wipe_text(char *text)
{
    if (text != NULL)
        sodium_memzero(text, strlen(text));
    free(text);
}

void credentials_free(struct credentials *c)
{
    if (c == NULL)
        return;
    wipe_json(c->given);
    cJSON_Delete(c->given);
    wipe_text(c->private_key);
    free(c->certificate);
    free(c->shown);
    free(c);
}

/* --- reading --- */

/* NULL: absent or empty. */
static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = json_text(object, key);
    return text != NULL && text[0] != '\0' ? text : NULL;
}

/* Base64 of a text. False: it is none. */
static bool decode(const char *base64, char **out)
{
    size_t size = strlen(base64), len = 0;
    *out = mem_alloc(size + 1);
    bool fine = sodium_base642bin((unsigned char *)*out, size, base64, size, "\r\n ", &len, NULL,
                                  sodium_base64_VARIANT_ORIGINAL) == 0 &&
                memchr(*out, '\0', len) == NULL;
    (*out)[fine ? len : 0] = '\0';
    return fine;
}

static enum status refuse(struct error *err, const char *what)
{
    return error_set(err, STATUS_INVALID, "Could not validate payload: %s", what);
}

static enum status take_https(struct credentials *c, const cJSON *https, struct error *err)
{
    const cJSON *proxy = json_get(https, "proxy");
    const char *certificate = text_of(https, "certificate");
    if (certificate != NULL && !decode(certificate, &c->certificate))
        return refuse(err, "the certificate is not base64 encoded");
    c->upstream.token = text_of(https, "token");
    c->upstream.certificate = c->certificate;
    c->upstream.insecure_skip_tls = cJSON_IsTrue(json_get(https, "insecureSkipTLS"));
    c->upstream.proxy_address = text_of(proxy, "url");
    c->upstream.proxy_scheme = text_of(proxy, "scheme");
    c->upstream.proxy_user = text_of(proxy, "user");
    c->upstream.proxy_password = text_of(proxy, "password");
    return STATUS_OK;
}

static enum status take_ssh(struct credentials *c, const cJSON *ssh, struct error *err)
{
    const char *key = text_of(ssh, "privateKey");
    if (key != NULL && !decode(key, &c->private_key))
        return refuse(err, "the private key is not base64 encoded");
    c->upstream.private_key = c->private_key;
    c->upstream.private_key_pass = text_of(ssh, "privateKeyPass");
    return STATUS_OK;
}

/* What of it may be answered. */
static char *print_shown(const struct repo_upstream *u, bool https)
{
    cJSON *shown = cJSON_CreateObject();
    cJSON_AddStringToObject(shown, "remoteURL", u->url);
    if (u->user != NULL)
        cJSON_AddStringToObject(shown, "user", u->user);
    if (https) {
        cJSON *object = cJSON_AddObjectToObject(shown, "https");
        cJSON_AddBoolToObject(object, "insecureSkipTLS", u->insecure_skip_tls);
        if (u->proxy_address != NULL) {
            cJSON *proxy = cJSON_AddObjectToObject(object, "proxy");
            cJSON_AddStringToObject(proxy, "url", u->proxy_address);
            cJSON_AddStringToObject(proxy, "scheme", u->proxy_scheme != NULL ? u->proxy_scheme : "");
            cJSON_AddStringToObject(proxy, "user", u->proxy_user != NULL ? u->proxy_user : "");
        }
    }
    struct buffer text = BUFFER_LIMIT(BOX_PLAIN_MAX);
    (void)json_print(shown, &text); /* parts of a body that was within its limit */
    char *out = mem_string(buffer_text(&text));
    buffer_free(&text);
    cJSON_Delete(shown);
    return out;
}

enum status credentials_read(const cJSON *git, struct credentials **out, struct error *err)
{
    const cJSON *https = json_get(git, "https"), *ssh = json_get(git, "ssh");
    enum status status = STATUS_OK;
    *out = NULL;
    if (!cJSON_IsObject(git) || text_of(git, "remoteURL") == NULL)
        return STATUS_OK;
    if (cJSON_IsObject(https) && cJSON_IsObject(ssh))
        return refuse(err, "gitCredentials are either of https or of ssh");
    struct credentials *c = MEM_NEW(struct credentials);
    c->given = cJSON_Duplicate(git, true);
    c->upstream.url = text_of(c->given, "remoteURL");
    c->upstream.user = text_of(c->given, "user");
    if (cJSON_IsObject(https))
        status = take_https(c, json_get(c->given, "https"), err);
    else if (cJSON_IsObject(ssh))
        status = take_ssh(c, json_get(c->given, "ssh"), err);
    if (status != STATUS_OK) {
        credentials_free(c);
        return status;
    }
    c->shown = print_shown(&c->upstream, !cJSON_IsObject(ssh));
    *out = c;
    return STATUS_OK;
}

/* --- the box --- */

char *credentials_seal(const struct credentials *c, const char *project, const struct key *key)
{
    struct buffer plain = BUFFER_LIMIT(BOX_PLAIN_MAX);
    (void)buffer_add_text(&plain, "{\"project\":");
    (void)json_print_text(project, &plain);
    (void)buffer_add_text(&plain, ",\"gitCredentials\":");
    (void)json_print(c->given, &plain);
    (void)buffer_add_char(&plain, '}');
    char *box = box_close(key, buffer_text(&plain), plain.len);
    sodium_memzero(plain.data, plain.capacity);
    buffer_free(&plain);
    return box;
}

/* NULL: the box is another project's, or cannot be opened. */
static struct credentials *open_box(const char *project, const char *box, const struct key *key)
{
    struct error err = ERROR_NONE;
    struct credentials *c = NULL;
    cJSON *object = NULL;
    size_t len = 0;
    char *plain = box_open(key, box, &len);
    if (plain == NULL)
        return NULL;
    if (json_parse(plain, len, &object, &err) == STATUS_OK) {
        const char *of = json_text(object, "project");
        if (of != NULL && strcmp(of, project) == 0 &&
            credentials_read(json_get(object, "gitCredentials"), &c, &err) != STATUS_OK)
            c = NULL;
    }
    wipe_json(object);
    cJSON_Delete(object);
    sodium_memzero(plain, len);
    free(plain);
    return c;
}

struct credentials *credentials_open(const char *project, const cJSON *shown, const char *box,
                                     const struct key *key)
{
    struct error err = ERROR_NONE;
    struct credentials *c = box != NULL && key != NULL ? open_box(project, box, key) : NULL;
    if (c != NULL || credentials_read(shown, &c, &err) != STATUS_OK || c == NULL)
        return c;
    if (box != NULL)
        c->upstream.locked = "the credentials of this upstream cannot be decrypted: the file `key` in the "
                             "data directory is gone or another one than they were stored with; put it "
                             "back, or give the credentials again with: drawbridge update project";
    return c;
}
