/* States as Keptn's sequence query tells them. Of each stage, and of the whole context, the newest one is
 * kept: by number, then by the time of the latest event, then by content, so that the order of arrival does
 * not matter. */
#include "config.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/internal.h"

#define NUMBER_TIME_MIN  UINT64_C(100000000000000000) /* ns: March 1973; no stream gets there */
#define STATE_STAGES_MAX 1000

bool number_is_time(uint64_t number)
{
    return number >= NUMBER_TIME_MIN;
}

void stage_state_free(struct model *m, struct stage_state *s)
{
    if (s == NULL)
        return;
    text_drop(&m->texts, s->latest_name);
    text_drop(&m->texts, s->latest_id);
    text_drop(&m->texts, s->word);
    text_drop(&m->texts, s->image);
    text_drop(&m->texts, s->shipyard_commit);
    text_drop(&m->texts, s->evaluation_result);
    free(s);
}

void overall_state_free(struct model *m, struct overall_state *s)
{
    if (s == NULL)
        return;
    text_drop(&m->texts, s->name);
    free(s);
}

/* --- checking --- */

static enum status complain(const cJSON *state, const char *what, struct error *err)
{
    const char *context = json_text(state, "shkeptncontext");
    return error_set(err, STATUS_INVALID, "the state of context %.40s has %s: it is left out",
                     context != NULL ? context : "(none)", what);
}

static bool text_fits(const cJSON *object, const char *key, size_t max, bool required)
{
    const cJSON *item = json_get(object, key);
    if (item == NULL || cJSON_IsNull(item))
        return !required;
    return cJSON_IsString(item) && (!required || item->valuestring[0] != '\0') &&
           strnlen(item->valuestring, max + 1) <= max;
}

/* An absent time is 0. */
static bool read_time(const cJSON *object, int64_t *ns)
{
    *ns = 0;
    const cJSON *item = json_get(object, "time");
    if (item == NULL || cJSON_IsNull(item))
        return true;
    if (!cJSON_IsString(item) || !clock_parse(item->valuestring, ns))
        return false;
    return *ns >= 0;
}

static bool event_fits(const cJSON *stage, const char *key)
{
    const cJSON *event = json_get(stage, key);
    int64_t ns;
    if (event == NULL || cJSON_IsNull(event))
        return true;
    return cJSON_IsObject(event) && text_fits(event, "type", 3 * EVENT_NAME_MAX, true) &&
           text_fits(event, "id", ID_MAX, true) && read_time(event, &ns);
}

static const char *stage_fault(const cJSON *stage)
{
    if (!text_fits(stage, "name", EVENT_NAME_MAX, true))
        return "a stage without a usable name";
    if (!text_fits(stage, "state", WORD_MAX, false) || !text_fits(stage, "image", IMAGE_MAX, false) ||
        !text_fits(stage, "shipyardcommit", ID_MAX, false))
        return "a stage whose state or image is not usable";
    if (!event_fits(stage, "latestEvent") || !event_fits(stage, "latestFailedEvent"))
        return "a stage whose latest event is not usable";
    const cJSON *evaluation = json_get(stage, "latestEvaluation");
    if (evaluation != NULL && !cJSON_IsNull(evaluation) &&
        (!cJSON_IsObject(evaluation) || !text_fits(evaluation, "result", WORD_MAX, false)))
        return "a stage whose evaluation is not usable";
    return NULL;
}

static enum status check(const cJSON *state, struct error *err)
{
    int64_t ns;
    if (!cJSON_IsObject(state))
        return error_set(err, STATUS_INVALID, "a state of the sequence query is no object: it is left out");
    static const char *const names[] = {"project", "shkeptncontext", "name", "service"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!text_fits(state, names[i], i == 1 ? ID_MAX : EVENT_NAME_MAX, true))
            return complain(state, "no usable project, context, name or service", err);
    if (!text_fits(state, "state", WORD_MAX, false) || !read_time(state, &ns))
        return complain(state, "an unusable state or time", err);
    const cJSON *stages = json_get(state, "stages"), *stage = NULL;
    if (stages != NULL && !cJSON_IsArray(stages) && !cJSON_IsNull(stages))
        return complain(state, "stages that are no list", err);
    if (cJSON_GetArraySize(stages) > STATE_STAGES_MAX)
        return complain(state, "too many stages", err);
    cJSON_ArrayForEach(stage, stages)
    {
        const char *fault = stage_fault(stage);
        if (fault != NULL)
            return complain(state, fault, err);
    }
    return STATUS_OK;
}

/* --- reading --- */

static uint64_t hash_more(uint64_t hash, const char *text)
{
    return text != NULL ? text_hash(text, strlen(text), hash + 1) : hash * 31;
}

static const char *take_filled(struct model *m, const cJSON *object, const char *key)
{
    const char *text = json_text(object, key);
    return text != NULL && text[0] != '\0' ? text_take(&m->texts, text) : NULL;
}

static void read_latest(struct model *m, const cJSON *stage, struct stage_state *out)
{
    const cJSON *latest = json_get(stage, "latestEvent"), *failed = json_get(stage, "latestFailedEvent");
    const char *type = json_text(latest, "type");
    if (type == NULL)
        return;
    struct event_type parsed;
    event_type_parse(type, &parsed);
    out->latest_class = parsed.class;
    out->latest_kind = parsed.kind;
    out->latest_name = text_take(&m->texts, parsed.name);
    out->latest_id = take_filled(m, latest, "id");
    out->latest_key = text_key(out->latest_id);
    (void)read_time(latest, &out->latest_ns); /* was checked */
    out->latest_failed = text_is(json_text(failed, "id"), out->latest_id);
    out->hash = hash_more(hash_more(out->hash, type), out->latest_id);
}

static struct stage_state *read_stage(struct model *m, const cJSON *stage, uint64_t number, int64_t said_ns)
{
    struct stage_state *out = MEM_NEW(struct stage_state);
    const cJSON *evaluation = json_get(stage, "latestEvaluation"), *score = json_get(evaluation, "score");
    out->number = number;
    out->said_ns = said_ns;
    out->word = take_filled(m, stage, "state");
    out->image = take_filled(m, stage, "image");
    out->shipyard_commit = take_filled(m, stage, "shipyardcommit");
    out->evaluation_result = take_filled(m, evaluation, "result");
    out->evaluation_score = cJSON_IsNumber(score) ? score->valuedouble : 0;
    out->hash = hash_more(hash_more(0, out->word), out->image);
    read_latest(m, stage, out);
    return out;
}

static enum overall_word read_word(const char *word)
{
    static const char *const words[OVERALL_COUNT] = {"",       "triggered", "waiting", "started",
                                                     "paused", "finished",  "aborted", "timedOut"};
    for (int i = 1; i < OVERALL_COUNT; i++)
        if (text_is(words[i], word))
            return (enum overall_word)i;
    return OVERALL_NONE;
}

static int64_t newest_latest(const cJSON *state)
{
    int64_t newest = 0, ns;
    const cJSON *stage = NULL;
    cJSON_ArrayForEach(stage, json_get(state, "stages"))
    {
        if (read_time(json_get(stage, "latestEvent"), &ns) && ns > newest)
            newest = ns;
    }
    return newest;
}

/* --- keeping the newest --- */

static int order_of(const uint64_t a[4], const uint64_t b[4])
{
    for (int i = 0; i < 4; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static bool keep_overall(struct model *m, struct context *c, const cJSON *state, uint64_t number,
                         int64_t said_ns)
{
    struct overall_state s = {.number = number, .said_ns = said_ns, .latest_ns = newest_latest(state)};
    (void)read_time(state, &s.first_ns); /* was checked */
    s.word = read_word(json_text(state, "state"));
    s.hash = hash_more((uint64_t)s.word, json_text(state, "name"));
    const struct overall_state *old = c->state;
    if (old != NULL) {
        uint64_t a[] = {s.number, (uint64_t)s.latest_ns, (uint64_t)s.said_ns, s.hash};
        uint64_t b[] = {old->number, (uint64_t)old->latest_ns, (uint64_t)old->said_ns, old->hash};
        if (order_of(a, b) <= 0)
            return false;
    }
    s.name = text_take(&m->texts, json_text(state, "name"));
    overall_state_free(m, c->state);
    c->state = MEM_NEW(struct overall_state);
    *c->state = s;
    return true;
}

static bool keep_stage(struct model *m, struct lane *lane, struct stage_state *s)
{
    const struct stage_state *old = lane->state;
    if (old != NULL) {
        uint64_t a[] = {s->number, (uint64_t)s->latest_ns, (uint64_t)s->said_ns, s->hash};
        uint64_t b[] = {old->number, (uint64_t)old->latest_ns, (uint64_t)old->said_ns, old->hash};
        if (order_of(a, b) <= 0) {
            stage_state_free(m, s);
            return false;
        }
    }
    stage_state_free(m, lane->state);
    lane->state = s;
    return true;
}

static bool keep_word(struct hold_word *kept, const struct hold_word *word)
{
    uint64_t a[] = {word->number, (uint64_t)word->latest_ns, (uint64_t)word->said_ns, 0};
    uint64_t b[] = {kept->number, (uint64_t)kept->latest_ns, (uint64_t)kept->said_ns, 0};
    if (kept->told && order_of(a, b) <= 0)
        return false;
    *kept = *word;
    return true;
}

static bool keep_hold(struct lane *lane, const struct stage_state *s)
{
    bool paused = text_is(s->word, "paused");
    if (!paused && !text_is(s->word, "started"))
        return false;
    if (lane->hold == NULL)
        lane->hold = MEM_NEW(struct hold);
    const struct hold_word word = {s->number, s->latest_ns, s->said_ns, true};
    return keep_word(paused ? &lane->hold->paused : &lane->hold->resumed, &word);
}

static bool apply_stage(struct model *m, struct project *p, const cJSON *state, const cJSON *stage,
                        uint64_t number, int64_t said_ns)
{
    const char *context = json_text(state, "shkeptncontext"), *service = json_text(state, "service");
    struct stage *s = stage_get(m, p, json_text(stage, "name"));
    if (s == NULL)
        return false;
    int64_t until_ns = tomb_until(m, p, context, s, service), latest_ns;
    bool dated = read_time(json_get(stage, "latestEvent"), &latest_ns) && latest_ns != 0;
    if (until_ns != INT64_MIN && (!dated || whole_ms(latest_ns) <= whole_ms(until_ns)))
        return false;
    struct lane *lane = lane_get(m, context_get(m, p, context), s, service);
    struct stage_state *read = read_stage(m, stage, number, said_ns);
    bool hold = keep_hold(lane, read);
    if (!keep_stage(m, lane, read))
        return hold;
    lane_arrange(m, lane);
    return true;
}

enum status apply_state(struct model *m, const cJSON *state, uint64_t number, int64_t said_ns,
                        struct error *err)
{
    enum status status = check(state, err);
    if (status != STATUS_OK)
        return status;
    struct project *p = project_get(m, json_text(state, "project"));
    if (p == NULL)
        return error_set(err, STATUS_INVALID, "more than %d projects: %s is not shown", PROJECTS_MAX,
                         json_text(state, "project"));
    said_ns = said_ns > 0 ? said_ns : 0;
    bool news = false;
    const cJSON *stage = NULL;
    cJSON_ArrayForEach(stage, json_get(state, "stages"))
    {
        if (apply_stage(m, p, state, stage, number, said_ns))
            news = true;
    }
    const char *id = json_text(state, "shkeptncontext");
    bool bare = cJSON_GetArraySize(json_get(state, "stages")) == 0; /* it has not reached a stage yet */
    struct context *c = bare ? context_get(m, p, id) : context_find(m, p, id);
    if (c == NULL)
        return STATUS_OK; /* all that it tells of was dropped */
    int64_t first_ns;
    if (read_time(state, &first_ns) && first_ns > 0 && (c->first_ns == 0 || first_ns < c->first_ns)) {
        c->first_ns = first_ns;
        news = true;
    }
    if (keep_overall(m, c, state, number, said_ns))
        news = true;
    if (!news)
        return STATUS_OK;
    for (struct lane *lane = c->lanes; lane != NULL; lane = lane->next)
        lane_arrange(m, lane);
    context_mark(c);
    context_derive(m, c);
    return STATUS_OK;
}

enum status model_apply_state(struct model *m, const cJSON *state, uint64_t number, struct error *err)
{
    return apply_state(m, state, number, 0, err);
}
