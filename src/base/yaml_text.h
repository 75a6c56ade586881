/* base/yaml_text.h: what the characters of a scalar in a YAML document stand for: folded lines, escapes,
 * indentation. libfyaml says where a scalar stands, but its own reading (0.7.12) gets folded texts with
 * indented lines wrong, adds bytes to empty ones, and loses memory on runs of quotes and of blank lines.
 * Source: YAML 1.2.2, chapters 7.3 and 8.1. */
#ifndef BASE_YAML_TEXT_H
#define BASE_YAML_TEXT_H

#include <stddef.h>

struct arena;

enum yaml_style { YAML_PLAIN, YAML_SINGLE_QUOTED, YAML_DOUBLE_QUOTED, YAML_LITERAL, YAML_FOLDED };

struct yaml_raw {
    enum yaml_style style;
    const char *document; /* checked to be UTF-8, and parsed without error as far as `last` */
    size_t first,
        last;      /* bytes between the quotes; of a literal or folded text: from the line after its header */
    size_t header; /* literal and folded: the last byte that is surely before the | or > */
    int indent;    /* literal and folded: columns before the collection around it, 0 where there is none */
};

/* Returns a text of the arena's, or NULL with the reason in *why. */
char *yaml_text_read(const struct yaml_raw *raw, struct arena *arena, const char **why);

#endif
