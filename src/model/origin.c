/* What a triggered carries along: image, commits, labels. The events of a run carry nearly always the same,
 * so it is compared with what came before, and shared. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/internal.h"

struct origin *origin_keep(struct origin *origin)
{
    if (origin != NULL)
        origin->references++;
    return origin;
}

void origin_drop(struct model *m, struct origin *origin)
{
    if (origin == NULL || --origin->references > 0)
        return;
    text_drop(&m->texts, origin->image);
    text_drop(&m->texts, origin->stage_commit);
    text_drop(&m->texts, origin->shipyard_commit);
    for (size_t i = 0; i < origin->label_count; i++) {
        text_drop(&m->texts, origin->labels[i].key);
        text_drop(&m->texts, origin->labels[i].value);
    }
    free(origin);
}

static bool is_label(const cJSON *item)
{
    return item->string != NULL && item->string[0] != '\0' && cJSON_IsString(item);
}

/* A text that is longer than what is kept of it compares equal to what is kept. */
static bool is_kept(const char *kept, const char *raw)
{
    return strncmp(kept, raw, LABEL_TEXT_MAX) == 0;
}

static bool labels_same(const struct origin *origin, const cJSON *labels)
{
    uint32_t count = 0;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, labels)
    {
        if (!is_label(item) || count == LABELS_MAX)
            continue;
        if (count == origin->label_count || !is_kept(origin->labels[count].key, item->string) ||
            !is_kept(origin->labels[count].value, item->valuestring))
            return false;
        count++;
    }
    return count == origin->label_count;
}

static bool origin_same(const struct origin *origin, const struct event *ev, const char *image,
                        const cJSON *labels)
{
    return origin != NULL && mem_same_text(origin->image, image) &&
           mem_same_text(origin->stage_commit, ev->gitcommitid) &&
           mem_same_text(origin->shipyard_commit, ev->shipyardcommit) && labels_same(origin, labels);
}

static struct origin *origin_new(struct model *m, const struct event *ev, const char *image,
                                 const cJSON *labels)
{
    uint32_t count = 0;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, labels) count += is_label(item) ? 1 : 0;
    count = count < LABELS_MAX ? count : LABELS_MAX;
    struct origin *origin = mem_alloc(sizeof *origin + count * sizeof origin->labels[0]);
    origin->references = 1;
    origin->image = text_take(&m->texts, image);
    origin->stage_commit = text_take(&m->texts, ev->gitcommitid);
    origin->shipyard_commit = text_take(&m->texts, ev->shipyardcommit);
    cJSON_ArrayForEach(item, labels)
    {
        if (!is_label(item) || origin->label_count == count)
            continue;
        origin->labels[origin->label_count++] = (struct model_label){
            .key = text_take_n(&m->texts, item->string, strnlen(item->string, LABEL_TEXT_MAX)),
            .value = text_take_n(&m->texts, item->valuestring, strnlen(item->valuestring, LABEL_TEXT_MAX))};
    }
    return origin;
}

struct origin *origin_of(struct model *m, const struct event *ev, const char *image, struct origin *hint,
                         struct origin *hint2)
{
    const cJSON *labels = json_get(ev->data, "labels");
    if (!cJSON_IsObject(labels))
        labels = NULL;
    if (image != NULL && image[0] == '\0')
        image = NULL;
    bool empty = image == NULL && ev->gitcommitid == NULL && ev->shipyardcommit == NULL && labels == NULL;
    if (empty)
        return NULL;
    if (origin_same(hint, ev, image, labels))
        return origin_keep(hint);
    if (origin_same(hint2, ev, image, labels))
        return origin_keep(hint2);
    return origin_new(m, ev, image, labels);
}
