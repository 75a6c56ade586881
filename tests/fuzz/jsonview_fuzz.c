/* Any JSON can be looked at line by line, and the elements of an array that are found in it are JSON again.
 */
#include "config.h"

#include "base/json.h"
#include "fuzz.h"
#include "view/jsonview.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct json_view view = {0};
    size_t at = 0, start = 0, length = 0, count = 0;
    if (json_check(text, size, NULL) != STATUS_OK)
        return 0;
    json_view_set(&view, text, size);
    FUZZ_MUST(view.lines >= 1 && view.lines <= size);
    for (size_t i = 0; i < view.lines; i += view.step)
        FUZZ_MUST(view.checkpoints[i / view.step].at < size &&
                  view.checkpoints[i / view.step].depth <= JSON_DEPTH_MAX);
    json_view_free(&view);
    while (json_next_element(text, size, "events", &at, &start, &length)) {
        FUZZ_MUST(start + length <= size && json_check(text + start, length, NULL) == STATUS_OK);
        FUZZ_MUST(++count <= size);
    }
    return 0;
}
