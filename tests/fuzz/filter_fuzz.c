/* Any text is a filter or an error with a reason; a filter and the same one turned round never both fit, and
 * case means nothing. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "view/filter.h"

static const struct model_label labels[] = {{"team", "blue"}, {"version", "v1"}};

static bool fits(const struct filter *f, char *text)
{
    int64_t changes_ns = INT64_MAX;
    const struct filter_row row = {.texts = {[FILTER_SERVICE] = {text, "helloservice"},
                                             [FILTER_STAGE] = {"production"},
                                             [FILTER_STATE] = {"waiting"}},
                                   .other = text,
                                   .labels = labels,
                                   .label_count = 2,
                                   .since_ns = 1,
                                   .now_ns = INT64_C(600000000000)};
    const bool does = filter_fits(f, &row, &changes_ns);
    FUZZ_MUST(changes_ns > row.now_ns);
    return does;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct filter *f = NULL, *turned = NULL;
    struct error err = ERROR_NONE;
    char *text = mem_string_n((const char *)data, size < 2000 ? size : 2000),
         *other = mem_printf("!%s", text);
    const enum status status = filter_parse(text, &f, &err);
    FUZZ_MUST(status == STATUS_OK || (status == STATUS_INVALID && *err.text));
    const bool does = fits(f, text);
    if (status == STATUS_OK && f && text[strcspn(text, " \t\"")] == '\0') { /* one term */
        FUZZ_MUST(filter_parse(other, &turned, &err) == STATUS_OK);
        FUZZ_MUST(fits(turned, text) != does);
    }
    for (char *c = text; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    FUZZ_MUST(fits(f, text) == does);
    filter_free(f);
    filter_free(turned);
    free(text);
    free(other);
    return 0;
}
