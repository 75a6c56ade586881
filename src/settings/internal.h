/* internal.h: what the files of the settings reader share. */
#ifndef SETTINGS_INTERNAL_H
#define SETTINGS_INTERNAL_H

#include "base/yaml.h"
#include "settings/settings.h"

struct settings_section_shape {
    const char *name;
    size_t size;         /* of an entry; 0: the section is one mapping */
    size_t count_offset; /* of the number of entries, in struct settings */
};
extern const struct settings_section_shape settings_sections[SETTINGS_SECTION_COUNT];

/* A document on its way into a struct. */
struct reading {
    const struct yaml *yaml;
    const char *folder; /* that relative paths start from; NULL: they stay */
};

static inline void *settings_field(void *base, const struct settings_option *option)
{
    return (char *)base + option->offset;
}

/* Sets the field of an option that is a single value or a list of them. The field must be as
 * settings_init_defaults left it. Returns STATUS_OK, or STATUS_INVALID with the place. */
MUST_CHECK enum status settings_read_value(const struct reading *r, const struct settings_option *option,
                                           const struct yaml_node *node, void *base, struct error *err);
/* The default of an option. */
void settings_set_fallback(const struct settings_option *option, void *base);

/* A list of texts that are checked as an option's single value would be. Returns as settings_read_value. */
MUST_CHECK enum status settings_read_list(const struct reading *r, const struct settings_option *option,
                                          const struct yaml_node *node, struct settings_list *list,
                                          struct error *err);
void settings_list_free(struct settings_list *list);

/* "The key X is not known here", with the nearest of the section. */
enum status settings_unknown_key(const struct reading *r, enum settings_section section,
                                 const struct yaml_node *node, struct error *err);

/* The same as yaml_error, but at the key in front of a node. */
enum status settings_key_error(const struct reading *r, const struct yaml_node *node, struct error *err,
                               const char *format, ...) PRINTF_LIKE(4, 5);

static inline struct settings_place settings_place_of(const struct yaml_node *node)
{
    return (struct settings_place){.line = node->line, .column = node->column};
}

#endif
