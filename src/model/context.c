/* Contexts by project and id, their lanes, and the graves of lanes that were dropped. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/internal.h"

static uint32_t context_hash(const struct model *m, const struct project *p, const char *id)
{
    return (uint32_t)text_hash(id, strlen(id), m->seed ^ (uint64_t)(uintptr_t)p);
}

static size_t find_place(const struct model *m, const struct project *p, const char *id, uint32_t hash)
{
    size_t mask = m->context_capacity - 1, i = hash & mask;
    for (; m->contexts[i] != NULL; i = (i + 1) & mask) {
        const struct context *c = m->contexts[i];
        if (c->hash == hash && c->project == p && strcmp(c->id, id) == 0)
            break;
    }
    return i;
}

struct context *context_find(const struct model *m, const struct project *p, const char *id)
{
    if (m->context_count == 0)
        return NULL;
    return m->contexts[find_place(m, p, id, context_hash(m, p, id))];
}

static void grow(struct model *m)
{
    struct context **old = m->contexts;
    size_t old_capacity = m->context_capacity;
    m->context_capacity = old_capacity ? old_capacity * 2 : 64;
    m->contexts = mem_alloc(m->context_capacity * sizeof(struct context *));
    for (size_t k = 0; k < old_capacity; k++) {
        if (old[k] == NULL)
            continue;
        size_t i = old[k]->hash & (m->context_capacity - 1);
        while (m->contexts[i] != NULL)
            i = (i + 1) & (m->context_capacity - 1);
        m->contexts[i] = old[k];
    }
    free(old);
}

struct context *context_get(struct model *m, struct project *p, const char *id)
{
    if ((m->context_count + 1) * 4 > m->context_capacity * 3)
        grow(m);
    uint32_t hash = context_hash(m, p, id);
    size_t i = find_place(m, p, id, hash);
    if (m->contexts[i] == NULL) {
        struct context *c = MEM_NEW(struct context);
        c->id = text_take(&m->texts, id);
        c->project = p;
        c->hash = hash;
        m->contexts[i] = c;
        m->context_count++;
    }
    return m->contexts[i];
}

static void context_free(struct model *m, struct context *c)
{
    text_drop(&m->texts, c->id);
    text_drop(&m->texts, c->source);
    origin_drop(m, c->origin);
    overall_state_free(m, c->state);
    free(c);
}

static void context_remove(struct model *m, struct context *c)
{
    size_t mask = m->context_capacity - 1, hole = find_place(m, c->project, c->id, c->hash);
    assert(m->contexts[hole] == c);
    for (size_t i = (hole + 1) & mask; m->contexts[i] != NULL; i = (i + 1) & mask) {
        size_t home = m->contexts[i]->hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->contexts[hole] = m->contexts[i];
            hole = i;
        }
    }
    m->contexts[hole] = NULL;
    m->context_count--;
    context_free(m, c);
}

struct lane *lane_find(const struct context *c, const struct stage *s, const char *service)
{
    for (struct lane *lane = c->lanes; lane != NULL; lane = lane->next)
        if (lane->slot->stage == s && strcmp(lane->slot->service, service) == 0)
            return lane;
    return NULL;
}

struct lane *lane_get(struct model *m, struct context *c, struct stage *s, const char *service)
{
    struct lane *lane = lane_find(c, s, service);
    if (lane != NULL)
        return lane;
    lane = MEM_NEW(struct lane);
    lane->context = c;
    lane->slot = slot_get(m, s, service);
    lane->next = c->lanes;
    c->lanes = lane;
    return lane;
}

static void lane_free(struct model *m, struct lane *lane)
{
    stage_state_free(m, lane->state);
    free(lane->hold);
    if (lane->run_capacity > 0)
        free(lane->runs);
    free(lane);
}

void lane_remove(struct model *m, struct lane *lane)
{
    assert(lane->run_count == 0);
    struct context *c = lane->context;
    struct lane **at = &c->lanes;
    while (*at != lane)
        at = &(*at)->next;
    *at = lane->next;
    lane_free(m, lane);
    if (c->lanes == NULL)
        context_remove(m, c);
}

void contexts_free(struct model *m)
{
    for (size_t i = 0; i < m->context_capacity; i++) {
        struct context *c = m->contexts[i];
        if (c == NULL)
            continue;
        for (struct lane *lane = c->lanes, *next; lane != NULL; lane = next) {
            next = lane->next;
            for (size_t k = 0; k < lane->run_count; k++)
                run_free(m, lane->runs[k]);
            lane_free(m, lane);
        }
        context_free(m, c);
    }
    free(m->contexts);
    m->contexts = NULL;
    m->context_count = m->context_capacity = 0;
}

/* --- lanes that were dropped --- */

static uint64_t lane_hash(const struct project *p, const char *context, const struct stage *s,
                          const char *service)
{
    uint64_t hash = text_hash(p->pub.name, strlen(p->pub.name), 1);
    hash = text_hash(context, strlen(context), hash);
    hash = text_hash(s->pub.name, strlen(s->pub.name), hash);
    hash = text_hash(service, strlen(service), hash);
    return hash != 0 ? hash : 1;
}

static size_t tomb_place(const struct model *m, uint64_t hash)
{
    size_t i = hash & (m->tomb_capacity - 1);
    while (m->tombs[i].hash != 0 && m->tombs[i].hash != hash)
        i = (i + 1) & (m->tomb_capacity - 1);
    return i;
}

int64_t tomb_until(const struct model *m, const struct project *p, const char *context, const struct stage *s,
                   const char *service)
{
    if (m->tomb_count == 0)
        return INT64_MIN;
    const struct tomb *tomb = &m->tombs[tomb_place(m, lane_hash(p, context, s, service))];
    return tomb->hash != 0 ? tomb->until_ns : INT64_MIN;
}

static void tombs_grow(struct model *m)
{
    struct tomb *old = m->tombs;
    size_t old_capacity = m->tomb_capacity;
    m->tomb_capacity = old_capacity ? old_capacity * 2 : 256;
    m->tombs = mem_alloc(m->tomb_capacity * sizeof *m->tombs);
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].hash != 0)
            m->tombs[tomb_place(m, old[i].hash)] = old[i];
    free(old);
    m->tomb_ring = mem_resize(m->tomb_ring, m->tomb_capacity / 2 * sizeof *m->tomb_ring);
}

static void tomb_remove(struct model *m, uint64_t hash)
{
    size_t mask = m->tomb_capacity - 1, hole = tomb_place(m, hash);
    for (size_t i = (hole + 1) & mask; m->tombs[i].hash != 0; i = (i + 1) & mask) {
        size_t home = m->tombs[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->tombs[hole] = m->tombs[i];
            hole = i;
        }
    }
    m->tombs[hole] = (struct tomb){0};
    m->tomb_count--;
}

void tomb_add(struct model *m, const struct lane *lane, int64_t until_ns)
{
    /* The table is never more than half full; the ring remembers in which order they came. */
    if (m->tomb_count * 2 >= m->tomb_capacity && m->tomb_capacity < 2 * TOMBS_MAX)
        tombs_grow(m);
    uint64_t hash =
        lane_hash(lane->context->project, lane->context->id, lane->slot->stage, lane->slot->service);
    struct tomb *tomb = &m->tombs[tomb_place(m, hash)];
    if (tomb->hash != 0) {
        tomb->until_ns = tomb->until_ns > until_ns ? tomb->until_ns : until_ns;
        return;
    }
    if (m->tomb_count == TOMBS_MAX)
        tomb_remove(m, m->tomb_ring[m->tomb_next]);
    m->tomb_ring[m->tomb_next] = hash;
    m->tomb_next = (m->tomb_next + 1) % TOMBS_MAX;
    m->tombs[tomb_place(m, hash)] = (struct tomb){hash, until_ns};
    m->tomb_count++;
}

void tombs_free(struct model *m)
{
    free(m->tombs);
    free(m->tomb_ring);
    m->tombs = NULL;
    m->tomb_ring = NULL;
    m->tomb_count = m->tomb_capacity = m->tomb_next = 0;
}
