/* YAML through libfyaml's event stream. The tree is built here and not by the library, whose own tree looks
 * for duplicate keys in quadratic time and unrolls aliases without a limit. An aliased node shares the
 * children of the anchored one; what is counted is the tree as its reader will walk it. */
#include "config.h"

#include "base/yaml.h"

#include <libfyaml.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml_text.h"

#define FEW_KEYS       16 /* so many are compared one by one, more are sorted */
#define MARKS_MAX      (2 * YAML_NODES_MAX)
#define DIRECTIVES_MAX 1000

struct yaml {
    struct arena arena;
    const char *name;
    const struct yaml_node *root;
};

/* A node with what it weighs when it is walked. */
struct anchor {
    const struct yaml_node *node; /* NULL: not finished, an alias to it would hold itself */
    size_t nodes;
    int height;
};

/* Where a node stands. */
struct level {
    int depth;  /* collections around it */
    int indent; /* columns before the one around it, 0 where there is none */
};

struct build {
    const char *text;
    size_t len, scalar_end; /* bytes of the text; up to the end of the last scalar or alias */
    struct fy_parser *parser;
    struct fy_diag *diag; /* collects errors; the parser's own would print them */
    struct yaml *y;
    struct error *err;
    struct map anchors;
    const struct yaml_node **open; /* children of the collections that are not closed yet */
    size_t open_count, open_capacity;
    size_t node_count; /* of the tree as it will be walked */
};

__attribute__((format(printf, 5, 0))) static void
error_at(const struct yaml *y, int line, int column, struct error *err, const char *format, va_list args)
{
    char text[ERROR_TEXT_SIZE];
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    (void)error_set(err, STATUS_INVALID, "%s:%d:%d: %s", y->name, line, column, text); /* callers answer */
}

static bool fail(struct build *b, int line, int column, const char *format, ...) PRINTF_LIKE(4, 5);
static bool fail(struct build *b, int line, int column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_at(b->y, line, column, b->err, format, args);
    va_end(args);
    return false;
}

enum status yaml_error(const struct yaml *y, const struct yaml_node *node, struct error *err,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_at(y, node == NULL ? 1 : node->line, node == NULL ? 1 : node->column, err, format, args);
    va_end(args);
    return STATUS_INVALID;
}

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

/* YAML 1.2, production c-printable. */
static bool is_printable(uint32_t c)
{
    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    return c != 0x7F && (c < 0x80 || c > 0x9F || c == 0x85) && c != 0xFFFE && c != 0xFFFF;
}

static bool check_characters(struct build *b, const char *text, size_t len)
{
    int line = 1, column = 1;
    for (size_t i = 0; i < len; column++) {
        uint32_t c;
        int step = utf8_decode(text + i, len - i, &c);
        if (step <= 0)
            return fail(b, line, column, "the byte 0x%02x is not UTF-8 here; save the file as UTF-8",
                        (unsigned char)text[i]);
        if (!is_printable(c))
            return fail(b, line, column, "the character U+%04X is not allowed in YAML; remove it",
                        (unsigned)c);
        i += (size_t)step;
        if (c == '\n' || (c == '\r' && !(i < len && text[i] == '\n'))) {
            line++;
            column = 0;
        }
    }
    return true;
}

/* What the library answers with hundreds of megabytes or minutes, in texts that nobody writes: it keeps some
 * 350 bytes for each bracket and comma of a line that may yet be a key, and compares each %TAG with all
 * others. */
static bool check_bulk(struct build *b, const char *text, size_t len)
{
    int line = 1, tags = 0, marks = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        line += c == '\n';
        marks += c == '[' || c == '{' || c == ',';
        tags += c == '%' && (i == 0 || is_break(text[i - 1]));
        if (marks > MARKS_MAX)
            return fail(b, line, 1, "more than %d brackets and commas", MARKS_MAX);
        if (tags > DIRECTIVES_MAX)
            return fail(b, line, 1, "more than %d lines that begin with %%", DIRECTIVES_MAX);
    }
    return true;
}

/* The library's own words, which come with a position. */
static bool fail_parse(struct build *b)
{
    void *at = NULL;
    const struct fy_diag_error *first = fy_diag_errors_iterate(b->diag, &at);
    if (first == NULL)
        return fail(b, 1, 1, "this is no YAML");
    return fail(b, first->line > 0 ? first->line : 1, first->column > 0 ? first->column : 1, "%s",
                first->msg);
}

/* The next event, NULL after an error that is set. */
static struct fy_event *next_event(struct build *b)
{
    struct fy_event *event = fy_parser_parse(b->parser);
    if (event == NULL || fy_parser_get_stream_error(b->parser)) {
        fy_parser_event_free(b->parser, event);
        (void)fail_parse(b); /* NULL says it */
        return NULL;
    }
    return event;
}

static bool count_nodes(struct build *b, const struct yaml_node *node, size_t nodes)
{
    b->node_count += nodes;
    if (b->node_count > YAML_NODES_MAX)
        return fail(b, node->line, node->column,
                    "more than %d values (an alias counts as what it stands for)", YAML_NODES_MAX);
    return true;
}

static bool add_child(struct build *b, const struct yaml_node *node)
{
    MEM_GROW(b->open, b->open_count, b->open_capacity);
    b->open[b->open_count++] = node;
    return true;
}

/* Moves the children that were opened since `first` into the node. */
static void close_children(struct build *b, struct yaml_node *node, size_t first)
{
    node->count = b->open_count - first;
    if (node->count > 0) {
        const struct yaml_node **items = arena_alloc(&b->y->arena, node->count * sizeof(*items));
        memcpy(items, b->open + first, node->count * sizeof(*items));
        node->items = items;
    }
    b->open_count = first;
}

/* Of an anchor or alias. */
static bool read_name(struct build *b, struct fy_token *token, const struct yaml_node *node, const char **out)
{
    size_t len = 0;
    const char *text = fy_token_get_text(token, &len);
    if (text == NULL || memchr(text, '\0', len) != NULL || !utf8_is_valid(text, len))
        return fail(b, node->line, node->column, "this name of an anchor cannot be read");
    *out = arena_string_n(&b->y->arena, text, len);
    return true;
}

/* The characters of a scalar. The library's own reading is not used; yaml_text.h says why. */
static bool read_scalar(struct build *b, struct fy_event *event, struct yaml_node *node, int indent)
{
    static const enum yaml_style styles[] = {[FYSS_PLAIN] = YAML_PLAIN,
                                             [FYSS_SINGLE_QUOTED] = YAML_SINGLE_QUOTED,
                                             [FYSS_DOUBLE_QUOTED] = YAML_DOUBLE_QUOTED,
                                             [FYSS_LITERAL] = YAML_LITERAL,
                                             [FYSS_FOLDED] = YAML_FOLDED};
    const struct fy_mark *first = fy_event_start_mark(event), *last = fy_event_end_mark(event);
    if (event->scalar.value == NULL || first == NULL)
        return true; /* an empty value */
    enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
    if (style < FYSS_PLAIN || style >= FYSS_MAX || last == NULL || last->input_pos < first->input_pos ||
        last->input_pos > b->len)
        return fail(b, node->line, node->column, "this scalar cannot be read");
    const struct yaml_raw raw = {.style = styles[style],
                                 .document = b->text,
                                 .first = first->input_pos,
                                 .last = last->input_pos,
                                 .header = b->scalar_end,
                                 .indent = indent};
    node->quoted = style != FYSS_PLAIN;
    const char *why;
    node->text = yaml_text_read(&raw, &b->y->arena, &why);
    b->scalar_end = last->input_pos;
    return node->text != NULL || fail(b, node->line, node->column, "%s", why);
}

static int compare_keys(const void *left, const void *right)
{
    const struct yaml_node *const *a = left, *const *b = right;
    return strcmp((*a)->key, (*b)->key);
}

static bool fail_twice(struct build *b, const struct yaml_node *one, const struct yaml_node *other)
{
    bool other_first = other->key_line < one->key_line ||
                       (other->key_line == one->key_line && other->key_column < one->key_column);
    const struct yaml_node *first = other_first ? other : one, *second = other_first ? one : other;
    return fail(b, second->key_line, second->key_column, "the key \"%.60s\" stands here again, after line %d",
                second->key, first->key_line);
}

/* Sorted where there are many, so that no choice of keys makes it slow. */
static bool keys_differ(struct build *b, size_t first)
{
    size_t count = b->open_count - first;
    if (count < 2)
        return true;
    const struct yaml_node **items = b->open + first;
    if (count <= FEW_KEYS) {
        for (size_t i = 1; i < count; i++)
            for (size_t j = 0; j < i; j++)
                if (strcmp(items[i]->key, items[j]->key) == 0)
                    return fail_twice(b, items[j], items[i]);
        return true;
    }
    const struct yaml_node **sorted = mem_alloc(count * sizeof(*sorted));
    memcpy(sorted, items, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_keys);
    bool ok = true;
    for (size_t i = 1; ok && i < count; i++)
        if (compare_keys(&sorted[i - 1], &sorted[i]) == 0)
            ok = fail_twice(b, sorted[i - 1], sorted[i]);
    free(sorted);
    return ok;
}

static bool build_node(struct build *b, struct fy_event *event, const struct yaml_node *key,
                       struct level level, struct anchor *out);

static bool build_sequence(struct build *b, struct yaml_node *node, struct level level, int *height)
{
    size_t first = b->open_count;
    for (;;) {
        struct anchor item = {0};
        struct fy_event *event = next_event(b);
        if (event == NULL)
            return false;
        bool is_end = event->type == FYET_SEQUENCE_END;
        bool ok = is_end || build_node(b, event, NULL, level, &item);
        fy_parser_event_free(b->parser, event);
        if (!ok)
            return false;
        if (is_end)
            break;
        add_child(b, item.node);
        *height = item.height > *height ? item.height : *height;
    }
    close_children(b, node, first);
    return true;
}

/* One key and its value. *is_end: there was none. */
static bool build_pair(struct build *b, struct level level, struct anchor *value, bool *is_end)
{
    struct anchor key = {0};
    struct fy_event *event = next_event(b);
    if (event == NULL)
        return false;
    *is_end = event->type == FYET_MAPPING_END;
    bool ok = *is_end || build_node(b, event, NULL, level, &key);
    fy_parser_event_free(b->parser, event);
    if (!ok || *is_end)
        return ok;
    if (key.node->kind != YAML_SCALAR)
        return fail(b, key.node->line, key.node->column,
                    "a key must be a plain text, not a list or a mapping");
    b->node_count--; /* keys are no nodes of the tree */
    event = next_event(b);
    ok = event != NULL && build_node(b, event, key.node, level, value);
    fy_parser_event_free(b->parser, event);
    return ok;
}

static bool build_mapping(struct build *b, struct yaml_node *node, struct level level, int *height)
{
    size_t first = b->open_count;
    for (;;) {
        struct anchor value = {0};
        bool is_end = false;
        if (!build_pair(b, level, &value, &is_end))
            return false;
        if (is_end)
            break;
        add_child(b, value.node);
        *height = value.height > *height ? value.height : *height;
    }
    if (!keys_differ(b, first))
        return false;
    close_children(b, node, first);
    return true;
}

static bool build_alias(struct build *b, struct fy_event *event, struct yaml_node *node, struct level level,
                        struct anchor *out)
{
    const char *name = NULL;
    const struct fy_mark *end = fy_event_end_mark(event);
    b->scalar_end = end == NULL || end->input_pos > b->len ? b->scalar_end : end->input_pos;
    if (!read_name(b, event->alias.anchor, node, &name))
        return false;
    const struct anchor *anchor = map_get(&b->anchors, name);
    if (anchor == NULL)
        return fail(b, node->line, node->column, "no anchor \"%.60s\" stands before this alias", name);
    if (anchor->node == NULL)
        return fail(b, node->line, node->column, "the alias \"%.60s\" stands inside what it stands for",
                    name);
    if (level.depth + anchor->height > YAML_DEPTH_MAX)
        return fail(b, node->line, node->column, "more than %d levels", YAML_DEPTH_MAX);
    node->kind = anchor->node->kind;
    node->quoted = anchor->node->quoted;
    node->text = anchor->node->text;
    node->count = anchor->node->count;
    node->items = anchor->node->items;
    out->nodes = anchor->nodes;
    out->height = anchor->height;
    return count_nodes(b, node, anchor->nodes);
}

static bool build_content(struct build *b, struct fy_event *event, struct yaml_node *node, struct level level,
                          struct anchor *out)
{
    size_t before = b->node_count;
    if (!count_nodes(b, node, 1))
        return false;
    node->text = "";
    out->height = 0;
    if (event->type == FYET_SCALAR) {
        node->kind = YAML_SCALAR;
        if (!read_scalar(b, event, node, level.indent))
            return false;
    } else {
        bool is_mapping = event->type == FYET_MAPPING_START;
        node->kind = is_mapping ? YAML_MAPPING : YAML_SEQUENCE;
        if (level.depth >= YAML_DEPTH_MAX)
            return fail(b, node->line, node->column, "more than %d levels", YAML_DEPTH_MAX);
        const struct level inside = {.depth = level.depth + 1, .indent = node->column - 1};
        if (!(is_mapping ? build_mapping : build_sequence)(b, node, inside, &out->height))
            return false;
        out->height++;
    }
    out->nodes = b->node_count - before;
    return true;
}

/* The anchor's entry, not finished yet; *out NULL where the event has none. */
static bool open_anchor(struct build *b, struct fy_event *event, const struct yaml_node *node,
                        struct anchor **out)
{
    const char *name = NULL;
    struct fy_token *token = fy_event_get_anchor_token(event);
    *out = NULL;
    if (token == NULL)
        return true;
    if (!read_name(b, token, node, &name))
        return false;
    *out = arena_alloc(&b->y->arena, sizeof **out);
    **out = (struct anchor){0};
    (void)map_put(&b->anchors, name, *out); /* the entry before is the arena's; later aliases mean this one */
    return true;
}

/* True where the library's mark stands behind the first character: a quote, or an alias's asterisk. */
static bool is_marked_inside(const struct fy_event *event)
{
    if (event->type == FYET_ALIAS)
        return true;
    if (event->type != FYET_SCALAR || event->scalar.value == NULL)
        return false;
    enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
    return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

static void place(struct yaml_node *node, struct fy_event *event, const struct yaml_node *key)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    if (mark != NULL) {
        node->line = mark->line + 1;
        node->column = mark->column + 1 - is_marked_inside(event);
    } else { /* an empty value stands at its key */
        node->line = key == NULL ? 1 : key->line;
        node->column = key == NULL ? 1 : key->column;
    }
    if (key != NULL) {
        node->key = key->text;
        node->key_line = key->line;
        node->key_column = key->column;
    }
}

static bool build_node(struct build *b, struct fy_event *event, const struct yaml_node *key,
                       struct level level, struct anchor *out)
{
    struct yaml_node *node = arena_alloc(&b->y->arena, sizeof *node);
    *node = (struct yaml_node){0};
    place(node, event, key);
    if (event->type == FYET_ALIAS) {
        if (!build_alias(b, event, node, level, out))
            return false;
    } else {
        struct anchor *anchor;
        if (!open_anchor(b, event, node, &anchor) || !build_content(b, event, node, level, out))
            return false;
        if (anchor != NULL)
            *anchor = (struct anchor){.node = node, .nodes = out->nodes, .height = out->height};
    }
    out->node = node;
    return true;
}

static const struct yaml_node *null_node(struct yaml *y)
{
    struct yaml_node *node = arena_alloc(&y->arena, sizeof *node);
    *node = (struct yaml_node){.kind = YAML_SCALAR, .line = 1, .column = 1, .text = ""};
    return node;
}

static bool build_stream(struct build *b)
{
    for (bool at_end = false; !at_end;) {
        struct anchor root = {0};
        struct fy_event *event = next_event(b);
        bool ok = event != NULL;
        if (!ok)
            return false;
        const struct fy_mark *mark = fy_event_start_mark(event);
        switch (event->type) {
        case FYET_STREAM_START:
        case FYET_DOCUMENT_END:
            break;
        case FYET_STREAM_END:
            at_end = true;
            break;
        case FYET_DOCUMENT_START:
            if (b->y->root != NULL)
                ok = fail(b, mark == NULL ? 1 : mark->line + 1, mark == NULL ? 1 : mark->column + 1,
                          "a second document begins here; one is allowed");
            break;
        default:
            ok = build_node(b, event, NULL, (struct level){0}, &root);
            b->y->root = root.node;
            break;
        }
        fy_parser_event_free(b->parser, event);
        if (!ok)
            return false;
    }
    if (b->y->root == NULL)
        b->y->root = null_node(b->y);
    return true;
}

static void print_nothing(struct fy_diag *diag, void *user, const char *text, size_t len)
{
    (void)diag, (void)user, (void)text, (void)len;
}

static bool start_parser(struct build *b, const char *text, size_t len)
{
    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    quiet.output_fn = print_nothing;
    quiet.colorize = false;
    b->text = text;
    b->len = len;
    b->diag = fy_diag_create(&quiet);
    fy_diag_set_collect_errors(b->diag, true);
    const struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2,
                                     .diag = b->diag};
    b->parser = fy_parser_create(&cfg);
    if (b->parser == NULL || fy_parser_set_string(b->parser, text, len) != 0)
        return fail(b, 1, 1, "the YAML reader cannot be started; is there memory left?");
    return true;
}

static bool build_document(struct build *b, const char *text, size_t len)
{
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    if (!check_characters(b, text, len) || !check_bulk(b, text, len))
        return false;
    if (len == 0) {
        b->y->root = null_node(b->y);
        return true;
    }
    return start_parser(b, text, len) && build_stream(b);
}

enum status yaml_parse(const char *text, size_t len, const char *name, struct yaml **out, struct error *err)
{
    *out = NULL;
    if (len > YAML_TEXT_MAX)
        return error_set(err, STATUS_TOO_LARGE, "%s: %zu bytes of YAML, where at most %d are allowed", name,
                         len, YAML_TEXT_MAX);
    struct yaml *y = MEM_NEW(struct yaml);
    y->name = arena_string(&y->arena, name == NULL ? "YAML" : name);
    struct build b = {.y = y, .err = err};
    bool ok = build_document(&b, text, len);
    if (b.parser != NULL)
        fy_parser_destroy(b.parser);
    fy_diag_destroy(b.diag);
    map_free(&b.anchors, NULL); /* its values are the arena's */
    free(b.open);
    if (!ok) {
        yaml_free(y);
        return STATUS_INVALID;
    }
    *out = y;
    return STATUS_OK;
}

const struct yaml_node *yaml_root(const struct yaml *y)
{
    return y->root;
}

void yaml_free(struct yaml *y)
{
    if (y == NULL)
        return;
    struct arena arena = y->arena;
    free(y);
    arena_free(&arena);
}
