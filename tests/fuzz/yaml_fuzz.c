/* A YAML tree keeps its limits, knows its places, and is JSON; a refusal names its place. */
#include "config.h"

#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "fuzz.h"

/* Returns the number of nodes. */
static size_t check_node(const struct yaml_node *node, int depth)
{
    size_t nodes = 1;
    FUZZ_MUST(node->line >= 1 && node->column >= 1 && depth <= YAML_DEPTH_MAX);
    if (node->kind == YAML_SCALAR) {
        FUZZ_MUST(node->count == 0 && utf8_is_valid(node->text, strlen(node->text)));
        return nodes;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = node->items[i];
        FUZZ_MUST((item->key != NULL) == (node->kind == YAML_MAPPING));
        FUZZ_MUST(item->key == NULL || (item->key_line >= 1 && item->key_column >= 1));
        FUZZ_MUST(item->key == NULL || i > 50 || yaml_get(node, item->key) == item); /* no key twice */
        nodes += check_node(item, depth + 1);
    }
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_NONE;
    struct yaml *y = NULL;
    enum status status = yaml_parse((const char *)data, size, "f", &y, &err);
    FUZZ_MUST(status == err.status && (y != NULL) == (status == STATUS_OK));
    if (y == NULL) {
        int line = 0, column = 0;
        FUZZ_MUST(status == STATUS_TOO_LARGE || sscanf(err.text, "f:%d:%d: ", &line, &column) == 2);
        FUZZ_MUST(status == STATUS_TOO_LARGE || (line >= 1 && column >= 1));
        return 0;
    }
    FUZZ_MUST(check_node(yaml_root(y), 0) <= YAML_NODES_MAX);
    cJSON *json = yaml_to_json(yaml_root(y));
    struct buffer text = BUFFER_LIMIT((size_t)1024 * 1024 * 1024);
    FUZZ_MUST(json_print(json, &text));
    FUZZ_MUST(json_check(text.data, text.len, &err) == STATUS_OK);
    buffer_free(&text);
    cJSON_Delete(json);
    yaml_free(y);
    return 0;
}
