#include "config.h"

#include "view/ring.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"

#define FIRST_CAPACITY 65536 /* bytes; from here on malloc maps a block of its own, which goes back whole */
#define LONG_PART      4     /* an event longer than this part of the limit is not kept whole */
#define KEPT_PART(n)                                                                                         \
    ((n) / 4 * 3) /* what is kept of a limit that was passed, so that it is not soon again                   \
                   */

/* FNV-1a: only finds candidates, which are compared. */
static uint64_t hash_of(size_t source, const char *id)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ source;
    for (; id && *id; id++)
        hash = (hash ^ (unsigned char)*id) * UINT64_C(1099511628211);
    return hash;
}

const char *ring_text(const struct ring *r, const struct ring_row *row)
{
    return r->text + row->offset;
}

static bool has_id(const struct ring *r, const struct ring_row *row, const char *id)
{
    struct event ev = {0};
    const bool same =
        event_decode(ring_text(r, row), row->len, EVENT_FORM_COMPLETE, &ev, NULL) == STATUS_OK &&
        strcmp(ev.id, id) == 0;
    event_free(&ev);
    return same;
}

static bool is_known(const struct ring *r, size_t source, uint64_t hash, const char *id)
{
    for (size_t i = r->count; i-- > 0;) /* what comes again came lately */
        if (r->rows[i].hash == hash && r->rows[i].source == source && has_id(r, &r->rows[i], id))
            return true;
    return false;
}

/* ---- room ---- */

static int by_offset(const void *a, const void *b)
{
    const struct ring_row *const *x = a, *const *y = b;
    return ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

/* Moves the texts together. */
static void compact(struct ring *r)
{
    struct ring_row **rows = mem_alloc((r->count + 1) * sizeof *rows);
    size_t used = 0;
    for (size_t i = 0; i < r->count; i++)
        rows[i] = &r->rows[i];
    qsort(rows, r->count, sizeof *rows, by_offset);
    for (size_t i = 0; i < r->count; i++) {
        memmove(r->text + used, r->text + rows[i]->offset, rows[i]->len);
        rows[i]->offset = (uint32_t)used;
        used += rows[i]->len;
    }
    r->used = used;
    free(rows);
}

static void drop_oldest(struct ring *r, size_t count)
{
    r->count -= count;
    r->trimmed += count;
    memmove(r->rows, r->rows + count, r->count * sizeof *r->rows);
}

static void make_room(struct ring *r, size_t len)
{
    size_t bytes = 0, dropped = 0;
    if (r->count == RING_ROWS_MAX)
        dropped = r->count - KEPT_PART(r->count);
    if (r->used + len <= r->limit && dropped == 0)
        return;
    for (size_t i = dropped; i < r->count; i++)
        bytes += r->rows[i].len;
    for (; dropped < r->count && bytes + len > r->limit; dropped++) /* texts dropped before left holes */
        bytes -= r->rows[dropped].len;
    for (; dropped < r->count && bytes > KEPT_PART(r->limit); dropped++)
        bytes -= r->rows[dropped].len;
    drop_oldest(r, dropped);
    compact(r);
}

static void grow(struct ring *r, size_t len)
{
    if (r->used + len <= r->capacity)
        return;
    size_t capacity = r->capacity ? r->capacity * 2 : FIRST_CAPACITY;
    while (capacity < r->used + len)
        capacity *= 2;
    r->capacity = capacity < r->limit ? capacity : r->limit;
    r->text = mem_resize(r->text, r->capacity);
}

/* ---- storing ---- */

static bool comes_before(const struct ring_row *a, const struct ring_row *b)
{
    if (a->time_ns != b->time_ns || a->number == 0 || b->number == 0)
        return a->time_ns < b->time_ns;
    return a->number < b->number;
}

/* Where it belongs; one without a time is new. */
static size_t place_of(const struct ring *r, const struct ring_row *row)
{
    size_t place = r->count;
    while (row->time_ns > 0 && place > 0 && comes_before(row, &r->rows[place - 1]))
        place--;
    return place;
}

static void store(struct ring *r, struct ring_row row, const char *text)
{
    if (r->trimmed > 0 && place_of(r, &row) == 0) { /* older than what had to go */
        r->trimmed++;
        return;
    }
    make_room(r, row.len);
    grow(r, row.len);
    const size_t place = place_of(r, &row);
    if (r->count == r->rows_capacity) {
        r->rows_capacity = r->rows_capacity ? r->rows_capacity * 2 : 64;
        r->rows = mem_resize(r->rows, r->rows_capacity * sizeof *r->rows);
    }
    row.offset = (uint32_t)r->used;
    memcpy(r->text + r->used, text, row.len);
    r->used += row.len;
    memmove(&r->rows[place + 1], &r->rows[place], (r->count - place) * sizeof *r->rows);
    r->rows[place] = row;
    r->count++;
}

/* What the lists show of a long event, as an event of its own. False: not even that is short. */
static bool head_of(const struct event *ev, struct buffer *out)
{
    cJSON *data = event_data_new(ev->project, ev->stage, ev->service, NULL, ev->status, ev->result, NULL);
    const struct event_draft draft = {.id = ev->id,
                                      .source = ev->source,
                                      .type = ev->type,
                                      .context = ev->context,
                                      .triggeredid = ev->triggeredid,
                                      .decidedby = ev->decidedby,
                                      .time_ns = ev->time_ns,
                                      .data = data};
    const bool fits = event_print(&draft, out);
    cJSON_Delete(data);
    return fits;
}

void ring_add(struct ring *r, size_t source, const struct event *ev, const char *text, size_t len)
{
    const size_t longest = r->limit / LONG_PART;
    const uint64_t hash = hash_of(source, ev->id);
    struct ring_row row = {.hash = hash,
                           .number = ev->number,
                           .time_ns = ev->time_ns,
                           .len = (uint32_t)len,
                           .full_len = (uint32_t)len,
                           .source = (uint32_t)source};
    if (is_known(r, source, hash, ev->id))
        return;
    row.serial = ++r->serial;
    if (len <= longest) {
        store(r, row, text);
        return;
    }
    struct buffer head = BUFFER_LIMIT(longest);
    if (head_of(ev, &head)) {
        row.len = (uint32_t)head.len;
        store(r, row, buffer_text(&head));
    } else {
        r->trimmed++;
    }
    buffer_free(&head);
}

void ring_clear(struct ring *r)
{
    free(r->text);
    free(r->rows);
    *r = (struct ring){.limit = r->limit};
}
