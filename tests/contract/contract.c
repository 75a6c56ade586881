/* tests/contract/contract.c: asks rows of a real drawbridged. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "contract/contract.h"
#include "support/world.h"

#define KEPT_MAX 32

static struct world world;
static void (*prepare_world)(struct world *w);
static struct {
    char name[32], value[128];
} kept[KEPT_MAX];
static size_t kept_count;

static const char *kept_value(const char *name, size_t len)
{
    for (size_t i = 0; i < kept_count; i++)
        if (strlen(kept[i].name) == len && memcmp(kept[i].name, name, len) == 0)
            return kept[i].value;
    fail_msg("no row has kept %.*s", (int)len, name);
    return "";
}

/* With every $NAME replaced; the caller's. */
static char *filled(const char *text)
{
    struct buffer out = BUFFER_LIMIT(64 * 1024);
    while (*text != '\0') {
        size_t plain = strcspn(text, "$");
        (void)buffer_add(&out, text, plain);
        text += plain;
        if (*text == '$') {
            size_t len = strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
            (void)buffer_add_text(&out, kept_value(text + 1, len));
            text += 1 + len;
        }
    }
    return buffer_take(&out, NULL);
}

static const cJSON *walk(const cJSON *at, const char *path)
{
    char key[64];
    while (*path != '\0' && at != NULL) {
        size_t len = strcspn(path, ".");
        (void)snprintf(key, sizeof key, "%.*s", (int)len, path);
        at = cJSON_IsArray(at) ? cJSON_GetArrayItem(at, (int)strtol(key, NULL, 10)) : json_get(at, key);
        path += len + (path[len] == '.' ? 1 : 0);
    }
    return at;
}

static const char *keep(const char *what, const cJSON *answer)
{
    size_t len = strcspn(what, "="), at = 0;
    const cJSON *value = walk(answer, what + len + 1);
    if (!cJSON_IsString(value))
        return "what is to be kept is not there";
    while (at < kept_count && (strlen(kept[at].name) != len || memcmp(kept[at].name, what, len) != 0))
        at++;
    assert_true(at < KEPT_MAX);
    kept_count += at == kept_count ? 1 : 0;
    (void)snprintf(kept[at].name, sizeof kept[at].name, "%.*s", (int)len, what);
    (void)snprintf(kept[at].value, sizeof kept[at].value, "%s", value->valuestring);
    return NULL;
}

/* NULL: the answer is as the row has it. */
static const char *look(const struct contract_row *row, long status, const char *text)
{
    struct error err = ERROR_NONE;
    cJSON *json = NULL;
    const char *bad = NULL;
    if (status != row->status)
        return "another status";
    char *says = filled(row->says != NULL ? row->says : "");
    if (row->says != NULL && (row->says[0] == '\0' ? text[0] != '\0' : strstr(text, says) == NULL))
        bad = "another text";
    free(says);
    if (bad != NULL || (row->shape == NULL && row->keep == NULL))
        return bad;
    if (json_parse(text, strlen(text), &json, &err) != STATUS_OK)
        return "no JSON";
    if (row->shape != NULL)
        bad = contract_shape(row->shape, json);
    if (bad == NULL && row->keep != NULL)
        bad = keep(row->keep, json);
    cJSON_Delete(json);
    return bad;
}

static void row_holds(void **state)
{
    const struct contract_row *row = *state;
    int64_t deadline = clock_monotonic_ns() + 30 * CLOCK_S;
    char *path = filled(row->path), *body = row->body != NULL ? filled(row->body) : NULL, *answer = NULL;
    for (;;) {
        long status = world_ask(&world, row->method, path, body, &answer);
        const char *bad = look(row, status, answer != NULL ? answer : "");
        if (bad == NULL)
            break;
        if (!row->wait || clock_monotonic_ns() > deadline)
            fail_msg("%s %s: %s (wanted %ld %s): %ld %.2000s", row->method, path, bad, row->status,
                     row->says != NULL ? row->says : "", status, answer);
        free(answer);
        (void)usleep(20000);
    }
    free(answer);
    free(body);
    free(path);
}

static int open_world(void **state)
{
    (void)state;
    world_open(&world, NULL, true);
    if (prepare_world != NULL)
        prepare_world(&world);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

int contract_run(const struct contract_row *rows, size_t count, void (*prepare)(struct world *w))
{
    struct CMUnitTest *tests = mem_alloc(count * sizeof *tests);
    prepare_world = prepare;
    for (size_t i = 0; i < count; i++) {
        tests[i] = (struct CMUnitTest){
            .name = rows[i].id, .test_func = row_holds, .initial_state = (void *)(uintptr_t)&rows[i]};
    }
    int failed = _cmocka_run_group_tests("contract", tests, count, open_world, close_world);
    free(tests);
    return failed;
}
