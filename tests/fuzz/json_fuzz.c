/* What json_check accepts, cJSON reads to the same, with and without an arena, and it prints to what
 * json_check accepts again. */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/json.h"
#include "base/utf8.h"
#include "fuzz.h"

#define PRINTED_MAX ((size_t)64 * 1024 * 1024)

static void parse_again(const struct buffer *printed)
{
    struct buffer again = BUFFER_LIMIT(PRINTED_MAX);
    struct error err = ERROR_NONE;
    cJSON *tree = NULL;
    FUZZ_MUST(json_parse(printed->data, printed->len, &tree, &err) == STATUS_OK);
    FUZZ_MUST(json_print(tree, &again));
    FUZZ_MUST(again.len == printed->len && memcmp(again.data, printed->data, again.len) == 0);
    cJSON_Delete(tree);
    buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct error err = ERROR_NONE;
    struct arena arena = {0};
    cJSON *tree = NULL, *in_arena = NULL;
    enum status status = json_check(text, size, &err);
    FUZZ_MUST(json_parse(text, size, &tree, &err) == status);
    FUZZ_MUST(json_parse_in_arena(text, size, &arena, &in_arena, &err) == status);
    FUZZ_MUST((tree == NULL) == (status != STATUS_OK) && (in_arena == NULL) == (tree == NULL));
    if (tree == NULL) {
        FUZZ_MUST(status == STATUS_INVALID && strncmp(err.text, "not valid JSON, line ", 21) == 0);
    } else {
        struct buffer printed = BUFFER_LIMIT(PRINTED_MAX), other = BUFFER_LIMIT(PRINTED_MAX);
        FUZZ_MUST(json_print(tree, &printed) && json_print(in_arena, &other));
        FUZZ_MUST(printed.len == other.len && memcmp(printed.data, other.data, other.len) == 0);
        FUZZ_MUST(utf8_is_valid(printed.data, printed.len));
        parse_again(&printed);
        buffer_free(&printed);
        buffer_free(&other);
    }
    cJSON_Delete(tree);
    arena_free(&arena);
    return 0;
}
