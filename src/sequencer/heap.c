#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sequencer/internal.h"

static bool comes_before(const struct heap *h, size_t a, size_t b)
{
    return h->before(h->nodes[a]->owner, h->nodes[b]->owner);
}

static void swap(struct heap *h, size_t a, size_t b)
{
    struct heap_node *node = h->nodes[a];
    h->nodes[a] = h->nodes[b];
    h->nodes[b] = node;
    h->nodes[a]->place = a + 1;
    h->nodes[b]->place = b + 1;
}

static void sift_up(struct heap *h, size_t i)
{
    for (; i > 0 && comes_before(h, i, (i - 1) / 2); i = (i - 1) / 2)
        swap(h, i, (i - 1) / 2);
}

static void sift_down(struct heap *h, size_t i)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= h->count)
            return;
        if (child + 1 < h->count && comes_before(h, child + 1, child))
            child++;
        if (!comes_before(h, child, i))
            return;
        swap(h, i, child);
        i = child;
    }
}

void heap_add(struct heap *h, struct heap_node *node, void *owner)
{
    MEM_GROW(h->nodes, h->count, h->capacity);
    node->owner = owner;
    h->nodes[h->count++] = node;
    node->place = h->count;
    sift_up(h, h->count - 1);
}

void heap_remove(struct heap *h, struct heap_node *node)
{
    if (node->place == 0)
        return;
    size_t i = node->place - 1;
    size_t last = --h->count;
    if (i != last) {
        swap(h, i, last);
        sift_up(h, i);
        sift_down(h, i);
    }
    node->place = 0;
}

void *heap_first(const struct heap *h)
{
    return h->count > 0 ? h->nodes[0]->owner : NULL;
}

void heap_free(struct heap *h)
{
    free(h->nodes);
    *h = (struct heap){.before = h->before};
}
